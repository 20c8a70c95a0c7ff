"""Where the segments of a representation are, and from when to when each is. Floor 0.

Source:
    ISO/IEC 23009-1, 5.3.9.4 (templates) and 5.3.9.6 (timelines); DASH-IF, Restricted Timing Model
    (which segments there are of a template that has but a duration).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import attrs

from trio_srs.wire.dash.xml_values import ManifestError

__all__ = [
    "MOST_SEGMENTS",
    "ListedSegment",
    "ListedSpan",
    "SegmentTemplate",
    "TimelineRun",
    "runs_of",
]

_IDENTIFIER: Final = re.compile(
    r"\$(?:(RepresentationID|Number|Bandwidth|Time)(%0[0-9]{1,2}d)?)?\$"
)
_UNTIL_THE_END: Final = -1
MOST_SEGMENTS: Final = 1_000_000
"""Of one representation in one manifest: a month of segments of three seconds."""
_NEWEST: Final = 3
"""How many segments of an endless past are looked at."""
_ROUNDING: Final = 1e-6
"""Of a segment: lengths of periods are decimal, and those of segments are not."""


class ListedSegment(NamedTuple):
    """One segment of a timeline, in the timescale of its template."""

    number: int
    time: int
    duration: int


@attrs.frozen
class ListedSpan:
    """Which part of a period can be asked for, in seconds since the period began."""

    until_s: float
    """Its end."""
    from_s: float | None = 0.0
    """None: it has no beginning that anybody would want: of a live stream without a window."""
    is_live: bool = False
    """It ends now, so that what has not ended cannot be asked for."""


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

    def segments(self, span: ListedSpan | None = None) -> Iterator[ListedSegment]:
        """All that there are, in order: those of the timeline, or, without one, as many of equal
        length as there is room for.

        Args:
            span: what of the period can be asked for; None: that is not known. A run up to the end
                of the period is there once then.

        Raises:
            ManifestError: there are too many, or it cannot be known how many there are.
        """
        if self.duration is not None and not self.timeline:
            yield from self._numbered(self.duration, span)
            return
        number = self.start_number
        for index, run in enumerate(self.timeline):
            count, following = run.repeat + 1, self.timeline[index + 1 : index + 2]
            if run.repeat == _UNTIL_THE_END:
                end = following[0].time if following else self._end(run, span)
                count = -((run.time - end) // run.duration)
            if number - self.start_number + count > MOST_SEGMENTS:
                raise ManifestError(f"a timeline of more than {MOST_SEGMENTS:,} segments")
            for step in range(count):
                yield ListedSegment(number, run.time + step * run.duration, run.duration)
                number += 1

    def _end(self, run: TimelineRun, span: ListedSpan | None) -> int:
        """Where a run ends that goes on up to the end of the period."""
        if span is None or span.is_live:
            return run.time + run.duration
        return max(self._ticks(span.until_s), run.time + run.duration)

    def _ticks(self, seconds: float) -> int:
        return round(seconds * self.timescale) + self.presentation_time_offset

    def _numbered(self, duration: int, span: ListedSpan | None) -> Iterator[ListedSegment]:
        """Those of a template without a timeline."""
        if span is None:
            raise ManifestError("segments of a length, and no end up to which there are any")
        length_s = duration / self.timescale
        room = span.until_s / length_s
        count = math.floor(room + _ROUNDING) if span.is_live else math.ceil(room - _ROUNDING)
        first = count - _NEWEST if span.from_s is None else math.floor(span.from_s / length_s)
        first = max(first, 0)
        if count - first > MOST_SEGMENTS:
            raise ManifestError(f"more than {MOST_SEGMENTS:,} segments of {length_s:g} s")
        for index in range(first, count):
            time = index * duration + self.presentation_time_offset
            rest = max(1, self._ticks(span.until_s) - time)
            yield ListedSegment(self.start_number + index, time, min(duration, rest))

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
