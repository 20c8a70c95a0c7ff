"""What makes segments of units: the containers in which they are packed. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import ClassVar, Protocol

import attrs

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.rendition import Rendition

__all__ = ["Packager", "SegmentStart"]


@attrs.frozen
class SegmentStart:
    """Where a segment begins."""

    dts: int
    """Ticks of 90 kHz, on the line of decode times."""
    date_ms: int
    """The same as a time of day: milliseconds since 1970."""
    has_key: bool
    """With a keyframe, or with sound where there are no pictures."""
    formats: Mapping[str, TrackFormat] | None
    """Of all tracks, by :attr:`.AccessUnit.lane`, where it does not go on with the segment before;
    None where it does."""
    is_closed: bool = True
    """Nothing behind that keyframe needs what is before it."""
    came_ms: int = 0
    """When that came which it begins with: milliseconds since 1970."""


class Packager(Protocol):
    """Packs the units of one stream, segment after segment, into its renditions."""

    codecs: ClassVar[Collection[str]]
    """That the container has a place for, by our names."""
    refusal: ClassVar[Callable[[TrackFormat], str | None]]
    """Why it cannot carry a format of one of them after all; None if it can."""
    has_many_sounds: ClassVar[bool]
    """Whether there is a place for more than one track of sound."""

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """Those that there are, the leading one first."""
        ...

    @property
    def size(self) -> int:
        """Bytes of the segment that is going on."""
        ...

    def begin(self, start: SegmentStart) -> None:
        """The first segment begins, or one that does not go on with those before: behind
        :meth:`finish`. The unit that it begins with is given to :meth:`add` next."""
        ...

    def cut(self, start: SegmentStart) -> None:
        """One segment is over, and the next begins."""
        ...

    def add(self, unit: AccessUnit) -> None:
        """Take the next unit."""
        ...

    def finish(self, dts: int) -> None:
        """The segment is over there, and nothing goes on with it."""
        ...
