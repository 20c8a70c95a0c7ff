"""Rules of a multivariant playlist, and of what it leads to. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import attrs

from trio_srs.media.codec_names import codec_string, video_range
from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import SeenRendition, SeenSegment, Viewing
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.hls.multivariant_playlist import PlaylistVariant
from trio_srs.wire.ts.packet import CLOCK_HZ

__all__ = ["MULTIVARIANT_RULES"]

_VIDEO: Final = ("avc", "hvc", "hev", "av01", "vp0", "dvh", "dva")
"""What the codec strings of pictures begin with."""
_TOLERANCE: Final = 0.9
_LEAST_TARGETS, _MOST_TARGETS = 0.5, 1.5
_APART_S: Final = 0.1
_CLOCK_S: Final = 0.5


@attrs.frozen
class _Choice:
    """A variant with the renditions that play together, as far as they were got."""

    copy: PlaylistCopy
    variant: PlaylistVariant
    renditions: tuple[SeenRendition, ...]

    @property
    def where(self) -> str:
        return f"{self.copy.where()} variant {self.variant.uri}"

    @property
    def codecs(self) -> list[str]:
        return [each.strip() for each in self.variant.codecs.split(",") if each.strip()]

    @property
    def newest(self) -> Iterator[SegmentContent]:
        """What is in the segments that came last when it was got, and in those behind them."""
        for rendition in self.renditions:
            got = [s for s in rendition.segments.values() if s.has_media]
            before = [s for s in got if s.listed_at_s <= self.copy.fetched.at_s]
            for segment in [*before[-1:], *got[len(before) :]]:
                assert segment.content is not None
                yield segment.content

    @property
    def contents(self) -> Iterator[SegmentContent]:
        """Of all segments with media in them."""
        for rendition in self.renditions:
            for segment in rendition.segments.values():
                if segment.content is not None and segment.has_media:
                    yield segment.content

    @property
    def formats(self) -> dict[str, TrackFormat]:
        """By codec string: of what came last when it was got, and of what came then."""
        found: dict[str, TrackFormat] = {}
        for content in self.newest:
            for each in content.formats.values():
                found.setdefault(codec_string(each), each)
        return found


def _choices(viewing: Viewing) -> Iterator[_Choice]:
    """The variants of the newest copy of each multivariant playlist."""
    newest = {copy.fetched.base: copy for copy in viewing.multivariants}
    for copy in newest.values():
        said = copy.multivariant
        assert said is not None
        for variant in said.variants:
            groups = [each for each in said.renditions if each.group_id == variant.audio]
            uris = [variant.uri, *[each.uri for each in groups if each.uri]]
            urls = [copy.fetched.resolve(uri) for uri in uris]
            found = (viewing.renditions.get(url) for url in urls)
            yield _Choice(copy, variant, tuple(each for each in found if each is not None))


def _is_video(codec: str) -> bool:
    return codec.startswith(_VIDEO)


@packaging_rule("bis 6.2.4")
def codecs_name_every_format(viewing: Viewing) -> Iterator[Departure]:
    """CODECS has every format that is in a variant's segments."""
    for choice in _choices(viewing):
        families = {codec.partition(".")[0].lower() for codec in choice.codecs}
        for said in choice.formats:
            if said.partition(".")[0].lower() not in families:
                seen = f"CODECS {choice.variant.codecs!r}"
                yield Departure(seen, f"{said} in it", choice.where)


@packaging_rule("bis 4.4.6.2; RFC 6381")
def codecs_are_those_of_the_media(viewing: Viewing) -> Iterator[Departure]:
    """What CODECS says of a format is what its configuration says."""
    for choice in _choices(viewing):
        for said in choice.formats:
            family = said.partition(".")[0].lower()
            named = [each for each in choice.codecs if each.partition(".")[0].lower() == family]
            if named and said.lower() not in map(str.lower, named):
                yield Departure(f"CODECS has {', '.join(named)}", said, choice.where)


@packaging_rule("A 9.2, 9.15; AVPlayer -1002")
def pictures_have_size_and_rate(viewing: Viewing) -> Iterator[Departure]:
    """A variant with pictures says RESOLUTION and FRAME-RATE."""
    for choice in _choices(viewing):
        variant = choice.variant
        if any(map(_is_video, choice.codecs)):
            said = {"RESOLUTION": variant.width, "FRAME-RATE": variant.frame_rate}
            missing = [name for name, value in said.items() if not value]
            if missing:
                yield Departure(f"no {' and no '.join(missing)}", "both", choice.where)


@packaging_rule("8216 4.3.4.2")
def bandwidth_is_the_peak(viewing: Viewing) -> Iterator[Departure]:
    """BANDWIDTH is no less than the peak of the segments that are played together, of whatever
    there is to choose from, but for a tenth."""
    for choice in _choices(viewing):
        own, *others = [_peak(each) for each in choice.renditions] or [0.0]
        # Of a group one is played; a variant that is one of its group is played by itself.
        is_one_of_them = any(each is choice.renditions[0] for each in choice.renditions[1:])
        peak = max(own, *others) if is_one_of_them else own + max(others, default=0.0)
        if choice.variant.bandwidth < peak * _TOLERANCE:
            seen = f"{choice.variant.bandwidth} bit/s"
            yield Departure(seen, f"{round(peak * _TOLERANCE)} or more", choice.where)


def _peak(rendition: SeenRendition) -> float:
    """Bits per second: the most of segments in a row that are about a target duration together."""
    target_s, peak = rendition.newest.target_duration_s, 0.0
    got = [(s.listed.duration_s, s.content) for s in rendition.segments.values()]
    for first in range(len(got)):
        size, length_s = 0, 0.0
        for duration_s, content in got[first:]:
            if content is None or length_s + duration_s > _MOST_TARGETS * target_s:
                break
            size, length_s = size + len(content.data), length_s + duration_s
            if length_s >= _LEAST_TARGETS * target_s:
                peak = max(peak, size * 8 / length_s)
    return peak


@packaging_rule("A 9.14")
def average_bandwidth_is_said(viewing: Viewing) -> Iterator[Departure]:
    """A variant says AVERAGE-BANDWIDTH."""
    for choice in _choices(viewing):
        if choice.variant.average_bandwidth is None:
            yield Departure("no AVERAGE-BANDWIDTH", "it", choice.where)


@packaging_rule("8216 4.3.4.2; validator -50020")
def resolution_is_that_of_the_media(viewing: Viewing) -> Iterator[Departure]:
    """RESOLUTION is what the pictures are."""
    for choice in _choices(viewing):
        variant = choice.variant
        sizes = {
            (each.width, each.height) for each in choice.formats.values() if each.width
        }  # fmt: skip
        if variant.width and sizes and (variant.width, variant.height) not in sizes:
            expected = " or ".join(f"{width}x{height}" for width, height in sorted(sizes))
            yield Departure(f"{variant.width}x{variant.height}", expected, choice.where)


@packaging_rule("A 9.16; validator -50085")
def video_range_is_said(viewing: Viewing) -> Iterator[Departure]:
    """A variant with pictures of high dynamic range says VIDEO-RANGE."""
    for choice in _choices(viewing):
        for track_format in choice.formats.values():
            expected = video_range(track_format)
            said = choice.variant.video_range
            if expected and said != expected:
                yield Departure(f"VIDEO-RANGE {said or 'unsaid'}", expected, choice.where)


@packaging_rule("8216 4.3.4.1.1")
def renditions_can_be_told_apart(viewing: Viewing) -> Iterator[Departure]:
    """In a group no two renditions have the same NAME, one at most is the DEFAULT, and of those
    that a player may choose by itself no two have the same LANGUAGE."""
    newest = {copy.fetched.base: copy for copy in viewing.multivariants}
    for copy in newest.values():
        assert copy.multivariant is not None
        for one, other in combinations(copy.multivariant.renditions, 2):
            if (one.kind, one.group_id) != (other.kind, other.group_id):
                continue
            same = {
                f"NAME {other.name!r}": one.name == other.name,
                "DEFAULT": one.is_default and other.is_default,
                f"AUTOSELECT and LANGUAGE {other.language!r}": one.may_autoselect
                and other.may_autoselect
                and one.language == other.language,
            }
            for what in (what for what, is_same in same.items() if is_same):
                yield Departure(f"{what} twice", "once", copy.where())


@packaging_rule("A 9.11", Severity.WARNING)
def independent_segments_are_said(viewing: Viewing) -> Iterator[Departure]:
    """Where every segment begins with a keyframe behind which nothing needs what is before it,
    EXT-X-INDEPENDENT-SEGMENTS says so."""
    for choice in _choices(viewing):
        said = choice.copy.multivariant
        assert said is not None
        keys = [content.is_independent for content in choice.contents]
        is_said = said.independent_segments or all(
            rendition.newest.independent_segments for rendition in choice.renditions
        )
        if keys and all(keys) and not is_said:
            yield Departure("no #EXT-X-INDEPENDENT-SEGMENTS", "it", choice.copy.where())


def _pairs(viewing: Viewing) -> Iterator[tuple[SeenRendition, SeenRendition]]:
    for choice in _choices(viewing):
        yield from combinations(choice.renditions, 2)


@packaging_rule("A 8.2; bis 6.2.4")
def target_durations_are_equal(viewing: Viewing) -> Iterator[Departure]:
    """Renditions that play together have one target duration."""
    for one, other in _pairs(viewing):
        seen, expected = (each.newest.target_duration_s for each in (other, one))
        if seen != expected:
            yield Departure(f"{seen} s", f"{expected} s, as {one.url}", other.url)


@packaging_rule("bis 6.2.1, 6.2.4")
def dates_are_in_all_or_none(viewing: Viewing) -> Iterator[Departure]:
    """If one rendition has dates, all have them."""
    for one, other in _pairs(viewing):
        has = [any(s.date_ms is not None for s in each.newest.segments) for each in (one, other)]
        if has[0] != has[1]:
            without = other if has[0] else one
            yield Departure("no dates", "dates, as the other has", without.url)


@packaging_rule("bis 6.2.4; A 14")
def server_control_is_the_same(viewing: Viewing) -> Iterator[Departure]:
    """Renditions that play together have the same EXT-X-SERVER-CONTROL."""
    for one, other in _pairs(viewing):
        seen, expected = (each.newest.server_control for each in (other, one))
        if seen != expected:
            yield Departure(f"{seen}", f"{expected}, as {one.url}", other.url)


def _at_once(one: SeenRendition, other: SeenRendition) -> Iterator[tuple[SeenSegment, SeenSegment]]:
    """Segments of both with the same number, as far as both number alike: their dates say so."""
    for number, segment in one.segments.items():
        beside = other.segments.get(number)
        if beside is None or segment.listed.date_ms is None or beside.listed.date_ms is None:
            continue
        if abs(segment.listed.date_ms - beside.listed.date_ms) < segment.listed.duration_s * 500:
            yield segment, beside


@packaging_rule("A 8.3")
def durations_are_equal(viewing: Viewing) -> Iterator[Departure]:
    """Segments of the same time are equally long in all renditions, but for a frame of each."""
    for one, other in _pairs(viewing):
        for segment, beside in _at_once(one, other):
            apart_s = beside.listed.duration_s - segment.listed.duration_s
            frames_s = (one.frame_s or _APART_S) + (other.frame_s or _APART_S)
            if abs(apart_s) > max(_APART_S, frames_s):
                seen = f"{apart_s:+.3f} s"
                where = other.where(beside.number)
                yield Departure(seen, f"as long as in {one.url}", where)


@packaging_rule("bis 6.2.4")
def discontinuities_are_equal(viewing: Viewing) -> Iterator[Departure]:
    """Segments of the same time have the same discontinuity number in all renditions."""
    for one, other in _pairs(viewing):
        for segment, beside in _at_once(one, other):
            seen, expected = beside.discontinuity, segment.discontinuity
            if None not in (seen, expected) and seen != expected:
                where = other.where(beside.number)
                yield Departure(f"{seen}", f"{expected}, as in {one.url}", where)


@packaging_rule("bis 6.2.4")
def timestamps_are_of_one_clock(viewing: Viewing) -> Iterator[Departure]:
    """From the timestamps of a segment to its date it is equally far in all renditions."""
    for one, other in _pairs(viewing):
        for segment, beside in _at_once(one, other):
            if segment.has_media and beside.has_media:
                apart_s = _clock_s(beside) - _clock_s(segment)
                if abs(apart_s) > _CLOCK_S:
                    where = other.where(beside.number)
                    yield Departure(f"{apart_s:+.3f} s", f"0, as {one.url} has it", where)


def _clock_s(segment: SeenSegment) -> float:
    assert segment.content is not None
    assert segment.listed.date_ms is not None
    return segment.content.leading[0].pts / CLOCK_HZ - segment.listed.date_ms / 1000


MULTIVARIANT_RULES: Final[tuple[PackagingRule, ...]] = (
    codecs_name_every_format,
    codecs_are_those_of_the_media,
    pictures_have_size_and_rate,
    bandwidth_is_the_peak,
    average_bandwidth_is_said,
    resolution_is_that_of_the_media,
    video_range_is_said,
    renditions_can_be_told_apart,
    independent_segments_are_said,
    target_durations_are_equal,
    dates_are_in_all_or_none,
    server_control_is_the_same,
    durations_are_equal,
    discontinuities_are_equal,
    timestamps_are_of_one_clock,
)
"""Those of what there is to choose from."""
