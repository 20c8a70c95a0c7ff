"""All about one publish of a stream, as one value. Floor 1.

A report is made at any moment, also while the publish goes on; what is not known yet is None.
"""

from __future__ import annotations

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.conduct import Conduct, Oddity, Step, StepKind
from trio_srs.media.facts import StreamFacts
from trio_srs.media.packaging_facts import PackagingFacts
from trio_srs.media.trace import Trace

__all__ = ["Conduct", "Oddity", "Step", "StepKind", "StreamReport"]


@attrs.frozen(kw_only=True)
class StreamReport:
    """All about one publish of a stream."""

    stream: str
    """The name, as ``live/cam1``."""
    session: str
    """The id of the session."""
    peer: str
    """The publisher's address."""
    began_at: float
    """When the session was accepted: seconds since 1970 (Unix time)."""
    facts: StreamFacts
    """What was seen of the media, from the first message on."""
    timeline: tuple[Step, ...] = ()
    """What happened when."""
    conduct: Conduct = attrs.field(factory=Conduct)
    """How the encoder behaved."""
    trace: Trace = attrs.field(factory=Trace)
    """Every frame, if everything was looked at; otherwise empty."""
    end: EndReason | None = None
    """Why the publish ended; None while it goes on."""
    end_detail: str = ""
    """What else there is to say of the end."""
    packaging: PackagingFacts | None = None
    """How it is packaged and delivered, if it came as HLS or DASH."""
    captured: str | None = None
    """The path of a file (FLV) with all that was published."""

    def at_s(self, what: StepKind) -> float | None:
        """When something first happened, in seconds since the session was accepted."""
        return next((step.at_s for step in self.timeline if step.what is what), None)
