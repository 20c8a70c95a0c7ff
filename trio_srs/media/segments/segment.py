"""Segments and their parts, as they are kept and served. Floor 1."""

from __future__ import annotations

from typing import Final, Protocol

import attrs

from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.segment_keys import SegmentKey
from trio_srs.wire.hls.media_playlist import (
    MediaInit,
    PlaylistKey,
    PlaylistPart,
    PlaylistSegment,
)

__all__ = ["InitSegment", "KeptFile", "Segment", "SegmentPart", "TrackInit", "seconds"]

_HZ: Final = 90_000


@attrs.frozen(eq=False)
class TrackInit:
    """What is needed to read a track, and what it says."""

    data: bytes
    format: TrackFormat
    timescale: int
    """Ticks in a second."""


@attrs.frozen(eq=False)
class InitSegment(TrackInit):
    """What is needed to read the segments behind it."""

    name: str
    first_number: int
    """Of the first segment that needs it."""
    served: list[object] = attrs.field(factory=list, repr=False)
    """See :attr:`Segment.served`."""

    def timed_name(self, media_start: str, front: str, ending: str) -> str:
        """The other name of a segment that needs it, by when it begins: for templates.

        Args:
            media_start: see :attr:`Segment.media_start`; or what stands for it.
            front, ending: of all names of its rendition.
        """
        return f"{front}-{self.first_number}t{media_start}{ending}"


class KeptFile(Protocol):
    """A file that has the bytes of a segment, for as long as it is referred to."""

    @property
    def fileno(self) -> int:
        """The descriptor by which it is open, in this process."""
        ...

    def read(self, start: int, end: int, /) -> bytes:
        """The bytes from ``start`` up to ``end``."""
        ...


@attrs.define(eq=False)
class SegmentPart:
    """A part of a segment, or all of it."""

    name: str
    _data: bytes
    duration: int
    """Ticks of 90 kHz."""
    is_independent: bool
    """A picture is in it that decoding may begin with; of sound there always is."""
    size: int = attrs.field(init=False)
    """Bytes."""
    file: KeptFile | None = attrs.field(init=False, default=None)
    """What has them; None: this has."""
    start: int = attrs.field(init=False, default=0)
    """Where in that file."""
    served: list[object] = attrs.field(factory=list, init=False, repr=False)
    """See :attr:`Segment.served`."""

    def __attrs_post_init__(self) -> None:
        self.size = len(self._data)

    @property
    def data(self) -> bytes:
        """Its bytes; those in a file are read anew each time."""
        if self.file is None:
            return self._data
        return self.file.read(self.start, self.start + self.size)

    def move(self, file: KeptFile, start: int) -> None:
        """Its bytes are in a file from now on, and no more here."""
        self._data, self.file, self.start = b"", file, start
        self.served.clear()

    @property
    def listed(self) -> PlaylistPart:
        """As a playlist has it."""
        duration_s = seconds(self.duration)
        return PlaylistPart(self.name, duration_s, self.is_independent, is_gap=not self.size)


@attrs.define(eq=False)
class Segment:
    """One segment. It grows by parts until it has ended."""

    number: int
    """Media sequence number: one more than that of the segment before, for good."""
    name: str
    start: int
    """When it begins, on the line of decode times: ticks of 90 kHz."""
    date_ms: int
    """The same as a time of day: milliseconds since 1970."""
    is_break: bool
    """It does not go on with the segment before."""
    has_key: bool
    """It begins with a keyframe, or has none because it is sound."""
    is_closed: bool
    """Nothing behind that needs what is before it: no picture of an open GOP."""
    init: InitSegment | None
    media_start: int = 0
    """The same in the timescale of its track, on the line of what is shown: what its first sample
    says."""
    media_end: int = 0
    """Likewise where its last sample ends; where nothing came that is a gap behind it."""
    came_ms: int = 0
    """When that came which it begins with, of all tracks: milliseconds since 1970."""
    parts: list[SegmentPart] = attrs.field(factory=list)
    has_ended: bool = False
    size: int = 0
    """Bytes."""
    key: SegmentKey | None = None
    """By which it is encrypted, when it has ended. What is needed to read it is not."""
    file: KeptFile | None = None
    """What has the bytes of all its parts, one behind the other; None: the parts have them."""
    start_in_file: int = 0
    """Where in that file they begin."""
    wanted: int = 0
    """How often the whole of it was asked for."""
    served: list[object] = attrs.field(factory=list, repr=False)
    """How whoever serves it does so, if that is known: it has its bytes, or where they are."""

    def move(self, file: KeptFile, start: int) -> None:
        """The bytes of all its parts are in a file from now on. It has ended.

        Args:
            start: where in it they begin.
        """
        self.file, self.start_in_file = file, start
        for part in self.parts:
            part.move(file, start)
            start += part.size
        self.served.clear()

    @property
    def duration(self) -> int:
        """Ticks of all its parts."""
        return sum(part.duration for part in self.parts)

    @property
    def is_independent(self) -> bool:
        """All of it can be decoded alone."""
        return self.has_key and self.is_closed

    @property
    def is_gap(self) -> bool:
        """There is nothing in it."""
        return not self.size

    @property
    def bit_rate(self) -> int:
        """Its bits per second of its own length."""
        return self.size * 8 * _HZ // max(self.duration, 1)

    def listed(self, *, with_parts: bool) -> PlaylistSegment:
        """As a playlist has it."""
        return PlaylistSegment(
            uri=self.name,
            duration_s=seconds(self.duration),
            parts=tuple(part.listed for part in self.parts) if with_parts else (),
            init=self.listed_init,
            key=None if self.key is None else PlaylistKey("AES-128", self.key.name),
            date_ms=self.date_ms,
            is_discontinuity=self.is_break,
            is_gap=self.is_gap,
        )

    @property
    def listed_init(self) -> MediaInit | None:
        """What a playlist says of how to read it."""
        return None if self.init is None else MediaInit(self.init.name)


def seconds(ticks: int) -> float:
    """As playlists say durations: to five digits, which is finer than a tick."""
    return round(ticks / _HZ, 5)
