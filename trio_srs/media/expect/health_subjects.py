"""What a healthy stream is, rule by rule: subjects over all tracks, and the bound of each. Floor 1.

A subject says nothing of a fault that another one is about: one fault, one verdict. Where there is
nothing that a subject could be about, as keyframes in sound alone, its rule holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.expect import health_walks, walks
from trio_srs.media.expect.evidence import Absent, Evidence, Inapplicable, Number, Seen
from trio_srs.media.expect.fact_subjects import lifted, not_known
from trio_srs.media.expect.packaging_subjects import broken_rules, what_is_broken
from trio_srs.media.expect.report_subjects import trailing_s
from trio_srs.media.expect.subject import Blame, EvidenceWalk, Kind, Subject
from trio_srs.media.expect.walks import Reading, Walk
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.report import StreamReport
from trio_srs.wire.serial import serial_step

__all__ = ["FRONT", "HEALTH", "HealthRule", "health_subjects"]

FRONT: Final = "healthy"
"""What all of them are together, and what their names begin with."""

_BESIDE: Final = 2
"""So many tracks begin and end beside each other."""
_ANNOUNCED: Final[Mapping[str, tuple[str, ...]]] = {
    "video": ("videocodecid", "hasVideo"),
    "audio": ("audiocodecid", "hasAudio"),
}
"""Keys of the metadata by which a track is announced if they are true, or another number than 0."""


def _tracks(facts: StreamFacts, kind: str = "") -> list[TrackFacts]:
    """Those that have frames."""
    return [track for track in facts.tracks if track.frames and kind in ("", track.kind)]


def _name(track: TrackFacts) -> str:
    return f"{track.kind} track {track.track_id}" if track.track_id else track.kind


def _empty(facts: StreamFacts) -> list[str]:
    """The tracks that were announced and had no frame, each with what announced it."""
    empty = [f"{_name(each)} by its header" for each in facts.tracks if not each.frames]
    for kind, keys in _ANNOUNCED.items():
        said = next((key for key in keys if (facts.metadata or {}).get(key)), None)
        if said is not None and not any(track.kind == kind for track in facts.tracks):
            empty.append(f"{kind} by {said} of the metadata")
    return empty


def _tracks_without_frames(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    return len(_empty(facts)) if _tracks(facts) else Absent("no audio and no video came")


def _announced(evidence: Evidence) -> str:
    empty = _empty(evidence.report.facts)
    return f"announced: {', '.join(empty)}" if empty else ""


def _of_trace(walk: Walk) -> Callable[[StreamReport], Iterator[Reading]]:
    return lambda report: walk(report.trace)


def _start(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    firsts = [track.clock.first_ms for track in _tracks(facts)]
    origin = next((first for first in firsts if first is not None), None)
    if facts.level != "full":
        return not_known(facts)
    if origin is None or len(firsts) < _BESIDE:
        return _too_few(facts)
    starts = [serial_step(origin, first) for first in firsts if first is not None]
    return max(starts) - min(starts)


def _too_few(facts: StreamFacts) -> Inapplicable:
    return Inapplicable("one track" if _tracks(facts) else "no frames")


def _largest(
    walk: Callable[[StreamReport], Iterator[Reading]],
    of_track: Callable[[TrackFacts], Number],
    evidence: Evidence,
    *,
    least_tracks: int = 1,
) -> Seen:
    """The largest reading of a walk; without a whole trace, what the facts of tracks say."""
    report, facts = evidence.report, evidence.report.facts
    if facts.level != "full":
        return not_known(facts)
    if len(_tracks(facts)) < least_tracks:
        return _too_few(facts)
    if report.trace.complete and len(report.trace):
        return max((reading.low for reading in walk(report)), default=0)
    return max(map(of_track, _tracks(facts)))


def _stall(evidence: Evidence) -> Seen:
    arrival = evidence.report.facts.arrival
    if arrival.lag_ms is None and evidence.report.facts.level == "full":
        return Inapplicable("not known when frames came")
    return _largest(_stalls, lambda _: arrival.longest_silence_s, evidence)


def _stalls(report: StreamReport) -> Iterator[Reading]:
    return health_walks.stalls(report.trace, trailing_s(report))


def _step_ms(track: TrackFacts) -> int:
    step_ms = max(track.intervals.longest_ms or 0, track.clock.gaps.largest_ms)
    fps = track.intervals.fps
    is_usual = fps is not None and step_ms <= health_walks.USUAL_STEPS * 1000 / fps
    return 0 if is_usual else step_ms


def _gop_s(track: TrackFacts) -> float:
    gop = track.video.gop if track.video else None
    return max(gop.seconds_max or 0.0, gop.current_seconds) if gop else 0.0


def _total(
    count: Callable[[TrackFacts], int], evidence: Evidence, *, kind: str = "", full: bool = False
) -> Seen:
    """The sum over all tracks of a kind."""
    facts = evidence.report.facts
    if full and facts.level != "full":
        return not_known(facts)
    tracks = _tracks(facts, kind)
    return sum(map(count, tracks)) if tracks else Inapplicable(f"no {kind or 'frames'}")


def _of_video(read: Callable[[Evidence], Seen], evidence: Evidence) -> Seen:
    has_video = bool(_tracks(evidence.report.facts, "video"))
    return read(evidence) if has_video else Inapplicable("no video")


def _bare(track: TrackFacts) -> int:
    return track.headers.missing


def _troubles(track: TrackFacts) -> int:
    return track.troubles


def _false_keys(track: TrackFacts) -> int:
    return track.video.false_keyframes.count if track.video else 0


def _before_first(track: TrackFacts) -> int:
    return track.video.gop.before_first if track.video else 0


def _regressions(track: TrackFacts) -> int:
    return track.clock.regressions.count


def _first_bare(track: TrackFacts) -> int:
    """Headers come too late as a rule; of a change of the codec it is not known where it was."""
    return 0 if track.headers.changes == 0 else -1


def _first_trouble(track: TrackFacts) -> int:
    return -1 if track.first_trouble is None else track.first_trouble


def _first_false_key(track: TrackFacts) -> int:
    first = track.video.false_keyframes.first if track.video else None
    return -1 if first is None else first.index


def _named(count: Callable[[TrackFacts], int], first: Callable[[TrackFacts], int]) -> EvidenceWalk:
    """A walk to the frames that the facts of tracks name."""

    def walk(evidence: Evidence) -> Iterator[Reading]:
        report = evidence.report
        moments = {
            (track.kind, track.track_id): (first(track), count(track))
            for track in _tracks(report.facts)
            if count(track)
        }
        return health_walks.named(report.trace, moments)

    return walk


def _what_trouble(evidence: Evidence) -> str:
    troubles = (track.trouble for track in _tracks(evidence.report.facts))
    return next(filter(None, troubles), "")


def _packaging(evidence: Evidence) -> Seen:
    if evidence.report.packaging is None:
        return Inapplicable("neither HLS nor DASH")
    seen = broken_rules("error", evidence)
    return Inapplicable(seen.why) if isinstance(seen, Absent) else seen


def _orderly(evidence: Evidence) -> Seen:
    end, conduct = evidence.report.end, evidence.report.conduct
    if end is None:
        return Inapplicable("not ended")
    is_http = conduct.handshake is None
    return end is EndReason.STREAM_CLOSED or (end is EndReason.PEER_FIN and is_http)


def _how_it_ended(evidence: Evidence) -> str:
    end, detail = evidence.report.end, evidence.report.end_detail
    return ": ".join(filter(None, (end, detail)))


@attrs.frozen(kw_only=True)
class HealthRule:
    """One rule of those that a healthy stream meets."""

    subject: Subject
    condition: str
    """What it asks by default, as a rule says it."""

    @property
    def name(self) -> str:
        """The last word of its subject: by it the rule is changed or left out."""
        return self.subject.name.removeprefix(f"{FRONT}.")


def _rule(
    name: str,
    condition: str,
    definition: str,
    read: Callable[[Evidence], Seen],
    walk: EvidenceWalk | None,
    **others: object,
) -> HealthRule:
    kind = Kind.TRUTH if condition == "== true" else Kind.NUMBER
    fields = {"kind": kind, "definition": definition, "read": read, "walk": walk, **others}
    return HealthRule(subject=Subject(name=f"{FRONT}.{name}", **fields), condition=condition)  # type: ignore[arg-type]  # a table of fields


_RULES: Final = (
    _rule(
        "tracks", "== 0", "Tracks that were announced, by a header or by the metadata, and have no "
        "frames: how many.", _tracks_without_frames, None, remark=_announced, blame=Blame.NOBODY,
    ),
    _rule(
        "start", "<= 2 s", "From the first timestamp of any track to the first of the track that "
        "begins last.",
        _start, lifted(health_walks.late_starts), unit="ms",
    ),
    _rule(
        "finish", "<= 1 s", "From the end of the track that ends first to the last timestamp of "
        "any. A frame lasts as long as the track's do on average.",
        partial(
            _largest, _of_trace(health_walks.early_ends), lambda track: track.ends_early_ms,
            least_tracks=_BESIDE,
        ),
        lifted(health_walks.early_ends), unit="ms",
    ),
    _rule(
        "gaps", "<= 1 s", "The longest gap: a step forward between two timestamps of a track. "
        "One of up to three times the track's mean step is none: pictures may be seldom.",
        partial(_largest, _of_trace(health_walks.long_steps), _step_ms),
        lifted(health_walks.long_steps), unit="ms",
    ),
    _rule(
        "timestamps", "== 0", "Steps back of the timestamps of any track: how many. A wrap of the "
        "32 bits is none.", partial(_total, _regressions, full=True),
        lifted(walks.steps("", "regressions")),
    ),
    _rule(
        "duplicates", "== 0", "Timestamps equal to the one before, of any track: how many. Those "
        "at its beginning do not count: sound that primes a decoder has them.",
        partial(
            _largest, _of_trace(health_walks.duplicates),
            lambda track: track.clock.duplicates.count,
        ),
        lifted(health_walks.duplicates),
    ),
    _rule(
        "stall", "<= 3 s", "The longest time in which no frame came although one was due: from "
        "publish to the first, between two as far as their timestamps are not that far apart, and "
        "from the last to the end.",
        _stall, lambda evidence: _stalls(evidence.report), unit="s",
    ),
    _rule(
        "headers", "== 0", "Frames before any sequence header, in codecs that need one: how many.",
        partial(_total, _bare), _named(_bare, _first_bare),
    ),
    _rule(
        "readable", "== 0", "Messages that could not be read, or not all of them: how many.",
        partial(_total, _troubles), _named(_troubles, _first_trouble), remark=_what_trouble,
    ),
    _rule(
        "keyframes", "<= 12 s", "The longest time without a keyframe, of any video track, from its "
        "first picture on. x264 makes one in 250 pictures: 10.4 s of a film.",
        partial(
            _of_video,
            partial(_largest, _of_trace(health_walks.keyframe_intervals), _gop_s),
        ),
        lifted(health_walks.keyframe_intervals), unit="s",
    ),
    _rule(
        "first_keyframe", "== 0", "Pictures before the first keyframe, which no decoder can show: "
        "how many.", partial(_total, _before_first, kind="video", full=True),
        lifted(health_walks.before_keyframes),
    ),
    _rule(
        "false_keyframes", "== 0", "Pictures that are called keyframes, and at which no decoder "
        "can begin: how many.", partial(_total, _false_keys, kind="video"),
        _named(_false_keys, _first_false_key),
    ),
    _rule(
        "packaging", "absent", "Of HLS and DASH: the packaging rules that are broken, of those "
        "without which players fail, or a specification says MUST. `packaging in NAME, NAME` lets "
        "some pass.", _packaging, None, kind=Kind.NAMES, remark=partial(what_is_broken, "error"),
        blame=Blame.NOBODY,
    ),
    _rule(
        "end", "== true", "Whether the publish or play ended in good order: by a command, or over "
        "HTTP by the end of the answer. One that has not ended has no such end.",
        _orderly, None, remark=_how_it_ended, blame=Blame.LAST,
    ),
)  # fmt: skip

HEALTH: Final[Mapping[str, HealthRule]] = {rule.name: rule for rule in _RULES}
"""The rules of a healthy stream by their names, in the order in which they are judged."""


def health_subjects() -> Iterator[Subject]:
    """The subjects of these rules."""
    return (rule.subject for rule in HEALTH.values())
