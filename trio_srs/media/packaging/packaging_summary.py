"""Facts about how a stream is packaged and delivered, of all that a viewer got. Floor 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.manifest_copy import ManifestCopy
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.presented import (
    PresentedRendition,
    PresentedSegment,
    judged,
    presented,
)
from trio_srs.media.packaging.viewing import SeenRendition, Viewing, is_manifest, is_playlist
from trio_srs.media.packaging_facts import AnswerFacts, PackagingFacts, PieceFacts, RuleBreach
from trio_srs.media.remux.access_unit import TICKS_PER_MS

__all__ = ["packaging_facts"]

_MS: Final = 1000
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:[\s,]|$)")
_UNKEPT: Final = ("no-store", "no-cache")


def packaging_facts(viewing: Viewing) -> PackagingFacts:
    """What there is to say of a presentation. Times of the viewing have to be Unix time, in
    seconds: latency is told against the dates of the media."""
    renditions = presented(viewing)
    main = judged(viewing, renditions)
    own = main[0].segments if main else []
    seen = viewing.renditions.get(main[0].name) if main else None
    behind = list(_behind(viewing))
    parts = tuple(part for each in viewing.renditions.values() for part in _parts(each))
    return PackagingFacts(
        form="DASH" if viewing.manifests else "LL-HLS" if parts else "HLS",
        container=_container(renditions),
        is_live=_is_live(viewing),
        variants=_variants(renditions),
        target_s=None if seen is None else float(seen.newest.target_duration_s),
        part_target_s=None if seen is None else seen.newest.part_target_s,
        segments=tuple(piece for each in renditions for piece in _segments(each)),
        parts=parts,
        discontinuities=sum(segment.is_discontinuity for segment in own),
        gap_segments=sum(segment.is_gap for segment in own),
        encrypted=_encrypted(viewing),
        variants_apart_ms=_apart_ms(renditions),
        first_segment_s=_first_segment_s(viewing, renditions),
        latency_least_s=min(behind, default=None),
        latency_most_s=max(behind, default=None),
        stale_s=max(_stale(viewing), default=0.0),
        requests=tuple(map(_request, viewing.fetched)),
        breaches=tuple(_breaches(viewing)),
    )


def _container(renditions: Iterable[PresentedRendition]) -> str:
    contents = (segment.content for each in renditions for segment in each.segments)
    first = next((each for each in contents if each is not None), None)
    return "" if first is None else "MPEG-TS" if first.is_ts else "fMP4"


def _is_live(viewing: Viewing) -> bool:
    if viewing.manifests:
        said = viewing.manifests[-1].said
        return said is not None and said.is_dynamic
    return any(not each.newest.is_ended for each in viewing.renditions.values())


def _variants(renditions: Sequence[PresentedRendition]) -> int:
    return len(_with_pictures(renditions)) or len(renditions)


def _with_pictures(renditions: Iterable[PresentedRendition]) -> list[PresentedRendition]:
    return [each for each in renditions if "video" in each.kinds]


def _encrypted(viewing: Viewing) -> str:
    keys = (
        segment.listed.key
        for rendition in viewing.renditions.values()
        for segment in rendition.segments.values()
    )
    return next((key.method for key in keys if key is not None), "")


def _apart_ms(renditions: Iterable[PresentedRendition]) -> float | None:
    """Segments of one number belong to one moment, in all variants."""
    begins: dict[tuple[int | None, int], list[int]] = {}
    for rendition in _with_pictures(renditions):
        for segment in rendition.segments:
            if segment.begins is not None:
                begins.setdefault((segment.breaks, segment.number), []).append(segment.begins)
    apart = [max(each) - min(each) for each in begins.values() if len(each) > 1]
    return max(apart) / TICKS_PER_MS if apart else None


def _segments(rendition: PresentedRendition) -> Iterator[PieceFacts]:
    holes = {
        (after.number, after.url): (after.begins - before.ends) / TICKS_PER_MS
        for before, after in rendition.neighbours
        if after.begins is not None and before.ends is not None
    }
    drifts = _drifts(rendition.segments)
    for segment in rendition.segments:
        begins = segment.begins
        yield PieceFacts(
            rendition=rendition.name, number=segment.number, url=segment.url,
            seconds=segment.seconds,
            begins_ms=None if begins is None else begins / TICKS_PER_MS,
            hole_ms=holes.get((segment.number, segment.url)),
            drift_ms=drifts.get(segment.number),
        )  # fmt: skip


def _drifts(segments: Iterable[PresentedSegment]) -> dict[int, float]:
    """How far each date is from where the durations since the first lead; a discontinuity may set
    the clock."""
    found: dict[int, float] = {}
    due_ms: float | None = None
    for segment in segments:
        if segment.date_ms is not None:
            if due_ms is None or segment.is_discontinuity:
                due_ms = float(segment.date_ms)
            found[segment.number] = segment.date_ms - due_ms
        if due_ms is not None:
            due_ms += segment.seconds * _MS
    return found


def _parts(seen: SeenRendition) -> Iterator[PieceFacts]:
    fetched = seen.copies[-1].fetched
    listed = {number: segment.parts for number, segment in seen.segments.items()}
    for copy in seen.copies:
        for number, _, _ in copy.numbered_parts()[-1:]:
            if number not in seen.segments and copy.media is not None:
                listed[number] = copy.media.parts
    for number, parts in sorted(listed.items()):
        for index, part in enumerate(parts):
            yield PieceFacts(
                rendition=seen.url, number=number, part=index, url=fetched.resolve(part.uri),
                seconds=part.duration_s,
            )  # fmt: skip


def _first_segment_s(viewing: Viewing, renditions: Iterable[PresentedRendition]) -> float | None:
    urls = {segment.url for each in renditions for segment in each.segments}
    got = [each.at_s for url, each in viewing.got.items() if url in urls]
    if not got:
        return None
    return min(got) - min(each.asked_at_s for each in viewing.fetched)


def _behind(viewing: Viewing) -> Iterator[float]:
    """Seconds by which the newest media of each playlist or manifest that goes on was behind."""
    for copy, said in viewing.media:
        newest_s = None if said.is_ended else _newest_s(copy)
        if newest_s is not None:
            yield copy.fetched.at_s - newest_s
    for manifest in viewing.manifests:
        yield from _manifest_behind(manifest)


def _newest_s(copy: PlaylistCopy) -> float | None:
    """The date up to which there is media."""
    assert copy.media is not None
    at_s: float | None = None
    for segment in copy.media.segments:
        if segment.date_ms is not None:
            at_s = segment.date_ms / _MS
        if at_s is not None:
            at_s += segment.duration_s
    if copy.media.open_date_ms is not None:
        at_s = copy.media.open_date_ms / _MS
    return None if at_s is None else at_s + sum(part.duration_s for part in copy.media.parts)


def _manifest_behind(copy: ManifestCopy) -> Iterator[float]:
    said = copy.said
    if said is None or not said.is_dynamic or said.available_from_ms is None:
        return
    ends_s = [
        track.period.start_s
        + (segment.time + segment.duration - track.said.template.presentation_time_offset)
        / track.said.template.timescale
        for track in copy.tracks
        for segment, _ in track.segments
    ]
    yield from (
        copy.fetched.at_s - said.available_from_ms / _MS - end for end in sorted(ends_s)[-1:]
    )


def _stale(viewing: Viewing) -> Iterator[float]:
    """For how long each list that goes on had nothing new."""
    for rendition in viewing.renditions.values():
        yield from _unchanged([(copy.fetched.at_s, copy.end) for copy in rendition.copies])
    by_url: dict[str, list[tuple[float, object]]] = {}
    for copy in viewing.manifests:
        if copy.said is not None and copy.said.is_dynamic:
            newest = [
                (track.said.id, segment) for track in copy.tracks for segment, _ in track.segments
            ]
            by_url.setdefault(copy.fetched.base, []).append((copy.fetched.at_s, tuple(newest)))
    for copies in by_url.values():
        yield from _unchanged(copies)


def _unchanged(copies: Sequence[tuple[float, object]]) -> Iterator[float]:
    since_s = copies[0][0] if copies else 0.0
    for (_, before), (at_s, after) in pairwise(copies):
        yield at_s - since_s
        if after != before:
            since_s = at_s


def _request(fetched: Fetched) -> AnswerFacts:
    control = fetched.fields.get("cache-control", "").lower()
    found = _MAX_AGE.search(control)
    is_unkept = any(word in control for word in _UNKEPT)
    return AnswerFacts(
        url=fetched.url, status=fetched.status, seconds=fetched.at_s - fetched.asked_at_s,
        max_age_s=0 if is_unkept else None if found is None else int(found[1]),
        is_list=is_playlist(fetched) or is_manifest(fetched),
    )  # fmt: skip


def _breaches(viewing: Viewing) -> Iterator[RuleBreach]:
    for breach in check_packaging(viewing):
        rule, first = breach.rule, breach.departure
        yield RuleBreach(
            rule=rule.name, clause=rule.clause, severity=rule.severity.value, where=first.where,
            seen=first.seen, expected=first.expected, count=breach.count,
        )  # fmt: skip
