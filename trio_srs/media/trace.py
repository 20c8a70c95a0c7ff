"""Every frame of a stream in a few bytes each, in the order they came. Floor 1.

A trace is what plots are drawn from, and what the first frame that breaks a rule is found in. It
is kept in columns of numbers, 38 bytes a frame, and stops growing at a limit.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Self

import attrs

__all__ = ["COLUMNS", "KEY", "OPEN", "PICTURES", "PICTURE_AT", "STILL", "Frame", "Trace"]

COLUMNS: Final = {
    "track": "B",
    "timestamp_ms": "I",
    "size": "I",
    "flags": "B",
    "composition_ms": "i",
    "arrived_s": "d",
    "fingerprint": "I",
    "clean": "I",
    "number": "q",
}
"""The columns and their types, as :mod:`array` names them."""

KEY: Final = 1
"""A bit of a frame's flags: its FLV header calls it a keyframe."""
STILL: Final = 2
"""Likewise: nothing is new in it."""
OPEN: Final = 4
"""Likewise: it keeps its group from being a clean place to begin."""
PICTURES: Final = ("", "I", "P", "B", "again")
"""What a picture is, by the number above those bits."""
PICTURE_AT: Final = 3
"""How many bits that number is shifted."""


@attrs.frozen(kw_only=True)
class Frame:
    """One frame of a trace."""

    kind: str
    """``"video"`` or ``"audio"``."""
    track_id: int
    """As Enhanced RTMP numbers tracks."""
    index: int
    """How many frames the track had before it."""
    timestamp_ms: int
    """Milliseconds, as it was sent: unsigned 32 bits."""
    size: int
    """Bytes: of the message's payload, or where it has several tracks, of this one's data."""
    is_key: bool = False
    """Whether its FLV header calls it a keyframe."""
    is_still: bool = False
    """Whether nothing is new in it: the frame before again, or only skipped blocks."""
    is_open: bool = False
    """Whether it keeps its group from being a clean place to begin."""
    picture: str = ""
    """``"I"``, ``"P"``, ``"B"``, or ``"again"`` for one that was sent before; empty if unknown."""
    composition_ms: int = 0
    """Milliseconds: PTS - DTS."""
    arrived_s: float | None = None
    """When it came, in seconds since the publish was accepted, or since the first frame if nobody
    knows when that was."""
    fingerprint: int = 0
    """CRC-32 of what follows the FLV headers."""
    clean: int = 0
    """Likewise without user data in SEI."""
    number: int | None = None
    """The frame counter of a synthetic stream."""


@attrs.frozen(kw_only=True)
class Trace:
    """A value: what was kept up to some moment. Iterate over it for its frames."""

    complete: bool = True
    """Whether every frame is in it; if not, those from some frame on are missing."""
    tracks: tuple[tuple[str, int], ...] = ()
    """Kind and id of each track, in the order they first came."""
    track: array[int] = attrs.field(factory=partial(array, "B"), repr=False)
    """Of each frame: which of :attr:`tracks` it is of."""
    timestamp_ms: array[int] = attrs.field(factory=partial(array, "I"), repr=False)
    """Of each frame, and so on: see :class:`Frame`."""
    size: array[int] = attrs.field(factory=partial(array, "I"), repr=False)
    flags: array[int] = attrs.field(factory=partial(array, "B"), repr=False)
    """Bits: 1 keyframe, 2 still, 4 open; the three above, 0 to 4, are unknown, I, P, B, again."""
    composition_ms: array[int] = attrs.field(factory=partial(array, "i"), repr=False)
    arrived_s: array[float] = attrs.field(factory=partial(array, "d"), repr=False)
    """Not a number where it is not known."""
    fingerprint: array[int] = attrs.field(factory=partial(array, "I"), repr=False)
    clean: array[int] = attrs.field(factory=partial(array, "I"), repr=False)
    number: array[int] = attrs.field(factory=partial(array, "q"), repr=False)
    """-1 where there is none."""

    def __len__(self) -> int:
        """Frames."""
        return len(self.track)

    def __iter__(self) -> Iterator[Frame]:
        """The frames in the order they came."""
        counts = [0] * len(self.tracks)
        columns = zip(*(getattr(self, name) for name in COLUMNS), strict=True)
        for track, timestamp_ms, size, flags, composition_ms, arrived_s, *marks in columns:
            kind, track_id = self.tracks[track]
            fingerprint, clean, number = marks
            yield Frame(
                kind=kind,
                track_id=track_id,
                index=counts[track],
                timestamp_ms=timestamp_ms,
                size=size,
                is_key=bool(flags & KEY),
                is_still=bool(flags & STILL),
                is_open=bool(flags & OPEN),
                picture=PICTURES[flags >> PICTURE_AT],
                composition_ms=composition_ms,
                arrived_s=None if math.isnan(arrived_s) else arrived_s,
                fingerprint=fingerprint,
                clean=clean,
                number=None if number < 0 else number,
            )
            counts[track] += 1

    def of(self, kind: str) -> Iterator[Frame]:
        """The frames of the first track of a kind, ``"video"`` or ``"audio"``."""
        first = next((track for track in self.tracks if track[0] == kind), None)
        return (frame for frame in self if (frame.kind, frame.track_id) == first)

    def as_dict(self) -> dict[str, object]:
        """As JSON can have it: columns as lists of numbers, null for an arrival not known."""
        columns: dict[str, object] = {name: list(getattr(self, name)) for name in COLUMNS}
        arrived = [None if math.isnan(at_s) else round(at_s, 6) for at_s in self.arrived_s]
        tracks = [list(track) for track in self.tracks]
        return {"complete": self.complete, "tracks": tracks, **columns, "arrived_s": arrived}

    @classmethod
    def from_dict(cls, columns: Mapping[str, Any]) -> Self:
        """Make one of what :meth:`as_dict` gave.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: it gave no such thing.
        """
        arrived: Sequence[float | None] = columns["arrived_s"]
        plain = {**columns, "arrived_s": [math.nan if at is None else at for at in arrived]}
        made = {name: array(code, plain[name]) for name, code in COLUMNS.items()}
        if len({len(column) for column in made.values()}) > 1:
            raise ValueError("the columns of a trace differ in length")
        tracks = tuple((str(kind), int(track_id)) for kind, track_id in columns["tracks"])
        if any(track >= len(tracks) for track in made["track"]):
            raise ValueError("a frame of a track that is not listed")
        return cls(complete=bool(columns["complete"]), tracks=tracks, **made)
