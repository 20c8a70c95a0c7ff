"""Segments of all tracks on one clock, in periods: what a manifest of DASH is made of. Floor 1.

Source:
    ISO/IEC 23009-1, 5.3.2. DASH-IF, Restricted Timing Model: the zero of the timeline never moves;
    media is where the time of day says, and it is the service that keeps it there; where anything
    changes there is another period.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import InitSegment, Segment

__all__ = ["MediaPeriod", "MediaPeriods", "PeriodTrack"]

_MS: Final = HZ // 1000
_JOINED: Final = 250 * _MS
"""What is so near to the end of the period before goes on with it."""
_EARLY: Final = 500 * _MS
"""Media that is so much ahead of the time of day, all the time, is put where it belongs."""
_STEADY: Final = 3
"""Segments that have to say so."""


@attrs.frozen
class PeriodTrack:
    """One track as long as nothing changes."""

    rendition: Rendition
    init: InitSegment
    bandwidth: int
    """Bits per second of its largest segment."""
    offset: int
    """What of it is at the start of the period, in its timescale."""
    length_s: float
    """Seconds of its first segment."""


@attrs.define(eq=False)
class MediaPeriod:
    """Segments of the same tracks, one number after the other. Times are in ticks of 90 kHz."""

    first: int
    """The number of its first segment; no other period has it."""
    tracks: Mapping[str, PeriodTrack]
    """By the names of their renditions, the leading one first."""
    start: int
    """On the timeline of the presentation."""
    origin: int
    """The same on that of the media."""
    frame_rate: float | None
    last: int = 0
    """The number of its newest segment."""
    end: int = 0
    """Of that, on the timeline of the presentation."""

    @property
    def lead(self) -> PeriodTrack:
        """The track that segments are cut by."""
        return next(iter(self.tracks.values()))

    def at(self, media: int) -> int:
        """A time of the media on the timeline of the presentation."""
        return self.start + media - self.origin


@attrs.define(eq=False)
class MediaPeriods:
    """All periods of a stream that anything is left of. A segment is in them as soon as it is whole
    in every track."""

    steady: int
    """Media that is later than so many ticks, all the time, is put where it belongs."""
    zero_ms: int | None = None
    """Where the timeline begins: milliseconds since 1970. It never moves. The first period of all
    begins there: players ask for what was a while ago, and GStreamer takes what is before that for
    the beginning, but what is before the first period for a mistake."""
    periods: deque[MediaPeriod] = attrs.field(factory=deque)
    _next: int = 0
    """The number of the first segment that was not seen yet."""
    _late: deque[int] = attrs.field(factory=lambda: deque(maxlen=_STEADY))
    """Of the newest segments: how long after their time they were whole, in ticks."""

    def update(self, renditions: Iterable[Rendition], frame_rate: float | None) -> None:
        """See what is new, and forget what is no longer listed.

        Args:
            renditions: of one track each, the leading one first.
            frame_rate: of the newest segments.
        """
        listed = [each for each in renditions if each.segments]
        if not listed:
            return
        oldest = min(each.segments[0].number for each in listed)
        newest = min(each.last_number for each in listed)
        for number in range(max(oldest, self._next), newest + 1):
            found = {each.name: (each, segment_of(each, number)) for each in listed}
            tracks = {
                name: (rendition, segment)
                for name, (rendition, segment) in found.items()
                if segment is not None and not segment.is_gap
            }
            if tracks:
                self._see(number, tracks, frame_rate)
        self._next = newest + 1
        while self.periods and self.periods[0].last < oldest:
            self.periods.popleft()

    def _see(
        self,
        number: int,
        tracks: Mapping[str, tuple[Rendition, Segment]],
        frame_rate: float | None,
    ) -> None:
        current = self.periods[-1] if self.periods else None
        goes_on = (
            current is not None
            and current.last == number - 1
            and list(current.tracks) == list(tracks)
            and not any(segment.is_break for _, segment in tracks.values())
        )
        shift = self._drift() if goes_on else 0
        if current is None or not goes_on or shift:
            current = self._begin(number, tracks, frame_rate, current if goes_on else None, shift)
        lead, segment = next(iter(tracks.values()))
        current.last = number
        current.end = current.at(
            max(_ticks(each.media_end, each.init) for _, each in tracks.values())
        )
        after = segment_of(lead, number + 1) or lead.open
        if after is not None:
            self._late.append(_late(self._now(after.came_ms), current, segment))

    def _begin(
        self,
        number: int,
        tracks: Mapping[str, tuple[Rendition, Segment]],
        frame_rate: float | None,
        goes_on_with: MediaPeriod | None,
        shift: int,
    ) -> MediaPeriod:
        """Another period, whose first segments these are."""
        lead, segment = next(iter(tracks.values()))
        origin = min(_ticks(each.media_start, each.init) for _, each in tracks.values())
        before = self.periods[-1] if self.periods else None
        made = MediaPeriod(
            first=number,
            tracks={
                name: _track(rendition, each, origin) for name, (rendition, each) in tracks.items()
            },
            start=0,
            origin=origin,
            frame_rate=frame_rate if "video" in tracks else None,
        )
        if goes_on_with is not None:
            made.start = goes_on_with.at(origin) + shift
        else:
            made.start = self._dated(origin, lead, segment)
        if before is not None:
            made.start = max(made.start, before.start + 1)
            if abs(made.start - before.end) <= _JOINED and not shift:
                made.start = before.end
        self._late.clear()
        self.periods.append(made)
        return made

    def _dated(self, origin: int, lead: Rendition, segment: Segment) -> int:
        """Where a period begins whose leading segment is dated."""
        begin, end = (_ticks(at, segment.init) for at in (segment.media_start, segment.media_end))
        start_ms = segment.date_ms - (begin - origin) // _MS
        after = segment_of(lead, segment.number + 1) or lead.open
        if after is not None:  # what came in a burst was there before its time
            start_ms += min(after.came_ms - start_ms - (end - origin) // _MS, 0)
        if self.zero_ms is None:
            self.zero_ms = start_ms
        return max(self._now(start_ms), 0)

    def _now(self, unix_ms: int) -> int:
        """A time of day on the timeline of the presentation."""
        assert self.zero_ms is not None  # something is on it
        return (unix_ms - self.zero_ms) * _MS

    def _drift(self) -> int:
        """How far the media is from the time of day, if that is too far, and has been for a
        while."""
        late = self._late
        if len(late) < _STEADY or max(late) - min(late) > self.steady // 2:
            return 0
        return min(late) if min(late) > self.steady or max(late) < -_EARLY else 0


def segment_of(rendition: Rendition, number: int) -> Segment | None:
    """A segment that is listed, by its number."""
    segments = rendition.segments
    index = number - segments[0].number if segments else -1
    return segments[index] if 0 <= index < len(segments) else None


def _track(rendition: Rendition, segment: Segment, origin: int) -> PeriodTrack:
    init = segment.init
    assert init is not None  # there is something to read
    length_s = (segment.media_end - segment.media_start) / init.timescale
    offset = origin * init.timescale // HZ
    return PeriodTrack(rendition, init, rendition.peak_rate, offset, length_s)


def _ticks(time: int, init: InitSegment | None) -> int:
    assert init is not None  # likewise
    return time * HZ // init.timescale


def _late(whole: int, period: MediaPeriod, segment: Segment) -> int:
    """How long after its end a segment was whole."""
    return whole - period.at(_ticks(segment.media_end, segment.init))
