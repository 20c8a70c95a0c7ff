"""Rules of requests for playlists that are to be held, and of delta updates. Floor 1.

Source:
    draft-pantos-hls-rfc8216bis, 6.2.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.viewing import SeenRendition, Viewing

__all__ = ["DIRECTIVE_RULES"]

_NUMBER, _PART, _SKIP = "_HLS_msn", "_HLS_part", "_HLS_skip"
_OK, _BAD = 200, 400
_AHEAD: Final = 2
"""Segments that a request may be ahead of the newest."""
_AT_ONCE_S: Final = 1.0
_HELD_TARGETS: Final = 3
_DIGIT_S: Final = 0.0005


def _asked(viewing: Viewing) -> Iterator[tuple[SeenRendition, Fetched, int]]:
    """Requests that name a segment of a playlist that was also got, and that segment."""
    for fetched in viewing.fetched:
        number, rendition = fetched.directive(_NUMBER), viewing.renditions.get(fetched.base)
        if number is not None and rendition is not None and fetched.method == "GET":
            yield rendition, fetched, number


def _copy_of(rendition: SeenRendition, fetched: Fetched) -> PlaylistCopy | None:
    return next((copy for copy in rendition.copies if copy.fetched is fetched), None)


def _said(number: int, part: int | None) -> str:
    return f"segment {number}" if part is None else f"segment {number} part {part}"


@packaging_rule("bis 6.2.5.2")
def a_held_playlist_has_what_was_asked_for(viewing: Viewing) -> Iterator[Departure]:
    """The answer to a request for a segment or a part has it, or what is behind it."""
    for rendition, fetched, number in _asked(viewing):
        copy, part = _copy_of(rendition, fetched), fetched.directive(_PART)
        if copy is None or copy.media is None or copy.media.is_ended:
            continue
        known = rendition.segments.get(number)
        if part is not None and known is not None and 0 < len(known.parts) <= part:
            number, part = number + 1, 0  # past the end of one is the beginning of the next
        newest, newest_part = copy.end
        whole = newest if newest_part < 0 else newest - 1
        has_part = part is not None and newest == number and newest_part >= part
        if whole < number and not has_part:
            seen = f"the newest is {_said(newest, newest_part if newest_part >= 0 else None)}"
            yield Departure(seen, _said(number, part), f"{fetched.url}")


@packaging_rule("bis 6.2.5.2 M4; AVPlayer -12666")
def old_numbers_are_answered(viewing: Viewing) -> Iterator[Departure]:
    """A request for a segment that is there, or was, is answered with the playlist of now."""
    for rendition, fetched, number in _asked(viewing):
        before = [c for c in rendition.copies if c.fetched.at_s <= fetched.asked_at_s]
        newest = max((c.end[0] - (c.end[1] >= 0) for c in before), default=-1)
        if number <= newest and fetched.status != _OK:
            seen = f"status {fetched.status} for segment {number}"
            yield Departure(seen, f"200, as {newest} is there", fetched.url)


@packaging_rule("bis 6.2.5.2")
def a_part_without_a_number_is_refused(viewing: Viewing) -> Iterator[Departure]:
    """A request with _HLS_part and without _HLS_msn is answered with 400."""
    for fetched in viewing.fetched:
        directives = fetched.directives
        if _PART in directives and _NUMBER not in directives and fetched.status != _BAD:
            yield Departure(f"status {fetched.status}", "400", fetched.url)


@packaging_rule("bis 6.2.5.2", Severity.WARNING)
def far_numbers_are_refused_at_once(viewing: Viewing) -> Iterator[Departure]:
    """A request that is more than two segments ahead is answered with 400, and at once."""
    for rendition, fetched, number in _asked(viewing):
        behind = [c for c in rendition.copies if c.fetched.at_s >= fetched.at_s]
        plain = [c for c in behind if c.fetched is not fetched][:1]
        if not plain or number <= plain[0].end[0] + _AHEAD:
            continue
        took_s = fetched.at_s - fetched.asked_at_s
        if fetched.status != _BAD or took_s > _AT_ONCE_S:
            seen = f"status {fetched.status} behind {took_s:.1f} s"
            expected = f"400 at once, as the newest is segment {plain[0].end[0]}"
            yield Departure(seen, expected, fetched.url)


@packaging_rule("bis 6.2.5.2; AVPlayer -15410", Severity.WARNING)
def held_requests_are_let_go(viewing: Viewing) -> Iterator[Departure]:
    """A request is held for three target durations at most."""
    for rendition, fetched, _ in _asked(viewing):
        most_s = _HELD_TARGETS * rendition.newest.target_duration_s
        held_s = fetched.at_s - fetched.asked_at_s
        if held_s > most_s + _AT_ONCE_S:
            yield Departure(f"held for {held_s:.1f} s", f"{most_s} s at most", fetched.url)


@packaging_rule("bis 6.2.5.1; Chromium")
def delta_updates_are_asked_for(viewing: Viewing) -> Iterator[Departure]:
    """A playlist leaves nothing out unless it was asked to."""
    for copy, said in viewing.media:
        if said.skipped and _SKIP not in copy.fetched.directives:
            yield Departure(f"{said.skipped} segments skipped", "all of them", copy.where())


@packaging_rule("bis 6.2.5.1; mediamtx#6237")
def delta_updates_skip_only_what_is_old(viewing: Viewing) -> Iterator[Departure]:
    """What a delta update leaves out is further from the end than the skip boundary."""
    for copy, said in viewing.media:
        if not said.skipped:
            continue
        control = said.server_control
        boundary_s = None if control is None else control.can_skip_until_s
        kept_s = sum(s.duration_s for s in said.segments) + sum(p.duration_s for p in said.parts)
        if boundary_s is None or kept_s < boundary_s - _DIGIT_S:
            seen = f"{kept_s:g} s kept"
            expected = "CAN-SKIP-UNTIL" if boundary_s is None else f"{boundary_s:g} s or more"
            yield Departure(seen, expected, copy.where())


DIRECTIVE_RULES: Final[tuple[PackagingRule, ...]] = (
    a_held_playlist_has_what_was_asked_for,
    old_numbers_are_answered,
    a_part_without_a_number_is_refused,
    far_numbers_are_refused_at_once,
    held_requests_are_let_go,
    delta_updates_are_asked_for,
    delta_updates_skip_only_what_is_old,
)
"""Those of delivery directives."""
