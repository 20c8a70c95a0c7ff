"""Facts of a stream's health frame by frame, over all tracks. Floor 1."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, TypeAlias

import attrs

from trio_srs.media.expect.walks import (
    Clocks,
    Reading,
    arrivals,
    forward_steps,
    last_frames,
)
from trio_srs.media.trace import Frame, Trace
from trio_srs.wire.serial import serial_step

__all__ = [
    "USUAL_STEPS",
    "before_keyframes",
    "duplicates",
    "early_ends",
    "keyframe_intervals",
    "late_starts",
    "long_steps",
    "named",
    "stalls",
]

USUAL_STEPS: Final = 3
"""So many mean steps of a track are no gap: a slide show has a picture in five seconds."""

_Track: TypeAlias = tuple[str, int]


def _of(frame: Frame) -> _Track:
    return frame.kind, frame.track_id


def named(trace: Trace, moments: dict[_Track, tuple[int, int]]) -> Iterator[Reading]:
    """The frames that facts name themselves: of each track the index of one, and how many there
    were."""
    for frame in trace:
        index, count = moments.get(_of(frame), (-1, 0))
        if frame.index == index:
            yield Reading(frame, count, math.inf)


def late_starts(trace: Trace) -> Iterator[Reading]:
    """Milliseconds from the first timestamp of any track to the first of each, latest last."""
    firsts = [frame for frame in trace if not frame.index]
    if not firsts:
        return
    origin = firsts[0].timestamp_ms
    starts = sorted(
        ((serial_step(origin, frame.timestamp_ms), frame) for frame in firsts),
        key=lambda start: start[0],
    )
    for start_ms, frame in starts:
        yield Reading(frame, start_ms - starts[0][0], math.inf)


@attrs.define
class _Steps:
    """The ordinary steps of a track: how many, and how long together."""

    count: int = 0
    total_ms: int = 0

    @property
    def mean_ms(self) -> int:
        return self.total_ms // self.count if self.count else 0


def _ordinary_steps(trace: Trace) -> dict[_Track, _Steps]:
    clocks, steps = Clocks(), dict[_Track, _Steps]()
    for frame in trace:
        clock = clocks.add(frame)
        of_track = steps.setdefault(_of(frame), _Steps())
        if clock.count > 1 and clock.interval_ms is not None:
            of_track.count += 1
            of_track.total_ms += clock.interval_ms
    return steps


def early_ends(trace: Trace) -> Iterator[Reading]:
    """Milliseconds by which each track ends before the others; its last frame lasts as long as
    others do."""
    steps = _ordinary_steps(trace)
    for frame, early_ms in last_frames(trace):
        early_ms = max(0, early_ms - steps[_of(frame)].mean_ms)
        yield Reading(frame, early_ms, early_ms)


def long_steps(trace: Trace) -> Iterator[Reading]:
    """Milliseconds from frame to frame of every track; 0 where that is up to three times the
    mean."""
    steps = _ordinary_steps(trace)
    for reading in forward_steps(trace):
        is_usual = reading.low <= USUAL_STEPS * steps[_of(reading.frame)].mean_ms
        step_ms = 0 if is_usual else reading.low
        yield Reading(reading.frame, step_ms, step_ms)


def duplicates(trace: Trace) -> Iterator[Reading]:
    """Timestamps equal to the one before, but for the first ones of a track: how many so far.

    Sound has priming frames, whose times would be below 0; encoders that have no such times give
    them the first one.
    """
    last, begun = dict[_Track, int](), set[_Track]()
    count = 0
    for frame in trace:
        track = _of(frame)
        if last.get(track) != frame.timestamp_ms:
            if track in last:
                begun.add(track)
            last[track] = frame.timestamp_ms
        elif track in begun:
            count += 1
            yield Reading(frame, count, math.inf)


def stalls(trace: Trace, trailing_s: float) -> Iterator[Reading]:
    """Seconds in which nothing came although the stream's own time says that something was due:
    from publish to the first frame, between two, and ``trailing_s`` behind the last."""
    clocks = Clocks()
    before_s, latest_ms, last = 0.0, 0, None
    for frame, at_s in arrivals(trace):
        clocks.add(frame)
        due_s = 0.0 if last is None else max(0, clocks.of_stream.latest_ms - latest_ms) / 1000
        stall_s = max(0.0, at_s - before_s - due_s)
        yield Reading(frame, stall_s, stall_s)
        before_s, latest_ms, last = at_s, clocks.of_stream.latest_ms, frame
    if last is not None:
        yield Reading(last, trailing_s, trailing_s)


def keyframe_intervals(trace: Trace) -> Iterator[Reading]:
    """Seconds without a keyframe so far, at each picture of every video track; the first picture
    counts as one."""
    clocks, since_ms = Clocks(), dict[_Track, int]()
    for frame in trace:
        clock = clocks.add(frame)
        if frame.kind != "video":
            continue
        seconds = (clock.pace_ms - since_ms.setdefault(_of(frame), clock.pace_ms)) / 1000
        yield Reading(frame, seconds, seconds)
        if frame.is_key:
            since_ms[_of(frame)] = clock.pace_ms


def before_keyframes(trace: Trace) -> Iterator[Reading]:
    """Pictures before the first keyframe of their track: how many so far."""
    begun: set[_Track] = set()
    count = 0
    for frame in trace:
        if frame.kind == "video" and frame.is_key:
            begun.add(_of(frame))
        elif frame.kind == "video" and _of(frame) not in begun:
            count += 1
            yield Reading(frame, count, math.inf)
