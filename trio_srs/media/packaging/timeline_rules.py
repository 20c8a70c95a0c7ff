"""Rules of what is in segments against what playlists say of them, and of one segment behind the
other. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trio_srs.media.codec_names import codec_string
from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import SeenRendition, SeenSegment, Viewing
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.codec.nalu import read_prefixed
from trio_srs.wire.ts.packet import CLOCK_HZ, WRAP_TICKS

__all__ = ["TIMELINE_RULES"]

_APART_S: Final = 0.1
_APART: Final = CLOCK_HZ // 10
_MS: Final = 1000
_RASL: Final = frozenset({8, 9})
"""Types of NALUs (ITU-T H.265, 7.4.2.2)."""
_Pair = tuple[SeenRendition, SeenSegment, SegmentContent, SeenSegment, SegmentContent]


def _pairs(viewing: Viewing) -> Iterator[_Pair]:
    """Segments that follow each other, with what is in them."""
    for rendition in viewing.renditions.values():
        for before, after in rendition.pairs:
            assert before.content is not None
            assert after.content is not None
            yield rendition, before, before.content, after, after.content


def _step(before: SegmentContent, after: SegmentContent) -> int:
    """Ticks from the end of one to the beginning of the next, of the first track that both have;
    times go round at 33 bits."""
    kind = next((kind for kind in before.by_kind if kind in after.by_kind), None)
    if kind is None:
        return 0
    step = after.by_kind[kind][0].dts - before.end(kind)
    return (step + WRAP_TICKS // 2) % WRAP_TICKS - WRAP_TICKS // 2


def _is_apart(before: SegmentContent, after: SegmentContent) -> bool:
    return abs(_step(before, after)) > max(_APART, before.interval, after.interval)


@packaging_rule("8216 3")
def segments_can_be_read(viewing: Viewing) -> Iterator[Departure]:
    """In every segment there is something that can be read with what stands before it."""
    for rendition in viewing.renditions.values():
        for number, segment in rendition.segments.items():
            content = segment.content
            if content is None or content.units or _is_read(content):
                continue
            detail = content.left_out[0].detail if content.left_out else "nothing"
            yield Departure(detail, "frames", rendition.where(number))


def _is_read(content: SegmentContent) -> bool:
    """Whether other rules tell why there are no frames."""
    if content.is_ts:
        return bool(content.ts.oddities or content.ts.packets)
    return not content.init


@packaging_rule("A 8.1; validator")
def durations_are_those_of_the_media(viewing: Viewing) -> Iterator[Departure]:
    """EXTINF is how long the frames of a segment last."""
    for rendition, segment, content in viewing.segments:
        if segment.has_gaps or len(content.leading) < 2:
            continue
        said_s, (least_s, most_s) = segment.listed.duration_s, content.durations_s
        slack_s = _APART_S + content.interval / CLOCK_HZ
        if not least_s - slack_s <= said_s <= most_s + slack_s:
            expected = (
                f"{least_s:.3f} s" if least_s == most_s else f"{least_s:.3f} to {most_s:.3f} s"
            )
            yield Departure(f"EXTINF {said_s:g} s", expected, rendition.where(segment.number))


@packaging_rule("bis 6.2.1; TS 2.4.3.7")
def segments_go_on_with_each_other(viewing: Viewing) -> Iterator[Departure]:
    """A segment of MPEG-TS begins where the one before ended, but at a discontinuity."""
    for rendition, _, content, after, following in _pairs(viewing):
        is_bound = content.is_ts and not after.listed.is_discontinuity
        if is_bound and _is_apart(content, following):
            seen = f"{_step(content, following) / CLOCK_HZ:+.3f} s from one to the next"
            yield Departure(seen, "none", rendition.where(after.number))


@packaging_rule("bis 6.2.1; hls.js#4231")
def changes_are_discontinuities(viewing: Viewing) -> Iterator[Departure]:
    """Where codec, size or rate change, there is a discontinuity."""
    for rendition, _, content, after, following in _pairs(viewing):
        if not after.listed.is_discontinuity:
            for kind, track_format in following.formats.items():
                was = content.formats.get(kind, track_format)
                if _named(was) != _named(track_format):
                    seen, expected = _named(track_format), f"{_named(was)}, or a discontinuity"
                    yield Departure(seen, expected, rendition.where(after.number))


def _named(track_format: TrackFormat) -> str:
    if track_format.kind == "video":
        return f"{codec_string(track_format)} {track_format.width}x{track_format.height}"
    rate, channels = track_format.sample_rate, track_format.channels
    return f"{codec_string(track_format)} {rate} Hz of {channels} channels"


@packaging_rule("bis 6.2.1; sergey-dryabzhinsky#144", Severity.WARNING)
def discontinuities_have_a_reason(viewing: Viewing) -> Iterator[Departure]:
    """There is no discontinuity where formats, timestamps and dates go on, in all renditions."""
    reasoned, others = set[int | None](), list[tuple[int | None, str]]()
    for rendition in viewing.renditions.values():
        for before, after in pairwise([None, *rendition.segments.values()]):
            assert after is not None
            if before is None or _changes(before, after):
                reasoned.add(after.discontinuity)  # a rendition may begin there
            elif after.listed.is_discontinuity:
                others.append((after.discontinuity, rendition.where(after.number)))
    for number, where in others:
        if number not in reasoned:
            yield Departure("#EXT-X-DISCONTINUITY, and all goes on", "none", where)


def _changes(before: SeenSegment, after: SeenSegment) -> bool:
    """Whether there is a reason for a discontinuity between two segments, as far as they are
    known."""
    one, other = before.content, after.content
    if one is None or other is None or before.has_media != after.has_media:
        return True
    is_other = before.init_url != after.init_url or not _is_same(one, other)
    return is_other or not _goes_on(before, after)


def _is_same(before: SegmentContent, after: SegmentContent) -> bool:
    """Whether formats and timestamps go on."""
    kinds = before.formats.keys() | after.formats.keys()
    is_same = all(before.formats.get(kind) == after.formats.get(kind) for kind in kinds)
    if before.is_ts and [m.streams for m in before.ts.maps] != [m.streams for m in after.ts.maps]:
        return False
    return is_same and not _is_apart(before, after)


def _goes_on(before: SeenSegment, after: SeenSegment) -> bool:
    """Whether their dates do."""
    if before.listed.date_ms is None or after.listed.date_ms is None:
        return True
    apart_ms = after.listed.date_ms - before.listed.date_ms - before.listed.duration_s * _MS
    return abs(apart_ms) <= _APART_S * _MS


@packaging_rule("bis 4.3.5, 4.4.2.1")
def independent_segments_begin_with_a_keyframe(viewing: Viewing) -> Iterator[Departure]:
    """Where EXT-X-INDEPENDENT-SEGMENTS is said, every segment begins with a keyframe."""
    for rendition, segment in _without_key(viewing):
        if _is_promised(viewing, rendition, segment):
            yield Departure("no keyframe", "one", rendition.where(segment.number))


@packaging_rule("bis 4.3.5; w3c/media-source#221")
def independent_segments_need_no_others(viewing: Viewing) -> Iterator[Departure]:
    """Where it is said, no picture in a segment needs one of the segment before: of H.265, there is
    none of those that are skipped where decoding begins."""
    for rendition, segment, content in viewing.segments:
        skipped = next(filter(_is_skipped, content.leading), None)
        if skipped is not None and _is_promised(viewing, rendition, segment):
            seen = f"a RASL picture at {skipped.pts / CLOCK_HZ:.3f} s"
            yield Departure(seen, "none", rendition.where(segment.number))


def _is_skipped(unit: AccessUnit) -> bool:
    """Whether it is one of H.265 that can only be decoded with what is before the keyframe."""
    if unit.is_key or unit.format.codec != "hevc":
        return False
    nalus = read_prefixed(unit.data, unit.format.length_size)[0]
    return any(BYTE_STREAMS["hevc"].type_of(nalu) in _RASL for nalu in nalus)


@packaging_rule("A 7.4; 8216 3", Severity.WARNING)
def segments_begin_with_a_keyframe(viewing: Viewing) -> Iterator[Departure]:
    """Every segment begins with a keyframe, even where nothing says so."""
    for rendition, segment in _without_key(viewing):
        if not _is_promised(viewing, rendition, segment):
            yield Departure("no keyframe", "one", rendition.where(segment.number))


def _without_key(viewing: Viewing) -> Iterator[tuple[SeenRendition, SeenSegment]]:
    """Segments that begin with another frame, or whose frames cannot be read for want of one."""
    for rendition in viewing.renditions.values():
        for segment in rendition.segments.values():
            content = segment.content
            if content is None or (content.is_ts and content.ts.oddities):
                continue
            if content.leading:
                if not content.leading[0].is_key:
                    yield rendition, segment
            elif content.is_ts and content.ts.packets:
                yield rendition, segment


def _is_promised(viewing: Viewing, rendition: SeenRendition, segment: SeenSegment) -> bool:
    for copy in viewing.multivariants:
        if copy.multivariant is not None and copy.multivariant.independent_segments:
            return True
    return any(
        copy.media.independent_segments
        for copy in rendition.copies
        if copy.media is not None
        and 0 <= segment.number - copy.media.media_sequence < len(copy.media.segments)
    )


@packaging_rule("A 8.3; w3c/media-source#267", Severity.WARNING)
def tracks_begin_together(viewing: Viewing) -> Iterator[Departure]:
    """The tracks of a segment begin within 100 ms, or a frame."""
    for rendition, segment, content in viewing.segments:
        firsts = [min(unit.pts for unit in units) for units in content.by_kind.values()]
        apart = max(firsts) - min(firsts)
        if apart > max(_APART, content.interval):
            where = rendition.where(segment.number)
            yield Departure(f"{apart / CLOCK_HZ:.3f} s apart", "0.1 s at most", where)


TIMELINE_RULES: Final[tuple[PackagingRule, ...]] = (
    segments_can_be_read,
    durations_are_those_of_the_media,
    segments_go_on_with_each_other,
    changes_are_discontinuities,
    discontinuities_have_a_reason,
    independent_segments_begin_with_a_keyframe,
    independent_segments_need_no_others,
    segments_begin_with_a_keyframe,
    tracks_begin_together,
)
"""Those of segments, whatever their container."""
