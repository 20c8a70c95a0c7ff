"""A subject for every fact, by the names of its attributes. Floor 1.

What is said of a track stands under ``video.`` and ``audio.``, for the first track of
that kind; what only video or only audio has stands there too: ``video.gop.frames_max``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Final, TypeAlias, cast

import attrs

from trio_srs.media import facts
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.fact_table import FACTS, Fact, First
from trio_srs.media.expect.subject import EvidenceWalk, Kind, Subject
from trio_srs.media.expect.walks import Reading, Walk
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.trace import Frame

__all__ = [
    "alias",
    "fact_subject",
    "fact_subjects",
    "leaves",
    "lifted",
    "no_track",
    "not_known",
    "row_of",
    "track_of",
]

_KINDS: Final = {
    "bool": Kind.TRUTH,
    "int": Kind.NUMBER,
    "float": Kind.NUMBER,
    "Fraction": Kind.NUMBER,
    "str": Kind.TEXT,
    "tuple[int, int]": Kind.PAIR,
}
"""By the type that the source gives to a fact."""
_FEW: Final = 2
"""Fewer frames have no rates."""
_TRACKS: Final = ("video", "audio")
_NO_SUBJECTS: Final = frozenset(("tracks", "metadata"))
"""Attributes of a stream's facts that have subjects of another form."""

_Leaf: TypeAlias = tuple[tuple[str, ...], Kind]


def leaves(cls: type[attrs.AttrsInstance], front: tuple[str, ...] = ()) -> Iterator[_Leaf]:
    """Every value below a class of facts: its path, and what it is.

    Raises:
        TypeError: it is of a type that no rule can be about, and not among those known to be so.
    """
    for field in attrs.fields(cls):
        path = (*front, field.name)
        word = str(field.type).removesuffix(" | None")
        if word in facts.__all__:
            yield from leaves(getattr(facts, word), path)
        elif word in _KINDS:
            yield path, Kind.DIGEST if cls is facts.DigestFacts else _KINDS[word]
        elif field.name not in _NO_SUBJECTS:
            raise TypeError(f"{cls.__name__}.{field.name} is {word}: no kind of subject is")


def row_of(path: tuple[str, ...]) -> Fact:
    """What is known of the fact at a path.

    Raises:
        TypeError: nothing is, so that nothing could be said of its unit.
    """
    name = ".".join(path)
    if name not in FACTS:
        raise TypeError(f"{name} is a fact that the table of facts does not have")
    return FACTS[name]


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


def _follow(fact: object, path: tuple[str, ...], row: Fact, stream: StreamFacts) -> Seen:
    value = fact
    if stream.level != "full" and row.needs_full:
        return not_known(stream)
    for name in path:
        value = getattr(value, name)
        if value is None:
            return Absent("there was none") if row.may_not_happen else _missing(fact, stream)
    return cast("Seen", value)


def _of_stream(path: tuple[str, ...], row: Fact) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        return _follow(stream, path, row, stream)

    return read


def _of_track(kind: str, path: tuple[str, ...], row: Fact) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        track = track_of(stream, kind)
        return no_track(stream, kind) if track is None else _follow(track, path, row, stream)

    return read


def _level(read: Callable[[Evidence], Seen]) -> Callable[[Evidence], Seen]:
    """A level is compared as a number, as long as it is one (``1b`` is none)."""

    def read_level(evidence: Evidence) -> Seen:
        level = read(evidence)
        is_number = isinstance(level, str) and level.replace(".", "", 1).isdecimal()
        return float(cast("str", level)) if is_number else level

    return read_level


def lifted(walk: Walk) -> EvidenceWalk:
    """A walk through the trace of what is judged."""
    return lambda evidence: walk(evidence.report.trace)


def _to_first(kind: str, first: First) -> EvidenceWalk:
    """The frame that a fact names itself as the first, with how many there were."""

    def walk(evidence: Evidence) -> Iterator[Reading]:
        track = track_of(evidence.report.facts, kind)
        count, moment = (0, None) if track is None else first(track)
        if track is not None and moment is not None:
            frame = Frame(
                kind=kind, track_id=track.track_id, index=moment.index,
                timestamp_ms=moment.timestamp_ms, size=0,
            )  # fmt: skip
            yield Reading(frame, count, count)

    return walk


def _walk(row: Fact, track: str) -> EvidenceWalk | None:
    if row.first is not None and track:
        return _to_first(track, row.first)
    return None if row.walk is None else lifted(row.walk(track))


def _subjects() -> Iterator[Subject]:
    for path, kind in leaves(StreamFacts):
        row = row_of(path)
        yield Subject(
            name=".".join(path), kind=kind, unit=row.unit, path=path, read=_of_stream(path, row),
            walk=_walk(row, ""),
        )  # fmt: skip
    for track, other in permutations(_TRACKS):
        for path, kind in leaves(TrackFacts):
            if path[0] != other:
                yield _track_subject(track, path, kind)


def _track_subject(track: str, path: tuple[str, ...], kind: Kind) -> Subject:
    short = path[1:] if path[0] == track else path
    row = row_of(short)
    read, is_level = _of_track(track, path, row), path == ("level",)
    return Subject(
        name=".".join((track, *short)),
        kind=Kind.ANY if is_level else kind,
        unit=row.unit,
        read=_level(read) if is_level else read,
        walk=_walk(row, track),
        track=track,
        path=(track, *path),
    )


_BY_NAME: Final = {subject.name: subject for subject in _subjects()}


def fact_subjects() -> Iterator[Subject]:
    """The subjects of all facts."""
    return iter(_BY_NAME.values())


def fact_subject(name: str) -> Subject:
    """The subject of one fact, which is there: ``clock.duration_ms``, ``video.intervals.fps``."""
    return _BY_NAME[name]


def alias(name: str, fact: str, definition: str) -> Subject:
    """Another name for the subject of a fact."""
    return attrs.evolve(fact_subject(fact), name=name, definition=definition)
