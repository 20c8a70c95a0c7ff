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
from trio_srs.media.expect.subject import Kind, Subject
from trio_srs.media.facts import StreamFacts, TrackFacts

__all__ = ["PATHS", "no_track", "not_known"]

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
        *("longest_still_ms", "samples", "sample_drift_ms", "first_field"),
    )
)
"""What nothing is known of unless everything is looked at, although counters say 0."""
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


def no_track(stream: StreamFacts, kind: str) -> Absent:
    """Why there is nothing to be said of a track that is not there."""
    if not stream.tracks:
        return Absent(f"no {kind} came; nor did any other media")
    there = (f"{each.kind} ({each.codec}, {each.frames} frames)" for each in stream.tracks)
    return Absent(f"no {kind} came; the stream had {' and '.join(there)}")


def not_known(stream: StreamFacts) -> Absent:
    """Why a fact is not known."""
    if stream.level != "full":
        return Absent(f"not known: only {stream.level} was looked at")
    return Absent("not known: the stream did not say, or was too short")


def _follow(value: object, path: tuple[str, ...], stream: StreamFacts) -> Seen:
    if stream.level != "full" and _NEEDS_FULL.intersection(path):
        return not_known(stream)
    for name in path:
        value = getattr(value, name)
        if value is None:
            return Absent("there was none") if name in _ONCE else not_known(stream)
    return cast("Seen", value)


def _of_stream(path: tuple[str, ...]) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        return _follow(stream, path, stream)

    return read


def _of_track(kind: str, path: tuple[str, ...]) -> Callable[[Evidence], Seen]:
    def read(evidence: Evidence) -> Seen:
        stream = evidence.report.facts
        track = getattr(stream, kind)
        return no_track(stream, kind) if track is None else _follow(track, path, stream)

    return read


def _subjects() -> Iterator[Subject]:
    for path, kind in _leaves(StreamFacts, ()):
        name = ".".join(path)
        yield Subject(
            name=name, kind=kind, unit=_unit(path[-1]), definition="", path=name,
            read=_of_stream(path),
        )  # fmt: skip
    for track in _TRACKS:
        for path, kind in _track_leaves(track):
            short = path[1:] if path[0] == track else path
            yield Subject(
                name=".".join((track, *short)), kind=kind, unit=_unit(path[-1]), definition="",
                read=_of_track(track, path), track=track, path=".".join((track, *path)),
            )  # fmt: skip


PATHS: Final[Mapping[str, Subject]] = {subject.name: subject for subject in _subjects()}
"""By name."""
