"""Subjects about a stream beside others: how far apart they are. Floor 1."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import partial

from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.subject import Blame, Kind, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Frame
from trio_srs.wire.serial import SerialTime, serial_step

__all__ = ["apart_subjects"]

_ALONE = Absent("there is no other stream to compare with")


def apart_subjects() -> Iterator[Subject]:
    """The subjects that compare a stream with those beside it."""
    for name, read, definition in (
        ("start", _start_ms, "Between the first timestamps of the stream and of another."),
        ("duration", _duration_ms, "Between how long the stream is and another."),
    ):
        yield Subject(
            name=f"apart.{name}", kind=Kind.NUMBER, unit="ms", blame=Blame.NOBODY,
            read=partial(_farthest, read), definition=f"{definition} Of several the most.",
        )  # fmt: skip
    yield Subject(
        name="apart.frames", kind=Kind.NUMBER, unit="frames", blame=Blame.NOBODY,
        read=partial(_farthest, _frames),
        definition="Between how many pictures the stream has and another. Of several the most.",
    )  # fmt: skip
    yield Subject(
        name="apart.keyframes", kind=Kind.NUMBER, unit="ms", read=_keyframes, walk=_astray,
        track="video",
        definition="From a keyframe to the nearest one of another stream, by their timestamps: the "
        "most, of all keyframes and all streams. 0 is aligned.",
    )  # fmt: skip


def _farthest(apart: Callable[[StreamReport, StreamReport], int], evidence: Evidence) -> Seen:
    report, beside = evidence.report, evidence.beside
    if not beside:
        return _ALONE
    if any(not each.facts.tracks for each in (report, *beside)):
        return Absent("no audio and no video came of one of them")
    return max(abs(apart(report, other)) for other in beside)


def _start_ms(one: StreamReport, other: StreamReport) -> int:
    first, second = one.facts.clock.first_ms or 0, other.facts.clock.first_ms or 0
    return serial_step(first, second)


def _duration_ms(one: StreamReport, other: StreamReport) -> int:
    return one.facts.clock.duration_ms - other.facts.clock.duration_ms


def _frames(one: StreamReport, other: StreamReport) -> int:
    counts = (each.facts.video.frames if each.facts.video else 0 for each in (one, other))
    first, second = counts
    return first - second


def _keys(report: StreamReport) -> list[tuple[int, Frame]]:
    """Keyframes, and their times without wraps."""
    time = SerialTime()
    times = [(time.place(frame.timestamp_ms), frame) for frame in report.trace.of("video")]
    return [(at_ms, frame) for at_ms, frame in times if frame.is_key]


def _astray(evidence: Evidence) -> Iterator[Reading]:
    """How far each keyframe is from the nearest one of each other stream."""
    own = _keys(evidence.report)
    others = [sorted(at_ms for at_ms, _ in _keys(other)) for other in evidence.beside]
    for at_ms, frame in own:
        for times in others:
            place = bisect_left(times, at_ms)
            near = [abs(each - at_ms) for each in times[max(0, place - 1) : place + 1]]
            apart_ms = min(near, default=0)
            yield Reading(frame, apart_ms, apart_ms)


def _keyframes(evidence: Evidence) -> Seen:
    if not evidence.beside:
        return _ALONE
    for each in (evidence.report, *evidence.beside):
        if not _keys(each):
            return Absent(f"{each.stream} has no keyframes, or nobody looked at them")
    return max(reading.low for reading in _astray(evidence))
