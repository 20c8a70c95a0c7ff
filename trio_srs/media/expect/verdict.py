"""What became of a rule. Floor 1."""

from __future__ import annotations

import attrs

from trio_srs.media.expect.rule import Rule

__all__ = ["Verdict"]


@attrs.frozen(kw_only=True)
class Verdict:
    """What became of one rule."""

    rule: Rule
    """The rule."""
    met: bool
    """Whether the stream is as it says."""
    expected: str
    """What was expected, in words."""
    seen: str
    """What was seen, in words."""
    track: str | None = None
    """``"video"`` or ``"audio"``: whose frame it is."""
    index: int | None = None
    """Of the first offending frame: how many its track had before it. None if the rule is met, or
    no frame is to blame."""
    timestamp_ms: int | None = None
    """Of that frame, milliseconds as it was sent."""
    where: str = ""
    """What that frame has to do with it: ``first at video frame 30 (1060 ms)``."""
    message: str
    """All of it in a sentence."""
