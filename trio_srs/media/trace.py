"""Every frame of a stream in a few bytes each, in the order they came. Floor 1.

A trace is what plots are drawn from, and what the first frame that breaks a rule is found in. It
is kept in rows of 39 bytes a frame, and stops growing at a limit.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import attrs

__all__ = ["COLUMNS", "KEY", "OPEN", "PICTURES", "PICTURE_AT", "ROW", "STILL", "Frame", "Trace"]

ROW: Final = struct.Struct("<HIIBidIIq")
"""What is kept of a frame: one value for each of :data:`COLUMNS`."""
COLUMNS: Final = (
    "track", "timestamp_ms", "size", "flags", "composition_ms", "arrived_s", "fingerprint",
    "clean", "number",
)  # fmt: skip
"""Their names. The track is a place among :attr:`Trace.tracks`, an arrival that is not known is not
a number, and where there is no number of the frame it is -1."""

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


@attrs.define(kw_only=True)  # not frozen: whoever walks a trace makes one per frame
class Frame:
    """One frame of a trace. Treat as immutable."""

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


_SLICE: Final = 4096 * ROW.size


@attrs.frozen(kw_only=True)
class Trace:
    """A value: what was kept up to some moment. Iterate over it for its frames."""

    complete: bool = True
    """Whether every frame is in it; if not, those from some frame on are missing."""
    tracks: tuple[tuple[str, int], ...] = ()
    """Kind and id of each track, in the order they first came."""
    rows: bytes = attrs.field(default=b"", repr=False)
    """A :data:`ROW` for each frame."""

    def __len__(self) -> int:
        """How many frames of all tracks it has."""
        return len(self.rows) // ROW.size

    def __iter__(self) -> Iterator[Frame]:
        """The frames in the order they came."""
        counts = [0] * len(self.tracks)
        for row in ROW.iter_unpack(self.rows):
            track, timestamp_ms, size, flags, composition_ms, arrived_s, mark, clean, number = row
            kind, track_id = self.tracks[track]
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
                fingerprint=mark,
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
        named: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for at in range(0, len(self.rows), _SLICE):  # other threads go on between two of them
            unpacked = ROW.iter_unpack(self.rows[at : at + _SLICE])
            for column, some in zip(named.values(), zip(*unpacked, strict=True), strict=True):
                column.extend(some)
        named["arrived_s"] = [
            None if math.isnan(at_s) else round(at_s, 6) for at_s in named["arrived_s"]
        ]
        tracks = [list(track) for track in self.tracks]
        return {"complete": self.complete, "tracks": tracks, **named}

    @classmethod
    def from_dict(cls, columns: Mapping[str, Any]) -> Self:
        """Make one of what :meth:`as_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: it gave no such thing.
        """
        arrived = [math.nan if at_s is None else at_s for at_s in columns["arrived_s"]]
        plain = [arrived if name == "arrived_s" else columns[name] for name in COLUMNS]
        tracks = tuple((str(kind), int(track_id)) for kind, track_id in columns["tracks"])
        if any(not 0 <= track < len(tracks) for track in columns["track"]):
            raise ValueError("a frame of a track that is not listed")
        if any(flags >> PICTURE_AT >= len(PICTURES) for flags in columns["flags"]):
            raise ValueError("a frame with a picture of no known type")
        try:
            rows = b"".join(ROW.pack(*row) for row in zip(*plain, strict=True))
        except struct.error as error:
            raise ValueError(f"a frame that cannot be: {error}") from error
        return cls(complete=bool(columns["complete"]), tracks=tracks, rows=rows)
