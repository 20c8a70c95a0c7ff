"""Facts frame by frame: what each was when a frame had come. Floor 1.

A walk goes through a trace and yields readings: a frame, and what is known there of the value that
a rule is about. The first reading that no accepted value is part of is where the rule was broken.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import attrs

from trio_srs.media.clock import DEFAULT_GAP_MS, DEFAULT_JUMP_MS, Clock
from trio_srs.media.expect.seen import Number
from trio_srs.media.trace import Frame, Trace

__all__ = [
    "Reading",
    "Walk",
    "after_gaps",
    "arrivals",
    "bit_rates",
    "compositions",
    "counts",
    "durations",
    "first_arrival",
    "gops",
    "intervals",
    "lags",
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
class _Clocks:
    """A clock for each track, of times that can be compared."""

    whole: Clock = attrs.field(factory=Clock)
    """Of all frames."""
    _by_track: dict[tuple[str, int], Clock] = attrs.field(factory=dict)

    def add(self, frame: Frame) -> Clock:
        """The clock of a frame's track, at that frame."""
        key = frame.kind, frame.track_id
        clock = self._by_track.get(key)
        if clock is None:
            clock = self._by_track[key] = Clock(beside=self.whole)
        clock.add(frame.timestamp_ms)
        self.whole.add(frame.timestamp_ms)
        return clock


def _stepped(trace: Trace, kind: str) -> Iterator[tuple[Frame, Clock]]:
    """Frames with a frame of their track before them, each with the clock at it."""
    clocks = _Clocks()
    for frame in _frames(trace, kind):
        clock = clocks.add(frame)
        if clock.count > 1:
            yield frame, clock


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
        clock = Clock()
        for frame in _frames(trace, kind):
            clock.add(frame.timestamp_ms)
            yield Reading(frame, clock.duration_ms / scale, math.inf)

    return walk


def bit_rates(kind: str) -> Walk:
    """Bits in the second before each frame; as long as no second has passed, at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        window: deque[tuple[int, int]] = deque()
        clock, now, first_ms = Clock(), 0, 0
        for frame in _frames(trace, kind):
            time_ms = clock.add(frame.timestamp_ms)
            if clock.jumped:
                window.clear()
                now = 0
            if not window:
                first_ms = time_ms
            window.append((time_ms, frame.size))
            now += 8 * frame.size
            while window[0][0] <= time_ms - _SECOND_MS:
                now -= 8 * window.popleft()[1]
            is_whole = time_ms - first_ms >= _SECOND_MS
            yield Reading(frame, now, now if is_whole else math.inf)

    return walk


def intervals(kind: str) -> Walk:
    """Milliseconds from a frame of the track to the next."""

    def walk(trace: Trace) -> Iterator[Reading]:
        for frame, clock in _stepped(trace, kind):
            if clock.step_ms >= 0:
                yield Reading(frame, clock.step_ms, clock.step_ms)

    return walk


def paces(kind: str) -> Walk:
    """Frames a second, as the step to each says; it may be rounded by a millisecond."""

    def walk(trace: Trace) -> Iterator[Reading]:
        for frame, clock in _stepped(trace, kind):
            if clock.is_steady:
                step = clock.step_ms
                high = 1000 / (step - 1) if step > 1 else math.inf
                yield Reading(frame, 1000 / (step + 1), high)

    return walk


def steps(kind: str, of: str, size: bool = False) -> Walk:
    """Odd steps of timestamps: how many so far, or how long each was.

    Args:
        of: ``"regressions"``, ``"duplicates"``, ``"gaps"`` or ``"jumps"``.
    """
    is_odd = _ODD[of]

    def walk(trace: Trace) -> Iterator[Reading]:
        count = 0
        for frame, clock in _stepped(trace, kind):
            if is_odd(clock.step_ms):
                count += 1
                length = abs(clock.step_ms) if size else count
                yield Reading(frame, length, math.inf)

    return walk


_ODD: Final[dict[str, Callable[[int], bool]]] = {
    "regressions": lambda step: step < 0,
    "duplicates": lambda step: step == 0,
    "gaps": lambda step: step > DEFAULT_GAP_MS,
    "jumps": lambda step: abs(step) > DEFAULT_JUMP_MS,
}


def after_gaps(trace: Trace) -> Iterator[Reading]:
    """Milliseconds from frame to frame of every track; and behind the last of each, how long the
    others went on."""
    clocks, newest_ms = _Clocks(), -math.inf
    last: dict[tuple[str, int], tuple[Frame, int]] = {}
    for frame in trace:
        clock = clocks.add(frame)
        last[frame.kind, frame.track_id] = frame, clock.now_ms
        newest_ms = max(newest_ms, clock.now_ms)
        if clock.count > 1 and clock.step_ms >= 0:
            yield Reading(frame, clock.step_ms, clock.step_ms)
    for frame, now_ms in last.values():
        yield Reading(frame, newest_ms - now_ms, newest_ms - now_ms)


def gops(unit: str) -> Walk:
    """``"frames"`` or ``"seconds"`` from keyframe to keyframe: at each frame at least so many."""

    def walk(trace: Trace) -> Iterator[Reading]:
        clock, began_ms, count = Clock(), None, 0
        for frame in trace.of("video"):
            now_ms = clock.add(frame.timestamp_ms)
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


def skews(trace: Trace) -> Iterator[Reading]:
    """Milliseconds, audio minus video, at every picture."""
    clocks, audio_ms = _Clocks(), None
    firsts = {track[0]: track for track in reversed(trace.tracks)}
    for frame in trace:
        if (frame.kind, frame.track_id) != firsts[frame.kind]:
            continue
        now_ms = clocks.add(frame).now_ms
        if frame.kind == "audio":
            audio_ms = now_ms
        elif audio_ms is not None:
            yield Reading(frame, audio_ms - now_ms, audio_ms - now_ms)


def compositions(trace: Trace) -> Iterator[Reading]:
    """Milliseconds: the composition offset of every picture."""
    for frame in trace.of("video"):
        yield Reading(frame, frame.composition_ms, frame.composition_ms)


def stills(kind: str) -> Walk:
    """Milliseconds since the last frame with anything new."""

    def walk(trace: Trace) -> Iterator[Reading]:
        run_ms = 0
        for frame, clock in _stepped(trace, kind):
            run_ms = run_ms + max(clock.step_ms, 0) if frame.is_still else 0
            yield Reading(frame, run_ms, math.inf)

    return walk


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
    clock, began_s = Clock(), 0.0
    for frame, at_s in arrivals(trace):
        now_ms = clock.add(frame.timestamp_ms)
        if clock.count == 1:
            began_s = at_s
        lag = (at_s - began_s) * 1000 - (now_ms - clock.first_ms)
        yield Reading(frame, lag, lag)
