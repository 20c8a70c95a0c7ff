"""Facts frame by frame: what each was when a frame had come. Floor 1.

A walk goes through a trace and yields readings: a frame, and what is known there of the value that
a rule is about. The first reading that no accepted value is part of is where the rule was broken.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

import attrs

from trio_srs.media.arrival import Arrivals
from trio_srs.media.clock import DEFAULT_GAP_MS, Clock, ClockStep, FindingCounter
from trio_srs.media.expect.evidence import Number
from trio_srs.media.skew import Skew
from trio_srs.media.stream_clock import StreamClock
from trio_srs.media.trace import Frame, Trace

__all__ = [
    "Clocks",
    "Reading",
    "Walk",
    "after_gaps",
    "arrivals",
    "bit_rates",
    "compositions",
    "counts",
    "durations",
    "first_arrival",
    "forward_steps",
    "gaps",
    "gops",
    "intervals",
    "lags",
    "last_frames",
    "paces",
    "runs",
    "silences",
    "skews",
    "steps",
    "stills",
]

_SECOND_MS: Final = 1000


@attrs.frozen
class Reading:
    """What is known when a frame has come: the value is between two numbers."""

    frame: Frame
    low: Number
    high: Number


Walk: TypeAlias = Callable[[Trace], Iterator[Reading]]
"""Goes through a trace."""
Choice: TypeAlias = Callable[[Frame], bool]


def _frames(trace: Trace, kind: str) -> Iterator[Frame]:
    """Those of the first track of a kind, or of every track."""
    return trace.of(kind) if kind else iter(trace)


@attrs.define(eq=False)
class Clocks:
    """A clock for each track, of times that can be compared."""

    new_finding: Callable[[], FindingCounter] = FindingCounter
    of_stream: StreamClock = attrs.field(factory=StreamClock)
    """Of all frames."""
    by_track: dict[tuple[str, int], Clock] = attrs.field(factory=dict)

    def add(self, frame: Frame) -> Clock:
        """The clock of a frame's track, at that frame."""
        key = frame.kind, frame.track_id
        clock = self.by_track.get(key)
        if clock is None:
            clock = self.by_track[key] = self.of_stream.new_clock(self.new_finding)
        clock.add(frame.timestamp_ms)
        self.of_stream.add(frame.timestamp_ms, clock)
        return clock


def _clocked(trace: Trace, kind: str) -> Iterator[tuple[Frame, Clock]]:
    """The frames of the first track of a kind, or of every track, each with the clock at it."""
    clocks = Clocks()
    for frame in _frames(trace, kind):
        yield frame, clocks.add(frame)


def _but_strays(readings: Iterable[tuple[Clock, Reading | None]]) -> Iterator[Reading]:
    """All but those of frames that the next of their track shows to have been astray."""
    kept: list[Reading | None] = []
    last: dict[Clock, int] = {}
    for clock, reading in readings:
        if clock.is_behind_stray and clock in last:
            kept[last[clock]] = None
        last[clock] = len(kept)
        kept.append(reading)
    return filter(None, kept)


def counts(kind: str, choice: Choice = lambda frame: True) -> Walk:
    """How many frames of some sort there were so far: at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        count = 0
        for frame in _frames(trace, kind):
            if choice(frame):
                count += 1
                yield Reading(frame, count, math.inf)

    return walk


def runs(kind: str, choice: Choice) -> Walk:
    """How many of some sort there were in a row: the longest run has at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        run = 0
        for frame in _frames(trace, kind):
            run = run + 1 if choice(frame) else 0
            yield Reading(frame, run, math.inf)

    return walk


def durations(kind: str, scale: int = 1) -> Walk:
    """Milliseconds, or those divided by ``scale``, that came so far."""

    def walk(trace: Trace) -> Iterator[Reading]:
        clocks = Clocks()
        for frame in _frames(trace, kind):
            clocks.add(frame)
            yield Reading(frame, clocks.of_stream.duration_ms / scale, math.inf)

    return walk


def bit_rates(kind: str) -> Walk:
    """Bits in the second before each frame; as long as no second has passed, at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        window: deque[tuple[float, int]] = deque()
        now, first_ms, newest_ms = 0, None, -math.inf
        for frame, clock in _clocked(trace, kind):
            if clock.is_behind_stray:
                newest_ms = clock.time_ms
                window = deque((min(at_ms, newest_ms), size) for at_ms, size in window)
            time_ms = newest_ms = max(newest_ms, clock.time_ms)
            first_ms = time_ms if first_ms is None else first_ms
            window.append((time_ms, frame.size))
            now += 8 * frame.size
            while window[0][0] <= time_ms - _SECOND_MS:
                now -= 8 * window.popleft()[1]
            is_whole = time_ms - first_ms >= _SECOND_MS
            yield Reading(frame, now, now if is_whole else math.inf)

    return walk


def _paced(trace: Trace, kind: str) -> Iterator[tuple[Frame, int]]:
    """Frames with the interval before them, as far as it is known."""
    held: tuple[Frame, int] | None = None
    for frame, clock in _clocked(trace, kind):
        if held is not None:
            yield held if clock.amended_ms is None else (held[0], clock.amended_ms)
        held = None if clock.interval_ms is None else (frame, clock.interval_ms)
    if held is not None:
        yield held


def intervals(kind: str) -> Walk:
    """Milliseconds from a frame of the track to the next."""

    def walk(trace: Trace) -> Iterator[Reading]:
        for frame, interval in _paced(trace, kind):
            yield Reading(frame, interval, interval)

    return walk


def paces(kind: str) -> Walk:
    """Frames a second, as the step to each says; it may be rounded by a millisecond."""

    def walk(trace: Trace) -> Iterator[Reading]:
        for frame, interval in _paced(trace, kind):
            high = 1000 / (interval - 1) if interval > 1 else math.inf
            yield Reading(frame, 1000 / (interval + 1), high)

    return walk


@attrs.define(eq=False)
class _EveryFinding(FindingCounter):
    """Remembers which frame each was, and how large."""

    each: list[tuple[int, int]] = attrs.field(factory=list)

    def add(self, index: int, timestamp_ms: int, size_ms: int) -> None:
        super().add(index, timestamp_ms, size_ms)
        self.each.append((index, size_ms))

    def undo(self) -> None:
        super().undo()
        self.each.pop()


def steps(kind: str, of: str, size: bool = False) -> Walk:
    """Odd steps of timestamps: how many so far, or how long each was.

    Args:
        of: ``"regressions"``, ``"duplicates"``, ``"gaps"`` or ``"jumps"``.
    """

    def walk(trace: Trace) -> Iterator[Reading]:
        clocks = Clocks(_EveryFinding)
        frames = list(_frames(trace, kind))
        for frame in frames:
            clocks.add(frame)
        sizes = {
            (*track, index): size_ms
            for track, clock in clocks.by_track.items()
            for index, size_ms in getattr(clock, of).each
        }
        count = 0
        for frame in frames:
            length = sizes.get((frame.kind, frame.track_id, frame.index))
            if length is not None:
                count += 1
                yield Reading(frame, length if size else count, math.inf)

    return walk


def last_frames(trace: Trace) -> Iterator[tuple[Frame, int]]:
    """The last frame of each track, and how long the others went on."""
    clocks = Clocks()
    last: dict[tuple[str, int], Frame] = {}
    for frame in trace:
        clocks.add(frame)
        last[frame.kind, frame.track_id] = frame
    for track, frame in last.items():
        yield frame, clocks.of_stream.latest_ms - clocks.by_track[track].latest_ms


def gaps(trace: Trace) -> Iterator[Reading]:
    """Gaps of every track: how many so far; one that ends long before the others has one there."""
    count = 0
    for reading in steps("", "gaps")(trace):
        count += 1
        yield reading
    for frame, early_ms in last_frames(trace):
        if early_ms > DEFAULT_GAP_MS:
            count += 1
            yield Reading(frame, count, math.inf)


def _step(frame: Frame, clock: Clock) -> Reading | None:
    """The step forward to a frame, if it is one."""
    is_step = clock.count > 1 and clock.step is not ClockStep.RETURN and clock.step_ms >= 0
    return Reading(frame, clock.step_ms, clock.step_ms) if is_step else None


def forward_steps(trace: Trace) -> Iterator[Reading]:
    """Milliseconds from frame to frame of every track."""
    return _but_strays((clock, _step(frame, clock)) for frame, clock in _clocked(trace, ""))


def after_gaps(trace: Trace) -> Iterator[Reading]:
    """Milliseconds from frame to frame of every track; and behind the last of each, how long the
    others went on."""
    yield from forward_steps(trace)
    for frame, early_ms in last_frames(trace):
        yield Reading(frame, early_ms, early_ms)


def gops(unit: str) -> Walk:
    """``"frames"`` or ``"seconds"`` from keyframe to keyframe: at each frame at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        began_ms, count = None, 0
        for frame, clock in _clocked(trace, "video"):
            now_ms = clock.pace_ms
            if began_ms is not None:
                length = count if unit == "frames" else (now_ms - began_ms) / 1000
                if frame.is_key:
                    yield Reading(frame, length, length)
                else:
                    yield Reading(frame, length + (unit == "frames"), math.inf)
            if frame.is_key:
                began_ms, count = now_ms, 0
            count += 1

    return walk


class _Readings(list[Reading]):
    """The skew at each picture that counts."""

    def add(self, t_ms: int, skew_ms: int, mark: object) -> None:
        assert isinstance(mark, Frame)  # the picture
        self.append(Reading(mark, skew_ms, skew_ms))

    def begin(self) -> None:
        """Every picture is one of its own."""


def skews(trace: Trace) -> Iterator[Reading]:
    """Milliseconds, audio minus video, at every picture at which that counts."""
    clocks, skew = Clocks(), Skew(_Readings)
    firsts = {track[0]: track for track in reversed(trace.tracks)}
    for frame in trace:
        clock = clocks.add(frame)
        if (frame.kind, frame.track_id) != firsts[frame.kind]:
            continue
        if frame.kind == "audio":
            skew.add_audio(clock)
        else:
            skew.add_video(clock, frame)
    return iter(skew.line())


def compositions(trace: Trace) -> Iterator[Reading]:
    """Milliseconds: the composition offset of every picture."""
    for frame in trace.of("video"):
        yield Reading(frame, frame.composition_ms, frame.composition_ms)


def stills(kind: str) -> Walk:
    """Milliseconds since the last frame with anything new."""

    def walk(trace: Trace) -> Iterator[Reading]:
        return _but_strays(_stills(trace, kind))

    return walk


def _stills(trace: Trace, kind: str) -> Iterator[tuple[Clock, Reading]]:
    since_ms = 0
    for frame, clock in _clocked(trace, kind):
        if clock.count == 1 or not frame.is_still:
            since_ms = clock.pace_ms
        yield clock, Reading(frame, clock.pace_ms - since_ms, math.inf)


def arrivals(trace: Trace) -> Iterator[tuple[Frame, float]]:
    """The frames whose arrival is known, and when."""
    for frame in trace:
        if frame.arrived_s is not None:
            yield frame, frame.arrived_s


def first_arrival(choice: Choice = lambda frame: True) -> Walk:
    """Seconds from publish to the first frame of some sort."""

    def walk(trace: Trace) -> Iterator[Reading]:
        for frame, at_s in arrivals(trace):
            if choice(frame):
                yield Reading(frame, at_s, at_s)
                return

    return walk


def silences(trace: Trace) -> Iterator[Reading]:
    """Seconds from the arrival of a frame to the next, and from publish to the first."""
    before_s = 0.0
    for frame, at_s in arrivals(trace):
        yield Reading(frame, at_s - before_s, at_s - before_s)
        before_s = at_s


def lags(trace: Trace) -> Iterator[Reading]:
    """Milliseconds that each frame came later than its timestamp says."""
    return _but_strays(_lags(trace))


def _lags(trace: Trace) -> Iterator[tuple[Clock, Reading]]:
    clocks, seen = Clocks(), Arrivals(None)
    for frame, at_s in arrivals(trace):
        clock = clocks.add(frame)
        seen.add(at_s, clock)
        yield clock, Reading(frame, seen.lag_ms, seen.lag_ms)
