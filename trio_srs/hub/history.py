"""The [history] section: what is kept of what is over. Floor 2."""

from __future__ import annotations

import attrs

from trio_srs.units import Bytes, bytes_within, within

__all__ = ["HistoryConfig"]


@attrs.frozen(kw_only=True)
class HistoryConfig:
    """What is kept of what is over, for those who ask later. It is in memory only."""

    events: int = attrs.field(
        default=10_000, validator=within(1, 1_000_000), metadata={"live": False}
    )
    """The most events kept in the journal."""
    sessions: int = attrs.field(
        default=1000, validator=within(0, 1_000_000), metadata={"live": False}
    )
    """The most sessions kept that have ended."""
    reports: int = attrs.field(
        default=1000, validator=within(0, 1_000_000), metadata={"live": False}
    )
    """The most reports kept of publishes that have ended, of all streams together."""
    reports_per_stream: int = attrs.field(
        default=20, validator=within(0, 1_000_000), metadata={"live": False}
    )
    """The most reports kept of publishes of one stream that have ended."""
    report_bytes: Bytes = attrs.field(
        default=Bytes(64 * 2**20),
        validator=bytes_within("0B", "64GiB"),
        metadata={"live": False},
    )
    """The most bytes that all kept reports together may take. With `inspect = "full"` a frame
    takes about 40."""
