"""Rules of a media playlist, by itself and over time. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.viewing import SeenRendition, Viewing
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistSegment

__all__ = ["MEDIA_PLAYLIST_RULES"]

_ROUNDS: Final = 0.5
_FRAME_MS: Final = 70
"""A frame more or less is no fault, down to 15 a second."""
_LEAST_SEGMENTS: Final = 6
_LEAST_TARGETS: Final = 3
_COMES_TARGETS: Final = 1.5
_DIGIT_S: Final = 0.0005
_MS: Final = 1000


def _numbered(said: MediaPlaylist) -> list[tuple[int, PlaylistSegment]]:
    return list(enumerate(said.segments, said.media_sequence + said.skipped))


def _length_s(said: MediaPlaylist) -> float:
    return sum(segment.duration_s for segment in said.segments)


@packaging_rule("8216 4.3.3.1; A 7.7; Chromium")
def segments_fit_the_target_duration(viewing: Viewing) -> Iterator[Departure]:
    """No segment is longer than the target duration, rounded."""
    for copy, said in viewing.media:
        for number, segment in _numbered(said):
            if segment.duration_s >= said.target_duration_s + _ROUNDS:
                seen = f"{segment.duration_s:g} s"
                expected = f"less than {said.target_duration_s + _ROUNDS:g} s"
                yield Departure(seen, expected, f"{copy.where()} segment {number}")


@packaging_rule("bis 6.2.1")
def target_duration_never_changes(viewing: Viewing) -> Iterator[Departure]:
    """The target duration is the same for as long as there is the playlist."""
    for copy, after, before in viewing.reloads:
        if after.target_duration_s != before.target_duration_s:
            seen, was = f"{after.target_duration_s} s", f"{before.target_duration_s} s as before"
            yield Departure(seen, was, copy.where())


@packaging_rule("bis 6.2.2; Media3")
def media_sequence_never_falls(viewing: Viewing) -> Iterator[Departure]:
    """The number of the first segment rises, or stays."""
    for copy, after, before in viewing.reloads:
        if after.media_sequence < before.media_sequence:
            expected = f"{before.media_sequence} or more"
            yield Departure(f"{after.media_sequence}", expected, copy.where())


@packaging_rule("bis 6.2.1; hls.js")
def segments_keep_their_number(viewing: Viewing) -> Iterator[Departure]:
    """A segment has the same number, URI and duration in every playlist that has it."""
    for copy, after, before in viewing.reloads:
        if after.media_sequence < before.media_sequence:
            continue  # of which another rule tells
        known = dict(_numbered(before))
        for number, segment in _numbered(after):
            was = known.get(number, segment)
            now = _path(segment), segment.duration_s
            if now != (expected := (_path(was), was.duration_s)):
                seen, expected_text = (f"{uri} of {lasts:g} s" for uri, lasts in (now, expected))
                yield Departure(seen, expected_text, f"{copy.where()} segment {number}")


def _path(segment: PlaylistSegment) -> str:
    """Queries may change, which are no names of anything (hls.js)."""
    return segment.uri.partition("?")[0]


@packaging_rule("bis 6.2.2; A 8.17")
def discontinuity_sequence_is_said(viewing: Viewing) -> Iterator[Departure]:
    """A live playlist that has discontinuities says how many have left it."""
    for rendition in viewing.renditions.values():
        has_any = any(s.listed.is_discontinuity for s in rendition.segments.values())
        for copy in rendition.copies:
            said = copy.media
            assert said is not None
            if has_any and not said.is_ended and said.discontinuity_sequence is None:
                seen, expected = "no #EXT-X-DISCONTINUITY-SEQUENCE", "one, from the beginning"
                yield Departure(seen, expected, copy.where())


@packaging_rule("bis 6.2.2; hls.js")
def discontinuities_are_counted(viewing: Viewing) -> Iterator[Departure]:
    """The discontinuity sequence number rises by as many discontinuities as leave the playlist."""
    for copy, after, before in viewing.reloads:
        if after.media_sequence < before.media_sequence or before.skipped or after.skipped:
            continue
        known, now = _discontinuities(before), _discontinuities(after)
        for number in sorted(known.keys() & now.keys())[:1]:
            if known[number] != now[number]:
                seen = f"segment {number} behind {now[number]} discontinuities"
                yield Departure(seen, f"{known[number]} as before", copy.where())


def _discontinuities(said: MediaPlaylist) -> Mapping[int, int]:
    """Of each segment its discontinuity number."""
    found, count = {}, said.discontinuity_sequence or 0
    for number, segment in _numbered(said):
        count += segment.is_discontinuity
        found[number] = count
    return found


@packaging_rule("A 8.4")
def dates_are_said(viewing: Viewing) -> Iterator[Departure]:
    """A live playlist says what time of day it is."""
    dates = [segment.date_ms for _, said in viewing.media for segment in said.segments]
    for copy, said in viewing.media[:1]:
        is_live = not said.playlist_type and not said.is_ended
        if dates and is_live and not any(dates):
            yield Departure("no #EXT-X-PROGRAM-DATE-TIME", "one", copy.where())


@packaging_rule("bis 6.2.1; A 8.4")
def dates_go_on_with_the_media(viewing: Viewing) -> Iterator[Departure]:
    """From one date to the next it is as long as the segments between them, but at a
    discontinuity."""
    for copy, said in viewing.media:
        date_ms: float | None = None
        frame_ms = max(_FRAME_MS, viewing.renditions[copy.fetched.base].frame_s * _MS)
        for number, segment in _numbered(said):
            if segment.is_discontinuity:
                date_ms = None
            if date_ms is not None and segment.date_ms is not None:
                apart = segment.date_ms - date_ms
                if abs(apart) > frame_ms:
                    where = f"{copy.where()} segment {number}"
                    yield Departure(f"a date {apart:+.0f} ms off", "none", where)
            if segment.date_ms is not None:
                date_ms = segment.date_ms
            if date_ms is not None:
                date_ms += segment.duration_s * _MS


@packaging_rule("bis 6.2.1")
def dates_never_go_back(viewing: Viewing) -> Iterator[Departure]:
    """A segment begins no earlier than the one before it, also behind a discontinuity."""
    for copy, said in viewing.media:
        for (_, before), (number, after) in pairwise(_numbered(said)):
            if before.date_ms is None or after.date_ms is None or not after.is_discontinuity:
                continue
            if after.date_ms < before.date_ms:
                seen = f"{before.date_ms - after.date_ms} ms back"
                yield Departure(seen, "dates that rise", f"{copy.where()} segment {number}")


@packaging_rule("bis 6.2.2")
def window_is_three_targets(viewing: Viewing) -> Iterator[Departure]:
    """When segments have left it, a playlist still has three target durations."""
    for copy, after, before in viewing.reloads:
        least = _LEAST_TARGETS * after.target_duration_s
        length = _length_s(after) + after.skipped * after.target_duration_s
        if after.media_sequence > before.media_sequence and length < least - _DIGIT_S:
            yield Departure(f"{length:g} s", f"{least} s or more", copy.where())


@packaging_rule("A 8.11")
def window_is_six_segments(viewing: Viewing) -> Iterator[Departure]:
    """When segments have left it, a playlist still has six."""
    for copy, after, before in viewing.reloads:
        count = after.skipped + len(after.segments)
        if after.media_sequence > before.media_sequence and count < _LEAST_SEGMENTS:
            yield Departure(f"{count} segments", "six or more", copy.where())


@packaging_rule("bis 6.2.1; AVPlayer -12888")
def segments_come_in_time(viewing: Viewing) -> Iterator[Departure]:
    """The next segment is there one and a half target durations behind the last."""
    for rendition in viewing.renditions.values():
        yield from _late(rendition)


def _late(rendition: SeenRendition) -> Iterator[Departure]:
    """How long it surely was: from a playlist that had the last, to one that still had no other."""
    newest, since_s, missed_s = -1, 0.0, 0.0
    for copy in rendition.copies:
        said = copy.media
        assert said is not None
        number = said.media_sequence + said.skipped + len(said.segments) - 1
        longest = _COMES_TARGETS * said.target_duration_s
        if number > newest or said.is_ended:
            newest, since_s = max(number, newest), copy.fetched.at_s
        missed_s = copy.fetched.asked_at_s - since_s
        if missed_s > longest:
            seen = f"none behind {number} for {missed_s:.1f} s"
            yield Departure(seen, f"one within {longest:g} s", rendition.where(number + 1))


@packaging_rule("bis 6.2.2")
def playlists_of_a_type_keep_all(viewing: Viewing) -> Iterator[Departure]:
    """A playlist that loses segments is neither VOD nor EVENT, and VOD never changes."""
    for copy, after, before in viewing.reloads:
        kind, has_lost = after.playlist_type, after.media_sequence > before.media_sequence
        if kind and (has_lost or (kind == "VOD" and after.segments != before.segments)):
            yield Departure(f"{kind}, and it changes", "no type in live", copy.where())


@packaging_rule("bis 6.2.1")
def an_ended_playlist_is_frozen(viewing: Viewing) -> Iterator[Departure]:
    """Behind EXT-X-ENDLIST nothing changes any more."""
    for copy, after, before in viewing.reloads:
        has_same = dict(_numbered(before)).keys() >= dict(_numbered(after)).keys()
        if before.is_ended and not (after.is_ended and has_same):
            yield Departure("another playlist", "the one that has ended", copy.where())


@packaging_rule("8216 3.3; A 8.20", Severity.ERROR)
def fmp4_has_an_init_segment(viewing: Viewing) -> Iterator[Departure]:
    """Segments of fragmented MP4 have an EXT-X-MAP."""
    for rendition in viewing.renditions.values():
        for number, segment in rendition.segments.items():
            content = segment.content
            if content is not None and not content.is_ts and not segment.init_url:
                seen = "a segment of MP4 without #EXT-X-MAP"
                yield Departure(seen, "one", rendition.where(number))


MEDIA_PLAYLIST_RULES: Final[tuple[PackagingRule, ...]] = (
    segments_fit_the_target_duration,
    target_duration_never_changes,
    media_sequence_never_falls,
    segments_keep_their_number,
    discontinuity_sequence_is_said,
    discontinuities_are_counted,
    dates_are_said,
    dates_go_on_with_the_media,
    dates_never_go_back,
    window_is_three_targets,
    window_is_six_segments,
    segments_come_in_time,
    playlists_of_a_type_keep_all,
    an_ended_playlist_is_frozen,
    fmp4_has_an_init_segment,
)
"""Those of one playlist, and of its copies one after the other."""
