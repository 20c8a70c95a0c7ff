"""A subject for every fact, by the names of its attributes. Floor 1.

What is said of a track stands under ``video.`` and ``audio.``, for the first track of
that kind; what only video or only audio has stands there too: ``video.gop.frames_max``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias, cast

import attrs

from trio_srs.media import facts
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.seen import Absent, Seen
from trio_srs.media.expect.subject import EvidenceWalk, Kind, Subject
from trio_srs.media.expect.walk_table import walk_of
from trio_srs.media.expect.walks import Reading, Walk
from trio_srs.media.facts import Finding, Moment, StreamFacts, TrackFacts
from trio_srs.media.trace import Frame

__all__ = ["PATHS", "alias", "lifted", "no_track", "not_known", "track_of"]

_UNIT_BY_END: Final = {
    "_ms": "ms",
    "_s": "s",
    "seconds": "s",
    "_bps": "bit/s",
    "fps": "fps",
    "sample_rate": "Hz",
    "_per_minute": "ms/min",
    "bytes": "B",
    "width": "px",
    "height": "px",
    "frames": "frames",
}
_UNIT_BY_FRONT: Final = {"seconds_": "s", "frames_": "frames"}
_KINDS: Final = {
    "bool": Kind.TRUTH,
    "int": Kind.NUMBER,
    "float": Kind.NUMBER,
    "Fraction": Kind.NUMBER,
    "str": Kind.TEXT,
    "tuple[int, int]": Kind.PAIR,
}
"""By the type that the source gives to a fact."""
_NEEDS_FULL: Final = frozenset(
    (
        *("clock", "bitrate", "intervals", "skew", "arrival", "digests", "gop", "pictures"),
        *("longest_still_ms", "ends_early_ms", "samples", "sample_drift_ms", "first_field"),
    )
)
"""What nothing is known of unless everything is looked at, although counters say 0."""
_FEW: Final = 2
"""Fewer frames have no rates."""
_ONCE: Final = ("first", "first_change", "trouble")
_Leaf: TypeAlias = tuple[tuple[str, ...], Kind]
_TRACKS: Final = ("video", "audio")


def _unit(name: str) -> str:
    for front, unit in _UNIT_BY_FRONT.items():
        if name.startswith(front):
            return unit
    return next((unit for end, unit in _UNIT_BY_END.items() if name.endswith(end)), "")


def _leaves(cls: type[attrs.AttrsInstance], front: tuple[str, ...]) -> Iterator[_Leaf]:
    """Every value below a class of facts: its path, and what it is."""
    for field in attrs.fields(cls):
        path = (*front, field.name)
        word = str(field.type).removesuffix(" | None")
        if word in facts.__all__:
            yield from _leaves(getattr(facts, word), path)
        elif word in _KINDS:
            yield path, Kind.DIGEST if cls is facts.DigestFacts else _KINDS[word]


def _track_leaves(kind: str) -> Iterator[_Leaf]:
    other = _TRACKS[kind == "video"]
    for path, leaf in _leaves(TrackFacts, ()):
        if path[0] != other:
            yield path, leaf


def track_of(stream: StreamFacts, kind: str) -> TrackFacts | None:
    """The first track of a kind that came: one that was only announced did not."""
    tracks = (track for track in stream.tracks if track.kind == kind)
    return next((track for track in tracks if track.frames), None)


def no_track(stream: StreamFacts, kind: str) -> Absent:
    """Why there is nothing to be said of a track that is not there."""
    if not stream.tracks:
        return Absent(f"no {kind} came, nor anything else")
    there = (f"{each.kind} ({each.codec}, {each.frames} frames)" for each in stream.tracks)
    announced = any(each.kind == kind and not each.frames for each in stream.tracks)
    but = ", though it was announced" if announced else ""
    return Absent(f"no {kind} came{but}; the stream had {' and '.join(there)}")


def not_known(stream: StreamFacts) -> Absent:
    """Why a fact is not known."""
    if stream.level != "full":
        return Absent(f"not known: only {stream.level} was looked at")
    return Absent("not known: the stream did not say")


def _missing(fact: object, stream: StreamFacts) -> Absent:
    if stream.level == "full" and isinstance(fact, TrackFacts) and fact.frames < _FEW:
        return Absent(f"not known of {fact.frames} {fact.kind} frames")
    return not_known(stream)


def _follow(fact: object, path: tuple[str, ...], stream: StreamFacts) -> Seen:
    value = fact
    if stream.level != "full" and _NEEDS_FULL.intersection(path):
        return not_known(stream)
    for name in path:
        value = getattr(value, name)
        if value is None:
            return Absent("there was none") if name in _ONCE else _missing(fact, stream)
    return cast("Seen", value)


def _of_stream(path: tuple[str, ...]) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        return _follow(stream, path, stream)

    return read


def _of_track(kind: str, path: tuple[str, ...]) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        track = track_of(stream, kind)
        return no_track(stream, kind) if track is None else _follow(track, path, stream)

    return read


def _level(kind: str) -> Callable[[Evidence], Seen]:
    """A level is compared as a number, as long as it is one (``1b`` is none)."""
    read = _of_track(kind, ("level",))

    def read_level(evidence: Evidence) -> Seen:
        level = read(evidence)
        is_number = isinstance(level, str) and level.replace(".", "", 1).isdecimal()
        return float(cast("str", level)) if is_number else level

    return read_level


def lifted(walk: Walk) -> EvidenceWalk:
    """A walk through the trace of what is judged."""
    return lambda evidence: walk(evidence.report.trace)


def _walk_of(path: tuple[str, ...], track: str) -> EvidenceWalk | None:
    walk = walk_of(".".join(path), track)
    return None if walk is None else lifted(walk)


def _moment(kind: str, read: Callable[[TrackFacts], tuple[int, Moment | None]]) -> EvidenceWalk:
    """The frame that a fact names itself as the first, with how many there were."""

    def walk(evidence: Evidence) -> Iterator[Reading]:
        track = track_of(evidence.report.facts, kind)
        count, moment = (0, None) if track is None else read(track)
        if track is not None and moment is not None:
            frame = Frame(
                kind=kind, track_id=track.track_id, index=moment.index,
                timestamp_ms=moment.timestamp_ms, size=0,
            )  # fmt: skip
            yield Reading(frame, count, count)

    return walk


def _found(finding: Finding) -> tuple[int, Moment | None]:
    return finding.count, finding.first


def _marks(which: str) -> Callable[[TrackFacts], tuple[int, Moment | None]]:
    return lambda track: _found(getattr(track.video, which)) if track.video else (0, None)


_BY_MOMENT: Final[Mapping[str, Callable[[TrackFacts], tuple[int, Moment | None]]]] = {
    "headers.changes": lambda track: (track.headers.changes, track.headers.first_change),
    "false_keyframes.count": _marks("false_keyframes"),
    "unmarked_keyframes.count": _marks("unmarked_keyframes"),
}
"""Facts of a track that name their first frame."""


def _subjects() -> Iterator[Subject]:
    for path, kind in _leaves(StreamFacts, ()):
        name = ".".join(path)
        yield Subject(
            name=name, kind=kind, unit=_unit(path[-1]), path=path, read=_of_stream(path),
            walk=_walk_of(path, ""),
        )  # fmt: skip
    for track in _TRACKS:
        for path, kind in _track_leaves(track):
            yield _track_subject(track, path, kind)


def _track_subject(track: str, path: tuple[str, ...], kind: Kind) -> Subject:
    short = path[1:] if path[0] == track else path
    is_level = path == ("level",)
    moment = _BY_MOMENT.get(".".join(short))
    return Subject(
        name=".".join((track, *short)),
        kind=Kind.ANY if is_level else kind,
        unit=_unit(path[-1]),
        read=_level(track) if is_level else _of_track(track, path),
        walk=_walk_of(short, track) if moment is None else _moment(track, moment),
        track=track,
        path=(track, *path),
    )


PATHS: Final[Mapping[str, Subject]] = {subject.name: subject for subject in _subjects()}
"""By name."""


def alias(name: str, path: str, definition: str) -> Subject:
    """Another name for a fact."""
    return attrs.evolve(PATHS[path], name=name, definition=definition)
