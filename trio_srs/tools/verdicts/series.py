"""What of a stream is worth a plot, as points over the stream's own time. Floor 6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

import attrs

from trio_srs.media.expect.judge import Verdict
from trio_srs.media.trace import Frame, Trace
from trio_srs.wire.serial import SerialTime

__all__ = ["Plot", "Point", "plots", "thinned"]

Point: TypeAlias = tuple[float, float]
"""Seconds since the stream's first frame, and a value."""

MOST_POINTS: Final = 800
"""In one line: more than there are pixels is only weight."""


@attrs.frozen(kw_only=True)
class Plot:
    """One plot: lines by name."""

    title: str
    unit: str
    """Of the values."""
    lines: Mapping[str, Sequence[Point]]
    span: tuple[float, float] = (0.0, 1.0)
    """Of time: the same in all plots of a stream."""
    marks: Mapping[str, Point] = attrs.field(factory=dict)
    """Where rules are broken for the first time: by the rule, as it is written."""
    steps: bool = False
    """Whether each value holds until the next."""


@attrs.define(eq=False)
class _TrackSeries:
    """What is drawn of one track, point by point."""

    name: str
    kind: str
    frames: list[tuple[int, float, Frame]] = attrs.field(factory=list)
    """Its frames: how many of the stream came before, and the time in seconds."""


def plots(trace: Trace, verdicts: Sequence[Verdict] = ()) -> Iterator[Plot]:
    """Every plot that has something to show."""
    tracks = _tracks(trace)
    marked = dict(_offending(tracks, verdicts))
    times = [at_s for track in tracks for _, at_s, _ in track.frames]
    span = (min(times, default=0.0), max(times, default=1.0))
    made = (
        Plot(title="Bit rate", unit="kbit/s", steps=True,
             lines={track.name: _bit_rate(track) for track in tracks}),
        Plot(title="Frame interval", unit="ms",
             lines={track.name: _intervals(track) for track in tracks}),
        Plot(title="GOP: from a keyframe to the next", unit="s", steps=True,
             lines={track.name: _gops(track) for track in tracks if track.kind == "video"}),
        Plot(title="A/V skew: audio minus video", unit="ms", lines={"skew": _skew(tracks)}),
        Plot(title="Lag: arrival behind the timestamps", unit="ms",
             lines={track.name: _lag(track, tracks) for track in tracks}),
    )  # fmt: skip
    for plot in made:
        lines = {name: thinned(points) for name, points in plot.lines.items() if points}
        if lines:
            top = max(value for points in lines.values() for _, value in points)
            marks = {rule: (at_s, top) for rule, at_s in marked.items()}
            yield attrs.evolve(plot, lines=lines, span=span, marks=marks)


def _tracks(trace: Trace) -> list[_TrackSeries]:
    """The trace by tracks, in stream time from its first frame on, wraps taken out."""
    several = len({kind for kind, _ in trace.tracks}) < len(trace.tracks)
    tracks = [
        _TrackSeries(f"{kind} {track_id}" if several else kind, kind)
        for kind, track_id in trace.tracks
    ]
    time, first = SerialTime(), 0
    for place, frame in enumerate(trace):
        ms = time.place(frame.timestamp_ms)
        first = first if place else ms
        track = tracks[trace.tracks.index((frame.kind, frame.track_id))]
        track.frames.append((place, (ms - first) / 1000, frame))
    return tracks


def _offending(
    tracks: Sequence[_TrackSeries], verdicts: Sequence[Verdict]
) -> Iterator[tuple[str, float]]:
    """When the first offending frames of unmet rules were."""
    for verdict in verdicts:
        for track in tracks:
            if not verdict.met and verdict.index is not None and track.kind == verdict.track:
                if verdict.index < len(track.frames):
                    yield str(verdict.rule), track.frames[verdict.index][1]
                break


def _bit_rate(track: _TrackSeries) -> list[Point]:
    """In each whole second of stream time; of a clock that was set, those that have frames."""
    bits: defaultdict[int, int] = defaultdict(int)
    for _, at_s, frame in track.frames:
        bits[int(at_s // 1)] += 8 * frame.size
    if len(bits) > 1:
        del bits[max(bits)]  # it is not over: it would look like a drop
    elif not bits:
        return []
    jumped = max(bits) - min(bits) > len(track.frames)
    seconds = sorted(bits) if jumped else range(min(bits), max(bits) + 1)
    points = [(float(second), bits[second] / 1000) for second in seconds]
    return [*points, (points[-1][0] + 1, points[-1][1])]  # so that the last one has a length


def _intervals(track: _TrackSeries) -> list[Point]:
    """From the frame before to each, in order of arrival: steps back are below zero."""
    times = [at_s for _, at_s, _ in track.frames]
    return [(after, (after - before) * 1000) for before, after in pairwise(times)]


def _gops(track: _TrackSeries) -> list[Point]:
    """At each keyframe how long the group is that it begins; the last goes to the newest frame."""
    starts = [at_s for _, at_s, frame in track.frames if frame.is_key]
    if not starts:
        return []
    ends = [*starts[1:], track.frames[-1][1]]
    points = [(start, end - start) for start, end in zip(starts, ends, strict=True)]
    return [*points, (ends[-1], points[-1][1])]  # so that the last one has a length, too


def _skew(tracks: Sequence[_TrackSeries]) -> list[Point]:
    """At each picture: the newest sound's time minus its own."""
    video = next((track for track in tracks if track.kind == "video"), None)
    audio = next((track for track in tracks if track.kind == "audio"), None)
    if video is None or audio is None:
        return []
    sounds, points, newest = iter(audio.frames), [], None
    sound = next(sounds, None)
    for place, at_s, _ in video.frames:
        while sound is not None and sound[0] < place:  # those that came before the picture
            newest, sound = sound[1], next(sounds, None)
        if newest is not None:
            points.append((at_s, (newest - at_s) * 1000))
    return points


def _lag(track: _TrackSeries, tracks: Sequence[_TrackSeries]) -> list[Point]:
    """How much later each frame came than its timestamp says, counted from the first that came."""
    starts = [
        frame.arrived_s - at_s
        for each in tracks
        for _, at_s, frame in each.frames[:1]
        if frame.arrived_s is not None
    ]
    if not starts:
        return []
    zero = min(starts)
    return [
        (at_s, (frame.arrived_s - at_s - zero) * 1000)
        for _, at_s, frame in track.frames
        if frame.arrived_s is not None
    ]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most so many points that still show every peak: of each stretch the lowest and highest."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) // (most // 2))
    kept: list[Point] = []
    for begin in range(0, len(points), size):
        stretch = range(begin, min(begin + size, len(points)))
        ends = {min(stretch, key=lambda i: points[i][1]), max(stretch, key=lambda i: points[i][1])}
        kept += (points[i] for i in sorted(ends))
    return kept
