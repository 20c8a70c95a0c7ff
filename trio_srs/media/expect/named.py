"""The subjects that have names of their own. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Final

from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.paths import PATHS, no_track, not_known
from trio_srs.media.expect.seen import Absent, Extent, Seen
from trio_srs.media.expect.subject import Kind, Subject
from trio_srs.media.facts import ClockFacts, TrackFacts
from trio_srs.media.report import StepKind, StreamReport

__all__ = ["NAMED"]

_Reader = Callable[[StreamReport], Seen]


def _size(report: StreamReport) -> Seen:
    track = report.facts.video
    if track is None or track.video is None:
        return no_track(report.facts, "video")
    if track.video.width is None or track.video.height is None:
        return not_known(report.facts)
    return track.video.width, track.video.height


def _gop(unit: str) -> _Reader:
    def read(report: StreamReport) -> Seen:
        facts = report.facts
        if facts.video is None or facts.video.video is None:
            return no_track(facts, "video")
        if facts.level != "full":
            return not_known(facts)
        gop = facts.video.video.gop
        current = getattr(gop, f"current_{unit}")
        if not gop.count:
            return Extent(None, current)
        return Extent(getattr(gop, f"{unit}_min"), max(getattr(gop, f"{unit}_max"), current))

    return read


def _tracks(report: StreamReport, read: Callable[[Iterable[TrackFacts]], Seen]) -> Seen:
    facts = report.facts
    if facts.level != "full":
        return not_known(facts)
    if not facts.tracks:
        return Absent("no media came")
    return read(facts.tracks)


def _sum_of(count: Callable[[ClockFacts], int]) -> _Reader:
    return lambda report: _tracks(report, lambda tracks: sum(count(t.clock) for t in tracks))


def _monotonic(report: StreamReport) -> Seen:
    return _tracks(report, lambda tracks: not any(t.clock.regressions.count for t in tracks))


def _longest_gap(report: StreamReport) -> Seen:
    return _tracks(
        report,
        lambda tracks: max(
            max(t.intervals.longest_ms or 0, t.clock.gaps.largest_ms) for t in tracks
        ),
    )


def _skew(report: StreamReport) -> Seen:
    facts = report.facts
    for kind in ("video", "audio"):
        if getattr(facts, kind) is None:
            return no_track(facts, kind)
    least, most = facts.skew.least_ms, facts.skew.most_ms
    return not_known(facts) if least is None or most is None else Extent(least, most)


def _metadata(report: StreamReport) -> Seen:
    metadata = report.facts.metadata
    return Absent("no metadata came") if metadata is None else tuple(metadata)


def _end(report: StreamReport) -> Seen:
    return Absent("the publish goes on") if report.end is None else report.end.value


def _duration(report: StreamReport) -> Seen:
    return _tracks(report, lambda _: report.facts.clock.duration_ms / 1000)


def _path(name: str) -> _Reader:
    subject = PATHS[name]
    return lambda report: subject.read(Evidence(report=report))


def _reconnects(evidence: Evidence) -> Seen:
    return len(evidence.earlier)


def _reconnect_seconds(evidence: Evidence) -> Seen:
    reports = (*evidence.earlier, evidence.report)
    if len(reports) < 2:
        return Absent("it did not come back: there was one publish")
    waits = [_began_s(after) - _ended_s(before) for before, after in pairwise(reports)]
    return Extent(min(waits), max(waits))


def _began_s(report: StreamReport) -> float:
    return report.began_at + (report.at_s(StepKind.PUBLISH) or 0.0)


def _ended_s(report: StreamReport) -> float:
    return report.began_at + (report.at_s(StepKind.END) or 0.0)


_N, _T = Kind.NUMBER, Kind.TEXT
_ROWS: Final[tuple[tuple[str, Kind, str, str, _Reader], ...]] = (
    ("video.size", Kind.PAIR, "px", "Width x height in pixels, cropping applied.", _size),
    ("video.fps", _N, "fps", "Frames a second, measured from timestamps.",
     _path("video.intervals.fps")),
    ("video.gop.seconds", _N, "s",
     "From a keyframe to the next, of every GOP; the unfinished one is held to upper bounds.",
     _gop("seconds")),
    ("video.gop.frames", _N, "frames", "Likewise in frames.", _gop("frames")),
    ("bitrate.mean", _N, "bit/s", "Audio and video together, on average.",
     _path("bitrate.mean_bps")),
    ("bitrate.peak", _N, "bit/s", "The most in any second.", _path("bitrate.peak_bps")),
    ("timestamps.monotonic", Kind.TRUTH, "", "Whether no track's timestamps step back.",
     _monotonic),
    ("timestamps.regressions", _N, "", "Steps back, of all tracks.",
     _sum_of(lambda clock: clock.regressions.count)),
    ("timestamps.duplicates", _N, "", "Timestamps equal to the one before, of all tracks.",
     _sum_of(lambda clock: clock.duplicates.count)),
    ("timestamps.jumps", _N, "", "Steps over 10 s either way, of all tracks.",
     _sum_of(lambda clock: clock.jumps.count)),
    ("gaps.count", _N, "", "Steps over 1 s forward, of all tracks.",
     _sum_of(lambda clock: clock.gaps.count)),
    ("gaps.longest", _N, "ms", "The longest step forward in any track.", _longest_gap),
    ("skew.ms", _N, "ms", "Audio minus video, at every picture.", _skew),
    ("skew.drift", _N, "ms/min", "How the skew grows.", _path("skew.drift_ms_per_minute")),
    ("first_frame.seconds", _N, "s", "From publish to the first frame.",
     _path("arrival.first_frame_s")),
    ("first_keyframe.seconds", _N, "s", "From publish to the first keyframe.",
     _path("arrival.first_keyframe_s")),
    ("metadata", Kind.NAMES, "", "The keys of `onMetaData`.", _metadata),
    ("duration.seconds", _N, "s", "From the lowest to the highest timestamp.", _duration),
    ("digest.exact", Kind.DIGEST, "", "Of types, timestamps and payloads.",
     _path("digests.exact")),
    ("digest.payload", Kind.DIGEST, "", "Of payloads, whatever the timestamps.",
     _path("digests.payload")),
    ("digest.without_user_data", Kind.DIGEST, "", "As exact, but for user data in SEI.",
     _path("digests.without_user_data")),
    ("end.reason", _T, "", "Why the publish ended.", _end),
)  # fmt: skip


def _about(
    name: str, kind: Kind, unit: str, definition: str, read: Callable[[Evidence], Seen]
) -> Subject:
    track = name.partition(".")[0]
    return Subject(
        name=name, kind=kind, unit=unit, definition=definition, read=read,
        track=track if track in ("video", "audio") else "",
    )  # fmt: skip


def _of_report(read: _Reader) -> Callable[[Evidence], Seen]:
    return lambda evidence: read(evidence.report)


NAMED: Final[Mapping[str, Subject]] = {
    **{row[0]: _about(*row[:4], _of_report(row[4])) for row in _ROWS},
    "reconnect.count": _about(
        "reconnect.count", _N, "", "How many times the stream came back.", _reconnects
    ),
    "reconnect.seconds": _about(
        "reconnect.seconds",
        _N,
        "s",
        "From the end of a publish to the next, every time.",
        _reconnect_seconds,
    ),
}
"""By name."""
