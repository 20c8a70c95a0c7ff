"""Transport streams read back: ours, others', and what is left of broken ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.remux.records import AVC, DATA, IDR, INTER
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.wire.codec.nalu import join_annexb, join_prefixed
from trio_srs.wire.ts.psi import ElementaryStream
from trio_srs.wire.ts.ts_oddity import TsOddityKind
from trio_srs.wire.ts.ts_writer import TsWriter

AUD = b"\x09\xf0"
KEY = join_annexb([AUD, *format_of_record("h264", AVC).sets, IDR])
NEXT = join_annexb([AUD, INTER])
VIDEO = ElementaryStream(0x1B, 0x100)
WRAP = 1 << 33


def demuxed(*slices: bytes) -> tuple[list[AccessUnit], TsDemuxer]:
    demuxer = TsDemuxer()
    units = [unit for each in slices for unit in demuxer.feed(each)]
    return units + demuxer.finish(), demuxer


def writer(*streams: ElementaryStream) -> TsWriter:
    made = TsWriter()
    made.set_program(streams or [VIDEO], 0x100)
    return made


@pytest.mark.parametrize(
    ("name", "codecs", "counts"),
    [
        ("h264_aac", {"h264", "aac"}, (4, 9)),
        ("hevc_opus", {"hevc", "opus"}, (4, 9)),
        ("ac3_eac3_mp3", {"ac3"}, (0, 5)),
    ],
)
def test_streams_of_ffmpeg_are_read(name: str, codecs: set[str], counts: tuple[int, int]) -> None:
    units, demuxer = demuxed((DATA / "ts" / f"ffmpeg_{name}.ts").read_bytes())
    assert {unit.format.codec for unit in units} == codecs
    kinds = [unit.format.kind for unit in units]
    assert (kinds.count("video"), kinds.count("audio")) == counts
    assert demuxer.oddities == {}
    if name == "ac3_eac3_mp3":
        assert [(what.codec, what.reason) for what in demuxer.left_out] == [
            ("eac3", LeftOutReason.OTHER_TRACK), ("mp3", LeftOutReason.OTHER_TRACK),
        ]  # fmt: skip
    else:
        assert demuxer.left_out == []
        pictures = [unit for unit in units if unit.format.kind == "video"]
        assert [unit.is_key for unit in pictures] == [True, False, False, False]
        assert (pictures[0].format.width, pictures[0].format.height) == (64, 48)


def test_times_go_on_over_the_wrap() -> None:
    ts = writer()
    stream = ts.tables() + ts.pes(0x100, 0xE0, KEY, WRAP + 900, WRAP - 900)
    units, _ = demuxed(stream + ts.pes(0x100, 0xE0, NEXT, WRAP + 2700, WRAP + 2700))
    assert [(unit.dts, unit.pts) for unit in units] == [
        (WRAP - 900, WRAP + 900), (WRAP + 2700, WRAP + 2700),
    ]  # fmt: skip


def test_a_clock_that_is_set_is_told_with_the_next_unit() -> None:
    ts = writer()
    stream = ts.tables() + ts.pes(0x100, 0xE0, KEY, 0, 0, clock=0)
    stream += ts.clock(90_000_000, discontinuity=True)
    stream += ts.pes(0x100, 0xE0, NEXT, 90_000_000, 90_000_000)
    stream += ts.pes(0x100, 0xE0, NEXT, 90_003_600, 90_003_600, clock=90_003_600)
    units, _ = demuxed(stream)
    assert [unit.discontinuity for unit in units] == [False, True, False]


def test_packets_without_times_are_read_if_others_came_before() -> None:
    ts = writer()
    bare = bytes.fromhex("000001e0 0000 80 00 00") + NEXT
    stream = ts.tables() + ts.pes(0x100, 0xE0, KEY, 5, 5)
    units, _ = demuxed(stream + ts._of(0x100).write(bare))
    assert [unit.dts for unit in units] == [5, 6]


def test_what_is_not_read_is_named() -> None:
    ts = writer(VIDEO, ElementaryStream(0x15, 0x102), ElementaryStream(6, 0x103, b"\x05\x04AV01"))
    stream = ts.tables() + ts.pes(0x102, 0xBD, b"id3", 0, 0)
    stream += ts.pes(0x100, 0xE0, b"no start code", 0, 0) + ts.pes(0x100, 0xE0, NEXT, 0, 0)
    units, demuxer = demuxed(stream)
    assert units == []
    assert [(str(what), what.count) for what in demuxer.left_out] == [
        ("data stream type 0x15: on PID 0x102", 1),
        ("data av1: on PID 0x103", 1),
        ("video h264: byte 0 is no start code but 6e6f2073", 2),
    ]


def test_a_unit_with_a_hole_is_left_out() -> None:
    ts = writer()
    stream = ts.tables() + ts.pes(0x100, 0xE0, KEY, 0, 0)
    long = ts.pes(0x100, 0xE0, join_annexb([AUD, INTER + b"x" * 900]), 1, 1)
    stream += long[:188] + long[376:] + ts.pes(0x100, 0xE0, NEXT, 2, 2)
    units, demuxer = demuxed(stream)
    assert [unit.dts for unit in units] == [0, 2]
    assert [what.reason for what in demuxer.left_out] == [LeftOutReason.UNREADABLE]
    assert TsOddityKind.CONTINUITY in demuxer.oddities


def test_a_stream_goes_on_where_only_another_is_new() -> None:
    ts = writer()
    stream = ts.tables() + ts.pes(0x100, 0xE0, KEY, 0, 0)
    ts.set_program([VIDEO, ElementaryStream(0x0F, 0x101)], 0x100)
    stream += ts.tables() + ts.pes(0x100, 0xE0, NEXT, 1, 1)
    ts.set_program([ElementaryStream(0x24, 0x100)], 0x100)
    stream += ts.tables() + ts.pes(0x100, 0xE0, NEXT, 2, 2)
    units, demuxer = demuxed(stream)
    assert [unit.data for unit in units] == [join_prefixed([IDR]), join_prefixed([INTER])]
    assert [what.codec for what in demuxer.left_out] == ["hevc"]


@pytest.mark.property
@given(st.data())
def test_anything_is_read_however_it_is_cut(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["h264_aac", "hevc_opus", "ac3_eac3_mp3"]))
    stream = bytearray((DATA / "ts" / f"ffmpeg_{name}.ts").read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    step = data.draw(st.integers(50, 700))
    cut = [bytes(stream[at : at + step]) for at in range(0, len(stream), step)]
    (units, one), (again, other) = demuxed(bytes(stream)), demuxed(*cut)
    assert units == again
    assert (one.left_out, one.oddities) == (other.left_out, other.oddities)
