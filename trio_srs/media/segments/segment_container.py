"""In what segments are packed. Floor 1."""

from __future__ import annotations

import enum

__all__ = ["SegmentContainer"]


class SegmentContainer(enum.StrEnum):
    """A container for segments."""

    TS = "ts"
    """MPEG-TS: all tracks in each segment."""
    FMP4 = "fmp4"
    """Fragmented MP4 (CMAF): each track in segments of its own."""
