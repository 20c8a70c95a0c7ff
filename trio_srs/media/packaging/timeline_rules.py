"""Rules of what is in segments against what playlists say of them, and of one segment behind the
other. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
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
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.ts.packet import CLOCK_HZ, WRAP_TICKS

__all__ = ["TIMELINE_RULES"]

_APART_S: Final = 0.1
_APART: Final = CLOCK_HZ // 10
_MS: Final = 1000
_Pair = tuple[SeenRendition, SeenSegment, SegmentContent, SeenSegment, SegmentContent]


def _pairs(viewing: Viewing) -> Iterator[_Pair]:
    """Segments that follow each other, with what is in them."""
    for rendition in viewing.renditions.values():
        for before, after in rendition.pairs:
            assert before.content is not None
            assert after.content is not None
            yield rendition, before, before.content, after, after.content


def _step(before: SegmentContent, after: SegmentContent) -> int:
    """Ticks from the end of one to the beginning of the next; times go round at 33 bits."""
    step = after.leading[0].dts - before.end
    if before.is_ts:
        step = (step + WRAP_TICKS // 2) % WRAP_TICKS - WRAP_TICKS // 2
    return step


def _is_apart(before: SegmentContent, after: SegmentContent) -> bool:
    return abs(_step(before, after)) > max(_APART, before.interval, after.interval)


@packaging_rule("8216 3")
def segments_can_be_read(viewing: Viewing) -> Iterator[Departure]:
    """In every segment there are frames that can be read with what stands before them."""
    for rendition in viewing.renditions.values():
        for number, segment in rendition.segments.items():
            content = segment.content
            if content is None or (content.is_ts and content.ts.oddities):
                continue
            if not content.units and (content.is_ts or content.init):
                detail = content.left_out[0].detail if content.left_out else "nothing"
                yield Departure(f"{detail}", "frames", rendition.where(number))


@packaging_rule("A 8.1; validator")
def durations_are_those_of_the_media(viewing: Viewing) -> Iterator[Departure]:
    """EXTINF is how long the frames of a segment last."""
    for rendition, segment, content in viewing.segments:
        if segment.has_gaps or len(content.leading) < 2:
            continue
        apart_s = segment.listed.duration_s - content.duration_s
        if abs(apart_s) > _APART_S + content.interval / CLOCK_HZ:
            seen = f"EXTINF {segment.listed.duration_s:g} s"
            where = rendition.where(segment.number)
            yield Departure(seen, f"{content.duration_s:.3f} s", where)


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
    reasoned: set[int | None] = set()
    others: list[tuple[int | None, str]] = []
    for rendition, before, content, after, following in _pairs(viewing):
        if after.listed.is_discontinuity:
            goes_on = _is_same(content, following) and _goes_on(before, after)
            if goes_on and before.init_url == after.init_url:
                others.append((after.discontinuity, rendition.where(after.number)))
            else:
                reasoned.add(after.discontinuity)
    for number, where in others:
        if number not in reasoned:
            yield Departure("#EXT-X-DISCONTINUITY, and all goes on", "none", where)


def _is_same(before: SegmentContent, after: SegmentContent) -> bool:
    """Whether formats and timestamps go on."""
    kinds = before.formats.keys() | after.formats.keys()
    is_same = all(before.formats.get(kind) == after.formats.get(kind) for kind in kinds)
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
    for rendition, segment, content in viewing.segments:
        if not content.leading[0].is_key and _is_promised(viewing, rendition, segment):
            yield Departure("no keyframe", "one", rendition.where(segment.number))


@packaging_rule("A 7.4; 8216 3", Severity.WARNING)
def segments_begin_with_a_keyframe(viewing: Viewing) -> Iterator[Departure]:
    """Every segment begins with a keyframe, even where nothing says so."""
    for rendition, segment, content in viewing.segments:
        if not content.leading[0].is_key and not _is_promised(viewing, rendition, segment):
            yield Departure("no keyframe", "one", rendition.where(segment.number))


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
    """The tracks of a segment begin within 100 ms."""
    for rendition, segment, content in viewing.segments:
        firsts = [min(unit.pts for unit in units) for units in content.by_kind.values()]
        apart = max(firsts) - min(firsts)
        if apart > _APART:
            where = rendition.where(segment.number)
            yield Departure(f"{apart / CLOCK_HZ:.3f} s apart", "0.1 s at most", where)


TIMELINE_RULES: Final[tuple[PackagingRule, ...]] = (
    segments_can_be_read,
    durations_are_those_of_the_media,
    segments_go_on_with_each_other,
    changes_are_discontinuities,
    discontinuities_have_a_reason,
    independent_segments_begin_with_a_keyframe,
    segments_begin_with_a_keyframe,
    tracks_begin_together,
)
"""Those of segments, whatever their container."""
