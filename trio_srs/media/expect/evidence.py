"""What there is to judge by. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from trio_srs.media.report import StreamReport

__all__ = ["Evidence"]


@attrs.frozen(kw_only=True)
class Evidence:
    """One publish, and what it is compared with."""

    report: StreamReport
    """The publish that is judged."""
    earlier: tuple[StreamReport, ...] = ()
    """Earlier publishes of the same name, oldest first: for rules about reconnects."""
    source: StreamReport | None = None
    """What the publisher was fed with: for rules about ``source.`` and ``delay``."""
    golden: Mapping[str, StreamReport] = attrs.field(factory=dict)
    """The reports of golden files by the names that rules call them."""
