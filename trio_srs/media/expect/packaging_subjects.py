"""Subjects about how a stream is packaged and delivered, as HLS or DASH. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Final

from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Number, Seen
from trio_srs.media.expect.subject import Blame, Kind, SeenPlace, Subject
from trio_srs.media.packaging_facts import AnswerFacts, PackagingFacts, PieceFacts

__all__ = ["NOT_PACKAGED", "broken_rules", "packaging_subjects", "what_is_broken"]

NOT_PACKAGED: Final = Absent("it is neither HLS nor DASH")
_UNSAID: Final = "nothing says it"
_BY_SEVERITY: Final = {"errors": "error", "warnings": "warning"}
_MOST_TOLD: Final = 3
_FAILED: Final = range(200, 400)

_Places = Callable[[PackagingFacts], Iterator[SeenPlace]]


def broken_rules(severity: str, evidence: Evidence) -> Seen:
    """The names of the rules of a severity that are broken."""
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    names = (each.rule for each in packaging.breaches if each.severity == severity)
    return tuple(dict.fromkeys(names)) or Absent("no rule is broken")


def what_is_broken(severity: str, evidence: Evidence) -> str:
    """Where the first of them are broken, and what was seen there."""
    packaging = evidence.report.packaging
    found = [each for each in packaging.breaches if each.severity == severity] if packaging else []
    firsts = [next(same) for _, same in groupby(found, key=lambda each: each.rule)]
    told = [
        f"{each.rule} at {each.where}: {each.seen}, expected {each.expected} [{each.clause}]"
        for each in firsts[:_MOST_TOLD]
    ]
    return "; ".join(told)


def _text(field: str, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    value: str = "" if packaging is None else getattr(packaging, field)
    return NOT_PACKAGED if packaging is None else value or Absent("there is none")


def _number(field: str, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    value: Number | None = getattr(packaging, field)
    return Absent(_UNSAID) if value is None else value


def _count(field: str, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    return NOT_PACKAGED if packaging is None else len(getattr(packaging, field))


def _extent(places: _Places, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    values = [place.value for place in places(packaging)]
    return Extent(min(values), max(values)) if values else Absent("there is none")


def _largest(places: _Places, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    return max((place.value for place in places(packaging)), default=0)


def _total(places: _Places, evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    return NOT_PACKAGED if packaging is None else sum(1 for _ in places(packaging))


def _in(places: _Places) -> Callable[[Evidence], Iterator[SeenPlace]]:
    """The places of a report, none if it is not packaged."""

    def of(evidence: Evidence) -> Iterator[SeenPlace]:
        packaging = evidence.report.packaging
        return iter(()) if packaging is None else places(packaging)

    return of


def _name(piece: PieceFacts) -> str:
    part = "" if piece.part is None else f" part {piece.part}"
    return f"segment {piece.number}{part} ({piece.url})"


def _lengths(field: str, packaging: PackagingFacts) -> Iterator[SeenPlace]:
    pieces: tuple[PieceFacts, ...] = getattr(packaging, field)
    return (SeenPlace(_name(piece), piece.seconds) for piece in pieces)


def _measured(field: str, packaging: PackagingFacts) -> Iterator[SeenPlace]:
    for piece in packaging.segments:
        value: float | None = getattr(piece, field)
        if value is not None:
            yield SeenPlace(_name(piece), abs(value))


def _failed(packaging: PackagingFacts) -> Iterator[SeenPlace]:
    failed = (each for each in packaging.requests if each.status not in _FAILED)
    for count, request in enumerate(failed, 1):
        yield SeenPlace(f"{request.url}, status {request.status}", count)


def _slow(packaging: PackagingFacts) -> Iterator[SeenPlace]:
    return (SeenPlace(request.url, request.seconds) for request in packaging.requests)


def _kept(is_list: bool, packaging: PackagingFacts) -> Iterator[SeenPlace]:
    for request in packaging.requests:
        if request.is_list is is_list and request.max_age_s is not None and _is_ok(request):
            yield SeenPlace(request.url, request.max_age_s)


def _is_ok(request: AnswerFacts) -> bool:
    return request.status in _FAILED


def _availability(evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    count = len(packaging.requests)
    failed = sum(not _is_ok(request) for request in packaging.requests)
    return 100 * (count - failed) / count if count else Absent("nothing was asked for")


def _latency(evidence: Evidence) -> Seen:
    packaging = evidence.report.packaging
    if packaging is None:
        return NOT_PACKAGED
    least, most = packaging.latency_least_s, packaging.latency_most_s
    if least is None or most is None:
        return Absent("it is not live, or has no dates")
    return Extent(least, most)


def packaging_subjects() -> Iterator[Subject]:
    """The subjects that begin with ``packaging``."""
    yield from _rules()
    yield from _said()
    yield from _pieces()
    yield from _delivery()


def _subject(name: str, kind: Kind, definition: str, read: Callable[[Evidence], Seen],
             unit: str = "", places: _Places | None = None) -> Subject:  # fmt: skip
    return Subject(
        name=f"packaging.{name}", kind=kind, definition=definition, read=read, unit=unit,
        blame=Blame.NOBODY, places=None if places is None else _in(places),
    )  # fmt: skip


def _rules() -> Iterator[Subject]:
    for name, severity in _BY_SEVERITY.items():
        words = "players fail, or a specification says MUST" if name == "errors" else (
            "players get by, or a specification says SHOULD"
        )  # fmt: skip
        yield Subject(
            name=f"packaging.{name}", kind=Kind.NAMES, blame=Blame.NOBODY,
            read=partial(broken_rules, severity), remark=partial(what_is_broken, severity),
            definition=f"The packaging rules that are broken, of those without which {words}.",
        )  # fmt: skip


def _said() -> Iterator[Subject]:
    text, number = Kind.TEXT, Kind.NUMBER
    yield _subject("form", text, "`HLS`, `LL-HLS` or `DASH`.", partial(_text, "form"))
    yield _subject(
        "container", text, "Of the segments: `MPEG-TS` or `fMP4`.", partial(_text, "container")
    )
    yield _subject(
        "encrypted", text, "The method by which segments are encrypted.",
        partial(_text, "encrypted"),
    )  # fmt: skip
    yield _subject(
        "live", Kind.TRUTH, "Whether more was to come when it was looked at last.",
        partial(_number, "is_live"),
    )  # fmt: skip
    yield _subject(
        "variants.count", number, "Renditions with pictures; without pictures, all of them.",
        partial(_number, "variants"),
    )  # fmt: skip
    yield _subject(
        "variants.apart", number, "The most by which segments of one number begin apart in two "
        "variants.", partial(_number, "variants_apart_ms"), unit="ms",
    )  # fmt: skip
    yield _subject(
        "target.seconds", number, "The target duration.", partial(_number, "target_s"), unit="s"
    )
    yield _subject(
        "part_target.seconds", number, "The part target.", partial(_number, "part_target_s"),
        unit="s",
    )  # fmt: skip
    yield _subject(
        "discontinuities", number, "Segments behind a discontinuity, in the rendition that is "
        "judged.", partial(_number, "discontinuities"),
    )  # fmt: skip
    yield _subject(
        "gap_segments", number, "Segments that say that their media are missing, likewise.",
        partial(_number, "gap_segments"),
    )  # fmt: skip


def _pieces() -> Iterator[Subject]:
    for field in ("segments", "parts"):
        lengths = partial(_lengths, field)
        yield _subject(
            f"{field}.count", Kind.NUMBER, f"All {field} that were listed, of all renditions.",
            partial(_count, field),
        )  # fmt: skip
        yield _subject(
            f"{field}.seconds", Kind.NUMBER, f"How long {field} are, each of them, as listed.",
            partial(_extent, lengths), unit="s", places=lengths,
        )  # fmt: skip
    holes, drifts = partial(_measured, "hole_ms"), partial(_measured, "drift_ms")
    yield _subject(
        "hole.longest", Kind.NUMBER, "The longest time between the media of a segment and of the "
        "next, where there is no discontinuity; an overlap is one too.",
        partial(_largest, holes), unit="ms", places=holes,
    )  # fmt: skip
    yield _subject(
        "dates.drift", Kind.NUMBER, "The most by which dates are off what the durations of "
        "segments since the first date come to.",
        partial(_largest, drifts), unit="ms", places=drifts,
    )  # fmt: skip


def _delivery() -> Iterator[Subject]:
    number = Kind.NUMBER
    yield _subject(
        "first_segment.seconds", number, "From the first request to the end of the first segment.",
        partial(_number, "first_segment_s"), unit="s",
    )  # fmt: skip
    yield _subject(
        "latency.seconds", number, "By how much the newest media listed was behind the time of "
        "day, each time: dates against the clock of this machine.", _latency, unit="s",
    )  # fmt: skip
    yield _subject(
        "stale.seconds", number, "The longest time in which a playlist or manifest that goes on "
        "listed nothing new.", partial(_number, "stale_s"), unit="s",
    )  # fmt: skip
    yield _subject("requests.count", number, "All that was asked for.", partial(_count, "requests"))
    yield _subject(
        "requests.failed", number, "Requests that were not answered as they should be.",
        partial(_total, _failed), places=_failed,
    )  # fmt: skip
    yield _subject(
        "requests.slowest", number, "The longest from a request to the end of its answer.",
        partial(_largest, _slow), unit="s", places=_slow,
    )  # fmt: skip
    yield _subject(
        "availability", number, "Requests of a hundred that were answered as they should be.",
        _availability,
    )  # fmt: skip
    for name, is_list in (("lists", True), ("media", False)):
        what = "playlists and manifests" if is_list else "segments, parts and init segments"
        places = partial(_kept, is_list)
        yield _subject(
            f"cache.{name}", number, f"For how long caches may keep {what}, each of them that says "
            "so.", partial(_extent, places), unit="s", places=places,
        )  # fmt: skip
