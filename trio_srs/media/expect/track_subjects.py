"""Subjects about pictures, sound and timestamps that have names of their own. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from trio_srs.media.clock import DEFAULT_GAP_MS
from trio_srs.media.expect import walks
from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Seen
from trio_srs.media.expect.fact_subjects import (
    alias,
    fact_subject,
    lifted,
    no_track,
    not_known,
    track_of,
)
from trio_srs.media.expect.subject import Blame, Kind, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.facts import TrackFacts

__all__ = ["track_subjects"]

_TRACKS: Final = ("video", "audio")
_STEPS: Final[Mapping[str, str]] = {
    "regressions": "Steps back of the timestamps",
    "duplicates": "Timestamps equal to the one before",
    "jumps": "Steps of over 10 s, forward or back",
}


def track_subjects() -> Iterator[Subject]:
    """The subjects that have names of their own beside those of facts."""
    yield from _video()
    yield from _media()


def _size(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    track = track_of(facts, "video")
    if track is None or track.video is None:
        return no_track(facts, "video")
    size = track.video.width, track.video.height
    return not_known(facts) if size[0] is None or size[1] is None else (size[0], size[1])


def _gop(unit: str, evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    track = track_of(facts, "video")
    if track is None or track.video is None:
        return no_track(facts, "video")
    if facts.level != "full":
        return not_known(facts)
    gop = track.video.gop
    if not track.video.keyframes:
        return Absent(f"no keyframe came in {track.frames} frames")
    current = gop.current_seconds if unit == "seconds" else gop.current_frames
    if not gop.count:
        return Extent(None, current)
    least, most = (getattr(gop, f"{unit}_{which}") for which in ("min", "max"))
    return Extent(least, max(most, current))


def _video() -> Iterator[Subject]:
    yield Subject(
        name="video.size",
        kind=Kind.PAIR,
        track="video",
        read=_size,
        definition="Width and height in pixels, cropping applied.",
    )
    yield alias("video.fps", "video.intervals.fps", "Frames a second, measured by timestamps.")
    for unit, base in (("seconds", "s"), ("frames", "frames")):
        yield Subject(
            name=f"video.gop.{unit}", kind=Kind.NUMBER, unit=base, track="video",
            read=partial(_gop, unit), walk=lifted(walks.gops(unit)),
            definition="From keyframe to keyframe, of every GOP. The unfinished last one counts "
            "where it is longer than the others.",
        )  # fmt: skip


def _of_track(kind: str, evidence: Evidence) -> tuple[TrackFacts, ...]:
    facts = evidence.report.facts
    if not kind:
        return tuple(track for track in facts.tracks if track.frames)
    track = track_of(facts, kind)
    return () if track is None else (track,)


def _counted(kind: str, what: str, evidence: Evidence) -> int | Absent:
    facts = evidence.report.facts
    if facts.level != "full":
        return not_known(facts)
    tracks = _of_track(kind, evidence)
    if not tracks:
        return no_track(facts, kind or "media")
    return sum(int(getattr(track.clock, what).count) for track in tracks)


def _monotonic(kind: str, evidence: Evidence) -> Seen:
    count = _counted(kind, "regressions", evidence)
    return count if isinstance(count, Absent) else count == 0


def _regressed(kind: str, evidence: Evidence) -> Iterator[Reading]:
    for reading in walks.steps(kind, "regressions")(evidence.report.trace):
        yield Reading(reading.frame, False, False)


def _timestamps(front: str, kind: str) -> Iterator[Subject]:
    whose = f"of the {kind} track" if kind else "of any track"
    yield Subject(
        name=f"{front}.monotonic", kind=Kind.TRUTH, track=kind,
        definition=f"Whether no timestamp {whose} is lower than the one before. "
        "A wrap of the 32 bits is no step back.",
        read=partial(_monotonic, kind), walk=partial(_regressed, kind),
    )  # fmt: skip
    for what, definition in _STEPS.items():
        yield Subject(
            name=f"{front}.{what}", kind=Kind.NUMBER, track=kind,
            definition=f"{definition}, {whose}: how many.",
            read=partial(_counted, kind, what), walk=lifted(walks.steps(kind, what)),
        )  # fmt: skip


def _gaps(evidence: Evidence) -> Seen:
    count = _counted("", "gaps", evidence)
    if isinstance(count, Absent):
        return count
    tracks = _of_track("", evidence)
    return count + sum(track.ends_early_ms > DEFAULT_GAP_MS for track in tracks)


def _longest_gap(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    if facts.level != "full":
        return not_known(facts)
    tracks = _of_track("", evidence)
    if not tracks:
        return no_track(facts, "media")
    if evidence.report.trace.complete and len(evidence.report.trace):
        return max(reading.low for reading in walks.after_gaps(evidence.report.trace))
    return max(
        max(track.intervals.longest_ms or 0, track.clock.gaps.largest_ms, track.ends_early_ms)
        for track in tracks
    )


def _skew(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    for kind in _TRACKS:
        if not _of_track(kind, evidence):
            return no_track(facts, kind)
    least, most = facts.skew.least_ms, facts.skew.most_ms
    return not_known(facts) if least is None or most is None else Extent(least, most)


def _seconds(evidence: Evidence) -> Seen:
    milliseconds = fact_subject("clock.duration_ms").read(evidence)
    return milliseconds / 1000 if isinstance(milliseconds, int) else milliseconds


def _media() -> Iterator[Subject]:
    yield from _timestamps("timestamps", "")
    for kind in _TRACKS:
        yield from _timestamps(f"{kind}.timestamps", kind)
    yield Subject(
        name="gaps.count",
        kind=Kind.NUMBER,
        read=_gaps,
        walk=lifted(walks.gaps),
        definition="Steps forward of over 1 s between two timestamps of a track: how many. A track "
        "that ends over 1 s before the others has one there.",
    )
    yield Subject(
        name="gaps.longest",
        kind=Kind.NUMBER,
        unit="ms",
        read=_longest_gap,
        walk=lifted(walks.after_gaps),
        definition="The longest step forward between two timestamps of a track; the time by which "
        "a track ends before the others is one too.",
    )
    yield alias("bitrate.mean", "bitrate.mean_bps", "Of audio and video, on average.")
    yield alias("bitrate.peak", "bitrate.peak_bps", "Of audio and video, the most in any second.")
    for kind in _TRACKS:
        for which, words in (("mean", "on average"), ("peak", "the most in any second")):
            path = f"{kind}.bitrate.{which}_bps"
            yield alias(f"{kind}.bitrate.{which}", path, f"Of the {kind} track, {words}.")
    yield Subject(
        name="skew.ms",
        kind=Kind.NUMBER,
        unit="ms",
        read=_skew,
        walk=lifted(walks.skews),
        definition="Audio minus video timestamps, at every picture; negative is audio behind.",
    )
    yield alias(
        "skew.drift", "skew.drift_ms_per_minute", "How the skew grows in a minute of video."
    )
    yield Subject(
        name="duration.seconds",
        kind=Kind.NUMBER,
        unit="s",
        read=_seconds,
        blame=Blame.LAST,
        walk=lifted(walks.durations("", scale=1000)),
        definition="From the lowest to the highest timestamp, jumps taken out.",
    )
