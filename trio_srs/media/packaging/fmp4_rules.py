"""Rules of segments of fragmented MP4. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.mp4_layout import FragmentLayout, Mp4Layout
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
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.nalu import read_prefixed

__all__ = ["FMP4_RULES"]

_Segment = tuple[SeenRendition, SeenSegment, SegmentContent]
_LATE_S: Final = 0.01
_BRANDS: Final = (b"msdh", b"msix", b"cmfs", b"cmff", b"cmfl", b"dash")


def _segments(viewing: Viewing) -> Iterator[_Segment]:
    for rendition in viewing.renditions.values():
        for segment in rendition.segments.values():
            content = segment.content
            if content is not None and not content.is_ts and content.init:
                yield rendition, segment, content


def _layouts(viewing: Viewing) -> Iterator[tuple[str, Mp4Layout]]:
    for rendition, segment, content in _segments(viewing):
        yield rendition.where(segment.number), content.mp4


def _fragments(viewing: Viewing) -> Iterator[tuple[str, Mp4Layout, FragmentLayout]]:
    for where, layout in _layouts(viewing):
        for number, fragment in enumerate(layout.fragments):
            yield f"{where} fragment {number}", layout, fragment


@packaging_rule("8216 3.3; BMFF 8.8")
def init_segments_are_empty(viewing: Viewing) -> Iterator[Departure]:
    """An init segment is ftyp and moov, with defaults for each track behind all of them, without
    durations and samples."""
    for where, layout in _layouts(viewing):
        init = layout.init
        behind = init.movie[len(init.movie) - init.movie[::-1].index(b"trak") :] if (
            b"trak" in init.movie
        ) else ()  # fmt: skip
        problems = [
            text
            for text, is_so in (
                (f"boxes {_named(init.kinds)}", init.kinds[:2] != (b"ftyp", b"moov")),
                (f"defaults of tracks {init.extended}", init.extended != init.track_ids),
                (f"moov of {_named(init.movie)}", b"mvex" not in behind),
                ("durations or samples", not init.is_empty),
            )
            if is_so
        ]
        if problems:
            yield Departure(problems[0], "an empty movie", f"{where} init")


def _named(kinds: tuple[bytes, ...]) -> str:
    return " ".join(kind.decode("latin-1") for kind in kinds)


@packaging_rule("A 9.5; CMAF 7.3.1", Severity.WARNING)
def a_file_has_one_track(viewing: Viewing) -> Iterator[Departure]:
    """An init segment has one track, and its segments have that one."""
    for where, layout in _layouts(viewing):
        ids = {track_id for f in layout.fragments for track_id in f.track_ids}
        if len(layout.init.track_ids) != 1 or not ids <= set(layout.init.track_ids):
            seen = f"tracks {sorted(ids)} behind an init segment of {layout.init.track_ids}"
            yield Departure(seen, "one and the same", where)


@packaging_rule("A 7.3; 8216 3.3")
def fragments_have_their_time(viewing: Viewing) -> Iterator[Departure]:
    """A track fragment says when it is decoded, in 64 bits: 32 go round in hours."""
    for where, _, fragment in _fragments(viewing):
        for time in fragment.times:
            if time is None or time[0] != 1:
                seen = "no tfdt" if time is None else f"tfdt of version {time[0]}"
                yield Departure(seen, "tfdt of version 1", where)


@packaging_rule("A 7.3; CMAF 7.3.2")
def decode_times_add_up(viewing: Viewing) -> Iterator[Departure]:
    """The time of a fragment is that of the one before and all of its durations, but at a
    discontinuity and behind a gap."""
    for segments in _runs(viewing):
        end: int | None = None
        for where, segment, layout in segments:
            if segment.listed.is_discontinuity or segment.has_gaps:
                end = None
            for fragment in layout.fragments:
                time = fragment.times[0] if fragment.times else None
                if time is not None and end is not None and time[1] != end:
                    yield Departure(f"tfdt {time[1]}", f"{end}", where)
                end = None if time is None else time[1] + fragment.duration
            end = None if segment.has_gaps or not layout.fragments else end


_Run = list[tuple[str, SeenSegment, Mp4Layout]]


def _runs(viewing: Viewing) -> Iterator[_Run]:
    """Segments that follow each other, none missing between them."""
    run: _Run = []
    for rendition, segment, content in _segments(viewing):
        place = rendition.where(segment.number), segment, content.mp4
        if run and place[0] != rendition.where(run[-1][1].number + 1):
            yield run
            run = []
        run.append(place)
    yield run


@packaging_rule("8216 3.3; BMFF 8.8.7; MSE byte stream 4")
def data_is_where_it_is_said_to_be(viewing: Viewing) -> Iterator[Departure]:
    """Offsets are from the beginning of the fragment into its mdat, which is all samples."""
    for where, _, fragment in _fragments(viewing):
        begin, end = fragment.size + 8, fragment.size + fragment.data_size
        runs = [run for runs in fragment.runs for run in runs]
        places = [(run.offset or 0, (run.offset or 0) + sum(run.sizes)) for run in runs]
        total = sum(sum(run.sizes) for run in runs)
        if not all(fragment.bases):
            yield Departure("offsets from elsewhere", "default-base-is-moof", where)
        elif not places or not all(begin <= at and after <= end for at, after in places):
            seen = f"data {', '.join(f'from {at} to {after}' for at, after in places)}"
            yield Departure(seen, f"from {begin} to {end}", where)
        elif total != end - begin:
            yield Departure(f"samples of {total} bytes", f"{end - begin}", where)


@packaging_rule("CMAF 9.2.1")
def composition_is_said_one_way(viewing: Viewing) -> Iterator[Departure]:
    """Pictures that are shown later than they are decoded have negative offsets, or an edit list,
    and not both."""
    for rendition, segment, content in _segments(viewing):
        layout, where = content.mp4, rendition.where(segment.number)
        offsets = [offset for fragment in layout.fragments for offset in fragment.compositions]
        if layout.init.has_edits and min(offsets, default=0) < 0:
            yield Departure("an edit list and negative offsets", "one of them", where)
        late_s = offsets[0] / content.timescale if offsets and min(offsets) >= 0 else 0
        if late_s > _LATE_S and not layout.init.has_edits:
            seen = f"the first picture {late_s:.3f} s late"
            yield Departure(seen, "negative offsets or an edit list", where)


def _nalus(content: SegmentContent) -> Iterator[tuple[int, AccessUnit, list[bytes]]]:
    """Pictures of H.264 and H.265: number, unit and NALUs."""
    for number, unit in enumerate(content.by_kind.get("video", ())):
        if unit.format.codec in BYTE_STREAMS:
            yield number, unit, read_prefixed(unit.data, unit.format.length_size)[0]


@packaging_rule("BMFF 8.8.3; w3c/media-source#221")
def sync_samples_are_keyframes(viewing: Viewing) -> Iterator[Departure]:
    """A sample is said to be a sync sample if it is a keyframe, and not otherwise."""
    for rendition, segment, content in _segments(viewing):
        for number, unit, nalus in _nalus(content):
            stream = BYTE_STREAMS[unit.format.codec]
            kinds = [kind for nalu in nalus if (kind := stream.type_of(nalu)) in stream.slices]
            is_key = any(kind >= stream.first_key for kind in kinds)
            if kinds and is_key != unit.is_key:
                seen = "a sync sample" if unit.is_key else "no sync sample"
                where = f"{rendition.where(segment.number)} sample {number}"
                yield Departure(seen, f"slices of type {kinds[0]} say otherwise", where)


@packaging_rule("ISO/IEC 14496-15 5.3.1, 8.3.1; A 1.10")
def parameter_sets_are_in_the_init_segment(viewing: Viewing) -> Iterator[Departure]:
    """Pictures of avc1 and hvc1 bring no parameter sets but those of the init segment; hev1 is not
    used."""
    for where, layout in _layouts(viewing):
        if b"hev1" in layout.init.entries:
            yield Departure("hev1", "hvc1", f"{where} init")
    for rendition, segment, content in _segments(viewing):
        entry = next(iter(content.mp4.init.entries), b"")
        for number, unit, nalus in _nalus(content) if entry in (b"avc1", b"hvc1") else ():
            stream = BYTE_STREAMS[unit.format.codec]
            own = [nalu for nalu in nalus if stream.type_of(nalu) in stream.sets]
            if not all(nalu in content.init for nalu in own):
                where = f"{rendition.where(segment.number)} sample {number}"
                yield Departure("other parameter sets", "those of the init segment", where)


@packaging_rule("ISO/IEC 14496-3; hls.js")
def frames_of_aac_have_their_length(viewing: Viewing) -> Iterator[Departure]:
    """A sample of AAC lasts 1024 samples (960; twice as many with SBR), unless whole frames are
    missing behind it, or it is the last of all."""
    for rendition, segment, content in _segments(viewing):
        units = content.by_kind.get("audio", [])
        if not units or units[0].format.codec != "aac":
            continue
        config = parse_audio_specific_config(units[0].format.record)  # once more: it can be
        own = [sample for sample in content.samples if not sample.track.is_video]
        scale = own[0].track.timescale if own else content.timescale
        expected = config.frame_length * scale / config.core_sample_rate
        is_last = rendition.newest.is_ended and segment.number == max(rendition.segments)
        for number, sample in enumerate(own[:-1] if is_last else own):
            if abs(sample.duration - expected) >= 1 and sample.duration < 2 * expected:
                where = f"{rendition.where(segment.number)} sample {number}"
                yield Departure(f"{sample.duration} long", f"{expected:g}", where)


@packaging_rule("BMFF 8.8.5", Severity.WARNING)
def fragment_numbers_rise(viewing: Viewing) -> Iterator[Departure]:
    """Fragments are numbered in the order in which they come."""
    for segments in _runs(viewing):
        numbered = [(f.sequence, where) for where, _, each in segments for f in each.fragments]
        for (before, _), (after, where) in pairwise(numbered):
            if after <= before:
                yield Departure(f"number {after} behind {before}", "a higher one", where)


@packaging_rule("CMAF 7.3.3.1", Severity.WARNING)
def segments_say_their_brands(viewing: Viewing) -> Iterator[Departure]:
    """A segment begins with a styp, with a brand of segments."""
    for where, layout in _layouts(viewing):
        brands = {layout.brands[at : at + 4] for at in range(0, len(layout.brands), 4)}
        if layout.kinds[:1] != (b"styp",) or not brands & set(_BRANDS):
            seen = f"{_named(layout.kinds[:1])} {_named(tuple(sorted(brands)))}".strip()
            yield Departure(seen, "styp with msdh or cmfs", where)


@packaging_rule("BMFF 8.8.8; AVPlayer", Severity.WARNING)
def runs_end_with_their_samples(viewing: Viewing) -> Iterator[Departure]:
    """Nothing stands behind the table of a run."""
    for where, _, fragment in _fragments(viewing):
        left = sum(run.left for runs in fragment.runs for run in runs)
        if left:
            yield Departure(f"{left} bytes behind a trun", "none", where)


FMP4_RULES: Final[tuple[PackagingRule, ...]] = (
    init_segments_are_empty,
    a_file_has_one_track,
    fragments_have_their_time,
    decode_times_add_up,
    data_is_where_it_is_said_to_be,
    composition_is_said_one_way,
    sync_samples_are_keyframes,
    parameter_sets_are_in_the_init_segment,
    frames_of_aac_have_their_length,
    fragment_numbers_rise,
    segments_say_their_brands,
    runs_end_with_their_samples,
)
"""Those of fragmented MP4."""
