"""Rules of how playlists and media are delivered over HTTP. Floor 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.segment_content import is_ts
from trio_srs.media.packaging.viewing import SeenRendition, Viewing

__all__ = ["DELIVERY_RULES"]

_OK, _PART_OF, _NOT_SATISFIABLE, _REDIRECTS = 200, 206, 416, range(300, 400)
_GONE: Final = 404
_PLAYLIST_TYPES: Final = ("application/vnd.apple.mpegurl", "audio/mpegurl")
_TS_TYPES: Final = ("video/mp2t",)
_MP4_TYPES: Final = (
    "video/mp4", "audio/mp4", "application/mp4", "video/iso.segment", "audio/iso.segment",
)  # fmt: skip
_NOT_MODIFIED: Final = 304
_ANSWERS: Final = (_OK, _PART_OF, _NOT_SATISFIABLE, _NOT_MODIFIED)
"""Statuses of what is there."""
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d+)")
_UNKEPT: Final = ("no-store", "no-cache")
_FRESH_TARGETS, _BLOCKED_TARGETS = 3, 6
_SLOW_S: Final = 0.1
_ONE_S: Final = 1
_DIGIT_S: Final = 0.0005


def _media_type(fetched: Fetched) -> str:
    return fetched.fields.get("content-type", "").partition(";")[0].strip().lower()


@packaging_rule("8216 4; validator", Severity.ERROR)
def playlists_have_their_type(viewing: Viewing) -> Iterator[Departure]:
    """A playlist is sent as application/vnd.apple.mpegurl."""
    for copy in viewing.playlists:
        said = _media_type(copy.fetched)
        if copy.fetched.fields and said not in _PLAYLIST_TYPES:
            yield Departure(f"content-type {said!r}", _PLAYLIST_TYPES[0], copy.where())


@packaging_rule("A 10.1")
def playlists_are_packed(viewing: Viewing) -> Iterator[Departure]:
    """A playlist is sent in gzip to who takes that."""
    for copy in viewing.playlists:
        fetched = copy.fetched
        is_taken = "gzip" in fetched.sent.get("accept-encoding", "")
        if is_taken and fetched.fields and "content-encoding" not in fetched.fields:
            yield Departure("plain text", "content-encoding: gzip", copy.where())


@packaging_rule("A 8.18; openradar 28009811")
def nothing_is_redirected(viewing: Viewing) -> Iterator[Departure]:
    """Requests for what a playlist lists are not led elsewhere."""
    for fetched in viewing.fetched:
        if fetched.status in _REDIRECTS and fetched.status != _NOT_MODIFIED:
            yield Departure(f"status {fetched.status}", "the answer itself", fetched.url)


def _listed(viewing: Viewing) -> Iterator[tuple[SeenRendition, str, str, float, float | None]]:
    """All pieces: their rendition, URL, and place, when they were listed first, and when they had
    left."""
    for rendition in viewing.renditions.values():
        fetched = rendition.copies[-1].fetched
        for number, segment in rendition.segments.items():
            place, at_s, gone_at_s = rendition.where(number), segment.listed_at_s, segment.gone_at_s
            if not segment.listed.is_gap:
                yield rendition, segment.url, place, at_s, gone_at_s
            if segment.init_url:
                yield rendition, segment.init_url, f"{place} init", at_s, gone_at_s
            for index, part in enumerate(segment.parts):
                if not part.is_gap:
                    url, part_place = fetched.resolve(part.uri), rendition.where(number, index)
                    gone_s = segment.parts_gone_at_s or gone_at_s
                    yield rendition, url, part_place, at_s, gone_s


def _got_by_url(viewing: Viewing) -> dict[str, list[Fetched]]:
    found: dict[str, list[Fetched]] = {}
    for fetched in viewing.fetched:
        if fetched.method == "GET":
            found.setdefault(fetched.url, []).append(fetched)
    return found


@packaging_rule("bis 6.2.1; AVPlayer -12938")
def what_is_listed_is_there(viewing: Viewing) -> Iterator[Departure]:
    """Every segment, part and init segment can be got for as long as it is listed."""
    answers = _got_by_url(viewing)
    for _, url, place, at_s, gone_at_s in _listed(viewing):
        for fetched in answers.get(url, ()):
            asked_s = fetched.asked_at_s
            is_listed = asked_s >= at_s and (gone_at_s is None or asked_s < gone_at_s)
            if is_listed and fetched.status not in _ANSWERS:
                yield Departure(f"status {fetched.status}", "200", place)


@packaging_rule("bis 6.2.2")
def what_was_listed_stays(viewing: Viewing) -> Iterator[Departure]:
    """A segment that has left the playlist can be got for as long as the longest playlist that had
    it, and a part for three target durations."""
    answers = _got_by_url(viewing)
    for rendition, url, place, _, gone_at_s in _listed(viewing):
        if gone_at_s is None:
            continue
        kept_s = max(_length_s(copy) for copy in rendition.copies)
        if " part " in place:
            kept_s = float(_FRESH_TARGETS * rendition.newest.target_duration_s)
        for fetched in answers.get(url, ()):
            behind_s = fetched.asked_at_s - gone_at_s
            if 0 <= behind_s < kept_s and fetched.status == _GONE:
                seen = f"status 404, {behind_s:.1f} s behind"
                yield Departure(seen, f"it for {kept_s:g} s", place)


def _length_s(copy: PlaylistCopy) -> float:
    assert copy.media is not None
    return sum(segment.duration_s for segment in copy.media.segments)


@packaging_rule("8216 3")
def media_has_its_type(viewing: Viewing) -> Iterator[Departure]:
    """MPEG-TS is sent as video/mp2t, and MP4 as some kind of MP4."""
    for _, url, place, _, _ in _listed(viewing):
        fetched = viewing.got.get(url)
        if fetched is None or not fetched.fields or not fetched.body:
            continue
        types, said = _TS_TYPES if is_ts(fetched.body) else _MP4_TYPES, _media_type(fetched)
        if said not in types:
            yield Departure(f"content-type {said!r}", types[0], place)


@packaging_rule("bis 4.4.4.5; hls.js#3473")
def init_segments_never_change(viewing: Viewing) -> Iterator[Departure]:
    """Another init segment has another URI."""
    answers = _got_by_url(viewing)
    segments = [s for each in viewing.renditions.values() for s in each.segments.values()]
    for url in sorted({segment.init_url for segment in segments}):
        bodies = {fetched.body for fetched in answers.get(url, ()) if fetched.is_whole}
        if len(bodies) > 1:
            yield Departure(f"{len(bodies)} different bodies", "one for good", url)


@packaging_rule("A 8.24", Severity.WARNING)
def playlists_are_fresh(viewing: Viewing) -> Iterator[Departure]:
    """Last-Modified of a live playlist is no more than three target durations before Date."""
    for copy, said in viewing.media:
        fields = copy.fetched.fields
        try:
            date, changed = (parsedate_to_datetime(fields[n]) for n in ("date", "last-modified"))
        except (KeyError, ValueError):
            continue
        age_s = (date - changed).total_seconds()
        if age_s > _FRESH_TARGETS * said.target_duration_s and not said.is_ended:
            expected = f"{_FRESH_TARGETS * said.target_duration_s} s or less"
            yield Departure(f"{age_s:g} s old", expected, copy.where())


@packaging_rule("bis B.1", Severity.WARNING)
def playlists_may_be_kept_for_a_moment(viewing: Viewing) -> Iterator[Departure]:
    """A cache may keep a live playlist for half a target duration, a held one for six."""
    for copy, said in viewing.media:
        control = copy.fetched.fields.get("cache-control", "").lower()
        found = _MAX_AGE.search(control)
        is_held = "_HLS_msn" in copy.fetched.directives
        most_s = max(said.target_duration_s // 2, _ONE_S)
        most_s = _BLOCKED_TARGETS * said.target_duration_s if is_held else most_s
        if not copy.fetched.fields or said.is_ended or any(word in control for word in _UNKEPT):
            continue
        if found is None or int(found[1]) > most_s:
            yield Departure(f"cache-control {control!r}", f"max-age={most_s} at most", copy.where())


@packaging_rule("bis 6.2.6", Severity.WARNING)
def parts_come_at_line_speed(viewing: Viewing) -> Iterator[Departure]:
    """No byte of a part is sent before all of it can be."""
    for _, url, place, _, _ in _listed(viewing):
        fetched = viewing.got.get(url)
        if fetched is not None and fetched.first_at_s is not None and " part " in place:
            took_s = fetched.at_s - fetched.first_at_s
            if took_s > _SLOW_S:
                yield Departure(f"{took_s:.2f} s from first to last byte", "all at once", place)


@packaging_rule("Fetch; go2rtc#850")
def options_are_answered(viewing: Viewing) -> Iterator[Departure]:
    """OPTIONS is answered with what is allowed, without credentials."""
    for fetched in viewing.fetched:
        if fetched.method == "OPTIONS" and (
            fetched.status not in (_OK, 204) or "access-control-allow-methods" not in fetched.fields
        ):
            seen = f"status {fetched.status}"
            yield Departure(seen, "204 and access-control-allow-methods", fetched.url)


@packaging_rule("RFC 9110 14; rqbit#501")
def ranges_are_answered(viewing: Viewing) -> Iterator[Departure]:
    """A range of a segment, a part or an init segment is answered with that range."""
    urls = {url for _, url, _, _, _ in _listed(viewing)}
    for fetched in viewing.fetched:
        is_range = fetched.method == "GET" and "range" in fetched.sent and fetched.url in urls
        if is_range and fetched.status not in _ANSWERS[1:]:
            yield Departure(f"status {fetched.status}", "206 or 416", fetched.url)


@packaging_rule("RFC 9110 9.3.2")
def heads_are_those_of_answers(viewing: Viewing) -> Iterator[Departure]:
    """HEAD of a segment has the type and length that GET has."""
    urls = {url for _, url, _, _, _ in _listed(viewing)}
    for fetched in viewing.fetched:
        whole = viewing.got.get(fetched.url)
        if fetched.method != "HEAD" or whole is None or fetched.url not in urls:
            continue
        for name in ("content-type", "content-length"):
            seen, expected = fetched.fields.get(name), whole.fields.get(name)
            if seen != expected:
                yield Departure(f"{name} {seen}", f"{expected}", fetched.url)


DELIVERY_RULES: Final[tuple[PackagingRule, ...]] = (
    playlists_have_their_type,
    playlists_are_packed,
    nothing_is_redirected,
    what_is_listed_is_there,
    what_was_listed_stays,
    media_has_its_type,
    init_segments_never_change,
    playlists_are_fresh,
    playlists_may_be_kept_for_a_moment,
    parts_come_at_line_speed,
    options_are_answered,
    ranges_are_answered,
    heads_are_those_of_answers,
)
"""Those of HTTP."""
