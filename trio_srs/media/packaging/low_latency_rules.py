"""Rules of parts, and of what a playlist says of them. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import SeenRendition, SeenSegment, Viewing
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistPart

__all__ = ["LOW_LATENCY_RULES"]

_FILLED: Final = 0.85
_SUM_S: Final = 0.001
"""Durations are rounded: so much may come together."""
_DIGIT_S: Final = 0.00005
_HOLD_PARTS, _HOLD_TARGETS, _SKIP_TARGETS, _LISTED_TARGETS = 3, 3, 6, 3
_NETWORK_S: Final = 0.1
"""A playlist may take so long to come."""


def _low(viewing: Viewing) -> Iterator[tuple[PlaylistCopy, MediaPlaylist, float]]:
    """Playlists with a part target."""
    for copy, said in viewing.media:
        if said.part_target_s is not None:
            yield copy, said, said.part_target_s


@packaging_rule("bis 4.4.3.7; Chromium")
def part_target_fits_the_target_duration(viewing: Viewing) -> Iterator[Departure]:
    """Parts are to be no longer than segments."""
    for copy, said, target_s in _low(viewing):
        if target_s > said.target_duration_s:
            seen = f"PART-TARGET {target_s:g} s"
            yield Departure(seen, f"{said.target_duration_s} s or less", copy.where())


@packaging_rule("AVPlayer")
def part_target_never_changes(viewing: Viewing) -> Iterator[Departure]:
    """The part target is the same for as long as there is the playlist."""
    for copy, after, before in viewing.reloads:
        targets = {after.part_target_s, before.part_target_s}
        if None not in targets and len(targets) > 1:
            seen, expected = f"{after.part_target_s} s", f"{before.part_target_s} s as before"
            yield Departure(seen, expected, copy.where())


@packaging_rule("AVPlayer")
def server_control_never_changes(viewing: Viewing) -> Iterator[Departure]:
    """Hold-backs and the skip boundary are the same for as long as there is the playlist."""
    for copy, after, before in viewing.reloads:
        if after.server_control != before.server_control:
            seen, expected = f"{after.server_control}", f"{before.server_control} as before"
            yield Departure(seen, expected, copy.where())


@packaging_rule("bis 4.4.4.9; AVPlayer -12642")
def parts_fit_the_part_target(viewing: Viewing) -> Iterator[Departure]:
    """No part is longer than the part target."""
    for copy, _, target_s in _low(viewing):
        for number, index, part in copy.numbered_parts():
            if part.duration_s > target_s + _DIGIT_S:
                where = f"{copy.where()} segment {number} part {index}"
                yield Departure(f"{part.duration_s:g} s", f"{target_s:g} s or less", where)


@packaging_rule("bis 4.4.4.9")
def parts_fill_the_part_target(viewing: Viewing) -> Iterator[Departure]:
    """Every part has 85 % of the part target, but the last of a segment, gaps, and those before
    them."""
    for copy, _, target_s in _low(viewing):
        ends = set(_last_parts(copy))
        for number, index, part in copy.numbered_parts():
            is_free = part.is_gap or (number, index) in ends
            if not is_free and part.duration_s < _FILLED * target_s:
                where = f"{copy.where()} segment {number} part {index}"
                yield Departure(f"{part.duration_s:g} s", f"{_FILLED * target_s:g} or more", where)


def _last_parts(copy: PlaylistCopy) -> Iterator[tuple[int, int]]:
    """Parts behind which nothing goes on: the segment ends, or there is a gap."""
    listed = copy.numbered_parts()
    for before, after in pairwise([*listed, (-1, 0, PlaylistPart("", 0.0))]):
        if after[0] != before[0] or after[2].is_gap:
            yield before[0], before[1]


def _whole(viewing: Viewing) -> Iterator[tuple[SeenRendition, SeenSegment]]:
    """Segments whose parts were all listed with them."""
    for rendition in viewing.renditions.values():
        for segment in rendition.segments.values():
            if segment.listed.parts and segment.parts == segment.listed.parts:
                yield rendition, segment


@packaging_rule("bis 3.2")
def parts_add_up_to_their_segment(viewing: Viewing) -> Iterator[Departure]:
    """The parts of a segment are as long as it is."""
    for rendition, segment in _whole(viewing):
        length_s = sum(part.duration_s for part in segment.parts)
        if abs(length_s - segment.listed.duration_s) > _SUM_S:
            seen = f"{length_s:g} s in {len(segment.parts)} parts"
            expected = f"{segment.listed.duration_s:g} s"
            yield Departure(seen, expected, rendition.where(segment.number))


@packaging_rule("bis 3.2")
def parts_are_their_segment(viewing: Viewing) -> Iterator[Departure]:
    """The parts of a segment have what it has, frame by frame."""
    for rendition, segment in _whole(viewing):
        contents = _parts_of(viewing, rendition, segment)
        whole = segment.content
        if whole is None or None in contents:
            continue
        data = [sample.data for part in contents if part for sample in part.samples]
        if data != [sample.data for sample in whole.samples]:
            seen = f"{len(data)} samples in its parts"
            expected = f"the {len(whole.samples)} of the segment"
            yield Departure(seen, expected, rendition.where(segment.number))


def _parts_of(
    viewing: Viewing, rendition: SeenRendition, segment: SeenSegment
) -> list[SegmentContent | None]:
    """What is in each part that is no gap; None where it was not got."""
    copy = rendition.copies[-1]
    init = viewing.got.get(segment.init_url)
    found: list[SegmentContent | None] = []
    for part in segment.parts:
        if not part.is_gap:
            got = viewing.got.get(copy.fetched.resolve(part.uri))
            data = b"" if init is None else init.body
            found.append(None if got is None else SegmentContent(got.body, data))
    return found


def _keyed(viewing: Viewing) -> Iterator[tuple[str, PlaylistPart, bool]]:
    """Parts that were got: where, as listed, and whether there is a keyframe in them."""
    for rendition in viewing.renditions.values():
        for segment in rendition.segments.values():
            listed = [part for part in segment.parts if not part.is_gap]
            contents = _parts_of(viewing, rendition, segment)
            for index, (part, content) in enumerate(zip(listed, contents, strict=True)):
                if content is not None and content.leading:
                    where = rendition.where(segment.number, index)
                    yield where, part, any(unit.is_key for unit in content.leading)


@packaging_rule("bis 4.4.4.9; validator")
def independent_parts_have_a_keyframe(viewing: Viewing) -> Iterator[Departure]:
    """A part with INDEPENDENT=YES has a frame in it that decoding may begin with."""
    for where, part, has_key in _keyed(viewing):
        if part.is_independent and not has_key:
            yield Departure("INDEPENDENT=YES and no keyframe", "a keyframe", where)


@packaging_rule("bis 4.4.4.9; validator", Severity.WARNING)
def parts_with_a_keyframe_are_independent(viewing: Viewing) -> Iterator[Departure]:
    """A part with such a frame says INDEPENDENT=YES."""
    for where, part, has_key in _keyed(viewing):
        if has_key and not part.is_independent:
            yield Departure("a keyframe", "INDEPENDENT=YES", where)


@packaging_rule("A 14.3; bis 4.4.3.8")
def part_hold_back_is_three_parts(viewing: Viewing) -> Iterator[Departure]:
    """Where there are parts, PART-HOLD-BACK is three part targets or more."""
    for copy, said, target_s in _low(viewing):
        control = said.server_control
        held_s = None if control is None else control.part_hold_back_s
        if held_s is None or held_s < _HOLD_PARTS * target_s - _DIGIT_S:
            seen = "none" if held_s is None else f"{held_s:g} s"
            yield Departure(seen, f"{_HOLD_PARTS * target_s:g} s or more", copy.where())


@packaging_rule("bis 4.4.3.8; Chromium")
def hold_back_is_three_targets(viewing: Viewing) -> Iterator[Departure]:
    """HOLD-BACK is three target durations or more."""
    for copy, said in viewing.media:
        control, least_s = said.server_control, _HOLD_TARGETS * said.target_duration_s
        held_s = None if control is None else control.hold_back_s
        if held_s is not None and held_s < least_s:
            yield Departure(f"{held_s:g} s", f"{least_s} s or more", copy.where())


@packaging_rule("bis 4.4.3.8; Chromium")
def skip_boundary_is_six_targets(viewing: Viewing) -> Iterator[Departure]:
    """CAN-SKIP-UNTIL is six target durations or more."""
    for copy, said in viewing.media:
        control, least_s = said.server_control, _SKIP_TARGETS * said.target_duration_s
        until_s = None if control is None else control.can_skip_until_s
        if until_s is not None and until_s < least_s:
            yield Departure(f"{until_s:g} s", f"{least_s} s or more", copy.where())


@packaging_rule("bis 6.2.6", Severity.WARNING)
def hinted_parts_come_next(viewing: Viewing) -> Iterator[Departure]:
    """What EXT-X-PRELOAD-HINT names is the next part that is listed."""
    for rendition in viewing.renditions.values():
        for before, after in pairwise(rendition.copies):
            assert before.media is not None
            hints = [hint.uri for hint in before.media.hints if not hint.is_init]
            known = {part.uri for _, _, part in before.numbered_parts()}
            new = [part.uri for _, _, part in after.numbered_parts() if part.uri not in known]
            if hints and new and new[0] != hints[0] and not _is_far(before, after):
                yield Departure(f"{new[0]} comes", f"{hints[0]}", before.where())


def _is_far(before: PlaylistCopy, after: PlaylistCopy) -> bool:
    """Whether so much came between two copies that the next part is listed no longer."""
    listed = after.numbered_parts()
    return not listed or listed[0][0] > before.end[0] + 1


@packaging_rule("bis 4.4.5.4", Severity.ERROR)
def others_are_reported(viewing: Viewing) -> Iterator[Departure]:
    """A playlist with parts has an EXT-X-RENDITION-REPORT of every other rendition, without
    delivery directives in its URI."""
    urls = _listed_urls(viewing)
    for copy, said, _ in _low(viewing):
        reported = {copy.fetched.resolve(report.uri) for report in said.reports}
        missing = urls - reported - {copy.fetched.base} if copy.fetched.base in urls else set()
        for url in sorted(missing):
            other = viewing.renditions.get(url)
            if other is not None and other.copies[0].fetched.at_s < copy.fetched.at_s:
                yield Departure(f"no report of {url}", "one", copy.where())


def _listed_urls(viewing: Viewing) -> set[str]:
    """Of all media playlists that there are to choose from."""
    found = set()
    for copy in viewing.multivariants:
        said = copy.multivariant
        assert said is not None
        uris = [each.uri for each in said.variants]
        uris += [each.uri for each in said.renditions if each.uri]
        found |= {copy.fetched.resolve(uri) for uri in uris}
    return found


@packaging_rule("bis 4.4.5.4")
def reports_are_up_to_date(viewing: Viewing) -> Iterator[Departure]:
    """A rendition report is no more than one part behind."""
    for copy, said, _ in _low(viewing):
        for report in said.reports:
            other = viewing.renditions.get(copy.fetched.resolve(report.uri))
            ends = [
                each.end
                for each in (other.copies if other is not None else ())
                if each.fetched.at_s < copy.fetched.asked_at_s
            ]
            if not ends:
                continue
            (number, part), last = ends[-1], report.last_part
            is_old = report.last_msn < number - (part == 0)
            if not is_old and report.last_msn == number and part > 0 and last is not None:
                is_old = last < part - 1
            if is_old:
                seen = f"{report.uri} at segment {report.last_msn} part {last}"
                yield Departure(seen, f"segment {number} part {part}", copy.where())


@packaging_rule("bis 6.2.1")
def parts_come_in_time(viewing: Viewing) -> Iterator[Departure]:
    """The next part is there one part target behind the last."""
    for rendition in viewing.renditions.values():
        newest, since_s = (-1, -1), 0.0
        for copy in rendition.copies:
            said = copy.media
            assert said is not None
            if said.part_target_s is None or said.is_ended:
                break
            now = copy.end[0] + (copy.end[1] < 0), copy.end[1]
            if now != newest:
                newest, since_s = now, copy.fetched.at_s
            missed_s = copy.fetched.asked_at_s - since_s
            if missed_s > said.part_target_s + _NETWORK_S:
                seen = f"none for {missed_s:.2f} s"
                expected = f"one within {said.part_target_s:g} s"
                yield Departure(seen, expected, rendition.where(newest[0], newest[1] + 1))


@packaging_rule("bis 6.2.2", Severity.WARNING)
def old_parts_are_not_listed(viewing: Viewing) -> Iterator[Departure]:
    """Parts that end more than three target durations before the end are not listed."""
    for copy, said, _ in _low(viewing):
        behind_s = sum(part.duration_s for part in said.parts)
        first = said.media_sequence + said.skipped
        for number, segment in reversed(list(enumerate(said.segments, first))):
            limit_s = _LISTED_TARGETS * said.target_duration_s
            if segment.parts and behind_s > limit_s + _SUM_S:
                seen = f"parts that end {behind_s:g} s before the end"
                yield Departure(seen, f"{limit_s} s at most", f"{copy.where()} segment {number}")
            behind_s += segment.duration_s


@packaging_rule("bis 6.2.4; AVPlayer")
def all_renditions_have_parts(viewing: Viewing) -> Iterator[Departure]:
    """If one rendition has parts, all have them, of one part target."""
    urls = _listed_urls(viewing)
    said = {url: each.newest for url, each in viewing.renditions.items() if url in urls}
    targets = [each.part_target_s for each in said.values() if each.part_target_s is not None]
    for url, each in said.items():
        if targets and each.part_target_s != targets[0] and not each.is_ended:
            yield Departure(f"PART-TARGET {each.part_target_s}", f"{targets[0]:g} s", url)


LOW_LATENCY_RULES: Final[tuple[PackagingRule, ...]] = (
    part_target_fits_the_target_duration,
    part_target_never_changes,
    server_control_never_changes,
    parts_fit_the_part_target,
    parts_fill_the_part_target,
    parts_add_up_to_their_segment,
    parts_are_their_segment,
    independent_parts_have_a_keyframe,
    parts_with_a_keyframe_are_independent,
    part_hold_back_is_three_parts,
    hold_back_is_three_targets,
    skip_boundary_is_six_targets,
    hinted_parts_come_next,
    others_are_reported,
    reports_are_up_to_date,
    parts_come_in_time,
    old_parts_are_not_listed,
    all_renditions_have_parts,
)
"""Those of low latency."""
