"""What may be wrong with an MP4 that is read all the same. Floor 0."""

from __future__ import annotations

import enum

from trio_srs.wire.oddity_counter import OddityCounter

__all__ = ["Mp4Oddities", "Mp4OddityKind"]


class Mp4OddityKind(enum.StrEnum):
    """What was seen. Clauses are of ISO/IEC 14496-12."""

    NO_BOX = "no_box"
    """Bytes that are no box; nothing behind them can be found, and reading ended (4.2)."""
    CUT_SHORT = "cut_short"
    """The stream ends inside a box."""
    TOO_LARGE = "too_large"
    """A box is larger than what is believed; it was passed over."""
    TRACK = "track"
    """A track that cannot be read; it was passed over (8.3)."""
    FRAGMENT = "fragment"
    """A fragment, or a part of one, that cannot be read or is of no track (8.8)."""
    OUTSIDE = "outside"
    """Samples that are not in the data behind their fragment (8.8.8)."""
    NO_MOVIE = "no_movie"
    """A fragment without an init segment before it."""
    SAMPLE_TABLE = "sample_table"
    """Samples outside fragments, as in a movie without ``mvex`` (8.8.1); they are not read."""


Mp4Oddities = dict[Mp4OddityKind, OddityCounter]
"""In the order in which they were first seen."""
