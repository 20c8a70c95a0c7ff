"""Where the segments of a representation are, and from when to when each is. Floor 0.

Source:
    ISO/IEC 23009-1, 5.3.9.4 (templates) and 5.3.9.6 (timelines).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import attrs

from trio_srs.wire.dash.xml_values import ManifestError

__all__ = ["ListedSegment", "SegmentTemplate", "TimelineRun", "runs_of"]

_IDENTIFIER: Final = re.compile(
    r"\$(?:(RepresentationID|Number|Bandwidth|Time)(%0[0-9]{1,2}d)?)?\$"
)
_UNTIL_THE_END: Final = -1


class ListedSegment(NamedTuple):
    """One segment of a timeline, in the timescale of its template."""

    number: int
    time: int
    duration: int


@attrs.frozen
class TimelineRun:
    """``S``: segments of one length, one behind the other."""

    time: int
    duration: int
    repeat: int = 0
    """How many more there are; -1: up to the next, or to the end of the period."""


@attrs.frozen(kw_only=True)
class SegmentTemplate:
    """``SegmentTemplate``, with the timeline in it if there is one."""

    media: str
    """The URL of segments, with ``$Number$`` or ``$Time$`` in it."""
    initialization: str = ""
    timescale: int = 1
    presentation_time_offset: int = 0
    """What of the media is at the start of the period."""
    start_number: int = 1
    duration: int | None = None
    """Of every segment, where there is no timeline."""
    timeline: tuple[TimelineRun, ...] = ()
    availability_time_offset_s: float | None = None
    """How long before its end a segment may be asked for."""
    is_complete: bool = True
    """A segment that may be asked for is whole; False: it is sent while it is made."""

    def segments(self) -> Iterator[ListedSegment]:
        """All of the timeline, in order. A run up to the end of the period is there once."""
        number = self.start_number
        for index, run in enumerate(self.timeline):
            count, following = run.repeat + 1, self.timeline[index + 1 : index + 2]
            if run.repeat == _UNTIL_THE_END:
                end = following[0].time if following else run.time + run.duration
                count = -((run.time - end) // run.duration)
            for step in range(count):
                yield ListedSegment(number, run.time + step * run.duration, run.duration)
                number += 1

    def url(self, representation_id: str, bandwidth: int, segment: ListedSegment) -> str:
        """Where a segment is, relative to the manifest. Raises ManifestError."""
        values = {"Number": segment.number, "Time": segment.time}
        return _filled(self.media, representation_id, bandwidth, values)

    def initialization_url(self, representation_id: str, bandwidth: int) -> str:
        """Where what is needed to read segments is, likewise. Raises ManifestError."""
        return _filled(self.initialization, representation_id, bandwidth, {})


def _filled(template: str, representation_id: str, bandwidth: int, others: dict[str, int]) -> str:
    numbers = {"Bandwidth": bandwidth, **others}

    def value(found: re.Match[str]) -> str:
        name, width = found[1], found[2]
        if name is None:
            return "$"
        if name == "RepresentationID":
            return representation_id
        if name not in numbers:
            raise ManifestError(f"${name}$ in {template[:80]!r}, which is of no segment")
        return f"{numbers[name]:{width[1:] if width else 'd'}}"

    filled = _IDENTIFIER.sub(value, template)
    if "$" in _IDENTIFIER.sub("", template):
        raise ManifestError(f"a $ too much in {template[:80]!r} (5.3.9.4.4)")
    return filled


def runs_of(segments: Iterable[tuple[int, int]]) -> tuple[TimelineRun, ...]:
    """The shortest timeline of segments: equal neighbours are one run.

    Args:
        segments: when each begins, and how long it is.
    """
    runs: list[TimelineRun] = []
    for time, duration in segments:
        last = runs[-1] if runs else None
        if (
            last is not None
            and last.duration == duration
            and last.time + (last.repeat + 1) * duration == time
        ):
            runs[-1] = TimelineRun(last.time, duration, last.repeat + 1)
        else:
            runs.append(TimelineRun(time, duration))
    return tuple(runs)
