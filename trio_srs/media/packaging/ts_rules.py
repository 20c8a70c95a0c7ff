"""Rules of segments of MPEG-TS. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.ts_layout import TsLayout
from trio_srs.media.packaging.viewing import SeenRendition, SeenSegment, Viewing
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.wire.codec.adts import split_adts
from trio_srs.wire.codec.nalu import NaluError, split_annexb
from trio_srs.wire.ts.packet import CLOCK_HZ, PACKET_SIZE, PCR_PER_TICK, WRAP_TICKS
from trio_srs.wire.ts.psi import PAT_PID, ProgramMap
from trio_srs.wire.ts.ts_codecs import stream_codec
from trio_srs.wire.ts.ts_oddity import TsOddityKind
from trio_srs.wire.ts.ts_reader import ClockReference, PesPacket

__all__ = ["TS_RULES"]

_Segment = tuple[SeenRendition, SeenSegment, TsLayout]
_Find = Callable[[Viewing], Iterator[Departure]]
_COUNTERS: Final = 16
_EARLY: Final = CLOCK_HZ
_FAR: Final = 10 * CLOCK_HZ
_PICTURE_BEGINS: Final = {"h264": (1, 0x80), "hevc": (2, 0x80)}
"""By codec: the byte and bit of a slice that are 1 where it is the first of its picture."""


def _segments(viewing: Viewing) -> Iterator[_Segment]:
    for rendition in viewing.renditions.values():
        for segment in rendition.segments.values():
            if segment.content is not None and segment.content.is_ts:
                yield rendition, segment, segment.content.ts


def _neighbours(viewing: Viewing) -> Iterator[tuple[_Segment, _Segment]]:
    for before, after in pairwise(_segments(viewing)):
        if before[0] is after[0] and after[1].number == before[1].number + 1:
            yield before, after


def _odd(viewing: Viewing, *kinds: TsOddityKind) -> Iterator[Departure]:
    """What the reader of transport streams found."""
    for rendition, segment, layout in _segments(viewing):
        for kind in kinds:
            if found := layout.oddities.get(kind):
                expected = f"none of it ({found.count} times)"
                yield Departure(found.detail, expected, rendition.where(segment.number))


@packaging_rule("TS 2.4.3.2")
def packets_are_whole(viewing: Viewing) -> Iterator[Departure]:
    """A segment is packets of 188 bytes, each with its sync byte, and nothing else."""
    for rendition, segment, layout in _segments(viewing):
        left = layout.size % PACKET_SIZE
        if left:
            where = rendition.where(segment.number)
            yield Departure(f"{left} bytes more", "whole packets", where)
        elif found := layout.oddities.get(TsOddityKind.GARBAGE):
            yield Departure(found.detail, "packets", rendition.where(segment.number))


@packaging_rule("8216 3.2")
def tables_come_first(viewing: Viewing) -> Iterator[Departure]:
    """A segment begins with the program association table and the program map."""
    for rendition, segment, layout in _segments(viewing):
        streams = {stream.pid for each in layout.maps for stream in each.streams}
        pids = layout.begins_with
        if pids[:1] != [PAT_PID] or (streams & set(pids)) or len(set(pids)) < 2:
            seen = f"packets of PID {', '.join(f'{pid:#x}' for pid in pids)}"
            yield Departure(seen, "PAT and PMT", rendition.where(segment.number))


@packaging_rule("TS 2.4.4")
def tables_can_be_read(viewing: Viewing) -> Iterator[Departure]:
    """Tables are whole, and their checksums right."""
    yield from _odd(viewing, TsOddityKind.SECTION)


@packaging_rule("TS 2.4.3.3; A 7.2; VLC")
def counters_go_on(viewing: Viewing) -> Iterator[Departure]:
    """Counters of packets rise by one, in a segment and from one to the next."""
    yield from _odd(viewing, TsOddityKind.CONTINUITY, TsOddityKind.DUPLICATE)
    for (_, _, before), (rendition, segment, after) in _neighbours(viewing):
        if segment.listed.is_discontinuity:
            continue
        for pid in sorted(before.counters.keys() & after.counters.keys()):
            expected = (before.counters[pid].last + 1) % _COUNTERS
            if after.counters[pid].first != expected:
                seen = f"PID {pid:#x} begins with {after.counters[pid].first}"
                yield Departure(seen, f"{expected}", rendition.where(segment.number))


@packaging_rule("TS 2.4.4.9; VLC")
def map_versions_rise(viewing: Viewing) -> Iterator[Departure]:
    """A program map that says something else has another version."""
    yield from _odd(viewing, TsOddityKind.SAME_VERSION)
    for (_, _, before), (rendition, segment, after) in _neighbours(viewing):
        for was, now in zip(before.maps[-1:], after.maps[:1], strict=False):
            if was.streams != now.streams and was.version == now.version:
                where = rendition.where(segment.number)
                yield Departure(f"version {now.version} again", "another version", where)


@packaging_rule("bis 6.2.1; hls.js#7245")
def tracks_change_at_discontinuities(viewing: Viewing) -> Iterator[Departure]:
    """Tracks come and go with a discontinuity only."""
    for (_, _, before), (rendition, segment, after) in _neighbours(viewing):
        for was, now in zip(before.maps[-1:], after.maps[:1], strict=False):
            types = [[stream.stream_type for stream in each.streams] for each in (was, now)]
            if types[0] != types[1] and not segment.listed.is_discontinuity:
                seen = f"stream types {types[1]} behind {types[0]}"
                where = rendition.where(segment.number)
                yield Departure(seen, "a discontinuity", where)


@packaging_rule("TS 2.4.4.8; srs#3619")
def listed_streams_have_data(viewing: Viewing) -> Iterator[Departure]:
    """Of every stream that the program map lists something comes."""
    runs: list[tuple[ProgramMap, set[int], str]] = []
    for rendition, segment, layout in _segments(viewing):
        for event in layout.events:
            if isinstance(event, ProgramMap):
                where = rendition.where(segment.number)
                if not runs or runs[-1][0].streams != event.streams:
                    runs.append((event, set(), where))
            elif isinstance(event, PesPacket) and runs:
                runs[-1][1].add(event.pid)
    for table, pids, where in runs:
        for stream in table.streams:
            if stream.pid not in pids:
                yield Departure(f"nothing on PID {stream.pid:#x}", "data", where)


@packaging_rule("TS 2.4.4.8")
def data_is_on_listed_streams(viewing: Viewing) -> Iterator[Departure]:
    """Nothing comes on a PID that no table lists."""
    yield from _odd(viewing, TsOddityKind.UNLISTED_PID)


@packaging_rule("TS 2.7.2; VLC")
def the_clock_comes_often(viewing: Viewing) -> Iterator[Departure]:
    """A clock reference comes every 100 ms, on the PID that the program map names."""
    yield from _odd(viewing, TsOddityKind.PCR_INTERVAL, TsOddityKind.NO_PCR)
    for rendition, segment, layout in _segments(viewing):
        if layout.packets and not layout.clocks:
            yield Departure("no clock reference", "one", rendition.where(segment.number))


@packaging_rule("TS 2.4.3.5")
def the_clock_never_goes_back(viewing: Viewing) -> Iterator[Departure]:
    """Each clock reference is later than the one before it."""
    yield from _odd(viewing, TsOddityKind.PCR_BACK)


@packaging_rule("TS 2.4.2")
def frames_are_sent_in_time(viewing: Viewing) -> Iterator[Departure]:
    """A frame is sent before the clock has passed its time of decoding."""
    yield from _odd(viewing, TsOddityKind.LATE)


@packaging_rule("TS 2.4.2.3")
def frames_are_not_sent_too_early(viewing: Viewing) -> Iterator[Departure]:
    """A frame is sent less than a second before its time of decoding."""
    for rendition, segment, layout in _segments(viewing):
        clock: int | None = None
        for event in layout.events:
            if isinstance(event, ClockReference):
                clock = event.pcr // PCR_PER_TICK
            elif isinstance(event, PesPacket) and event.dts is not None and clock is not None:
                ahead = _apart(event.dts, clock)
                if _EARLY < ahead < _FAR:
                    seen = f"{ahead / CLOCK_HZ:.2f} s ahead of the clock"
                    yield Departure(seen, "1 s at most", rendition.where(segment.number))


def _apart(later: int, earlier: int) -> int:
    return (later - earlier + WRAP_TICKS // 2) % WRAP_TICKS - WRAP_TICKS // 2


@packaging_rule("TS 2.4.3.7")
def packets_have_their_times(viewing: Viewing) -> Iterator[Departure]:
    """A PES packet says when it is shown, and that is not before it is decoded."""
    for rendition, segment, layout in _segments(viewing):
        for number, packet in enumerate(layout.packets):
            where = f"{rendition.where(segment.number)} PES packet {number}"
            if packet.pts is None or packet.dts is None:
                yield Departure("no PTS", "one", where)
            elif _apart(packet.pts, packet.dts) < 0:
                yield Departure(f"PTS {packet.pts}, DTS {packet.dts}", "PTS behind DTS", where)


def _pictures(viewing: Viewing) -> Iterator[tuple[str, PesPacket, str, list[bytes]]]:
    """PES packets of H.264 and H.265: where, which, of what codec, and their NALUs."""
    for rendition, segment, layout in _segments(viewing):
        codecs = {stream.pid: stream_codec(stream) for m in layout.maps for stream in m.streams}
        for number, packet in enumerate(layout.packets):
            codec = codecs.get(packet.pid) or ""
            if codec in BYTE_STREAMS and not packet.is_broken:
                where = f"{rendition.where(segment.number)} PES packet {number}"
                try:
                    yield where, packet, codec, split_annexb(packet.data)
                except NaluError:
                    continue


@packaging_rule("TS 2.14.1, 2.17.1; ExoPlayer#1263, Bento4#94")
def pictures_have_one_delimiter(viewing: Viewing) -> Iterator[Departure]:
    """A picture of H.264 or H.265 begins with an access unit delimiter, and has no other."""
    for where, _, codec, nalus in _pictures(viewing):
        stream, (at, bit) = BYTE_STREAMS[codec], _PICTURE_BEGINS[codec]
        kinds = [stream.type_of(nalu) for nalu in nalus]
        units = sum(
            kind in stream.slices and len(nalu) > at and bool(nalu[at] & bit)
            for kind, nalu in zip(kinds, nalus, strict=True)
        )
        delimiters = kinds.count(stream.delimiter_type)
        if delimiters != units or (units and kinds[0] != stream.delimiter_type):
            seen = f"{delimiters} delimiters in {units} pictures"
            yield Departure(seen, "one in front of each", where)


@packaging_rule("8216 3.2; A 7.4")
def keyframes_have_their_parameter_sets(viewing: Viewing) -> Iterator[Departure]:
    """Parameter sets stand in front of a keyframe."""
    for where, _, codec, nalus in _pictures(viewing):
        stream = BYTE_STREAMS[codec]
        kinds = [stream.type_of(nalu) for nalu in nalus]
        first = next((at for at, kind in enumerate(kinds) if _is_key(codec, kind)), None)
        if first is not None and not stream.sets - {13} <= set(kinds[:first]):
            yield Departure("a keyframe alone", "parameter sets before it", where)


def _is_key(codec: str, kind: int) -> bool:
    stream = BYTE_STREAMS[codec]
    return kind in stream.slices and kind >= stream.first_key


@packaging_rule("TS 2.4.3.5", Severity.WARNING)
def keyframes_may_be_begun_at(viewing: Viewing) -> Iterator[Departure]:
    """A packet with a keyframe has the random access indicator."""
    for where, packet, codec, nalus in _pictures(viewing):
        is_key = any(_is_key(codec, BYTE_STREAMS[codec].type_of(nalu)) for nalu in nalus)
        if is_key and not packet.random_access:
            yield Departure("no random access indicator", "it", where)


@packaging_rule("ISO/IEC 14496-3 1.A.3; hls.js PR#7952")
def frames_of_aac_fill_their_packets(viewing: Viewing) -> Iterator[Departure]:
    """A PES packet of AAC is ADTS frames, one behind the other."""
    for rendition, segment, layout in _segments(viewing):
        pids = {
            stream.pid
            for table in layout.maps
            for stream in table.streams
            if stream_codec(stream) == "aac"
        }
        for number, packet in enumerate(layout.packets):
            if packet.pid in pids:
                frames, left = split_adts(packet.data)
                if left or not frames:
                    where = f"{rendition.where(segment.number)} PES packet {number}"
                    seen = f"{left} bytes behind {len(frames)} frames"
                    yield Departure(seen, "frames that fill it", where)


TS_RULES: Final[tuple[PackagingRule, ...]] = (
    packets_are_whole,
    tables_come_first,
    tables_can_be_read,
    counters_go_on,
    map_versions_rise,
    tracks_change_at_discontinuities,
    listed_streams_have_data,
    data_is_on_listed_streams,
    the_clock_comes_often,
    the_clock_never_goes_back,
    frames_are_sent_in_time,
    frames_are_not_sent_too_early,
    packets_have_their_times,
    pictures_have_one_delimiter,
    keyframes_have_their_parameter_sets,
    keyframes_may_be_begun_at,
    frames_of_aac_fill_their_packets,
)
"""Those of transport streams."""
