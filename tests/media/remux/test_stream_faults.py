"""Streams that are not as they should be: both containers keep their rules, and what is in the
stream comes out of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pytest

from tests.media.remux import mp4_checks, ts_checks
from tests.media.remux.records import (
    AVC,
    AVC_OTHER,
    HEVC,
    IDR,
    INTER,
    IRAP,
    OTHER_SLICE,
    TRAIL,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    head,
    hevc,
    live,
    mp3,
    video,
)
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.left_out import LeftOut, LeftOutReason
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TS_LEAD, TsMuxer
from trio_srs.wire.codec.nalu import join_annexb, split_prefixed
from trio_srs.wire.flv.video import FrameType

Through = Callable[[Sequence[Message]], tuple[list[AccessUnit], list[LeftOut]]]
"""Mux, look at the rules, and demux again: what came out, and what was left out."""

SETS: Final = format_of_record("h264", AVC).sets
OTHER_SETS: Final = format_of_record("h264", AVC_OTHER).sets


def through_ts(messages: Sequence[Message]) -> tuple[list[AccessUnit], list[LeftOut]]:
    muxer, demuxer = TsMuxer(), TsDemuxer()
    pieces = [piece for message in messages for piece in muxer.write(*message)] + muxer.finish()
    data = b"".join(piece.data for piece in pieces)
    ts_checks.check(data)
    units = demuxer.feed(data) + demuxer.finish()
    assert (demuxer.oddities, demuxer.left_out) == ({}, [])
    return units, muxer.left_out


def through_mp4(messages: Sequence[Message]) -> tuple[list[AccessUnit], list[LeftOut]]:
    muxer, demuxer = Mp4Muxer(), Mp4Demuxer()
    pieces = [piece for message in messages for piece in muxer.write(*message)] + muxer.finish()
    mp4_checks.check([(p.data, p.head if p.is_new_head else None, p.is_entry) for p in pieces])
    units = []
    for piece in pieces:
        units += demuxer.feed(piece.head + piece.data if piece.is_new_head else piece.data)
    units += demuxer.finish()
    assert (demuxer.oddities, demuxer.left_out) == ({}, [])
    return units, muxer.left_out


@pytest.fixture(params=[through_ts, through_mp4], ids=["ts", "mp4"])
def through(request: pytest.FixtureRequest) -> Through:
    way: Through = request.param
    return way


def of(units: list[AccessUnit], kind: str) -> list[AccessUnit]:
    return sorted((unit for unit in units if unit.format.kind == kind), key=lambda unit: unit.dts)


def times(units: list[AccessUnit], kind: str = "video") -> list[float]:
    """Milliseconds from the first of that kind to each."""
    found = of(units, kind)
    return [(unit.dts - found[0].dts) / 90 for unit in found]


def slices(units: list[AccessUnit]) -> list[list[bytes]]:
    """NALUs of each picture, without parameter sets."""
    found = []
    for unit in of(units, "video"):
        stream = BYTE_STREAMS[unit.format.codec]
        nalus = split_prefixed(unit.data, unit.format.length_size)
        found.append([nalu for nalu in nalus if stream.type_of(nalu) not in stream.sets])
    return found


def test_b_frames_are_shown_between_their_neighbours(through: Through) -> None:
    units, _ = through(live(2))
    pictures = of(units, "video")
    shown = [(unit.pts - pictures[0].dts) / 90 for unit in pictures]
    assert shown[:8] == [80, 200, 160, 120, 240, 360, 320, 280]
    assert times(units) == [n * 40 for n in range(50)]


def test_sound_that_starts_late_starts_in_its_place(through: Through) -> None:
    frames = [message for message in live(3) if message[0] == 9 or message[1] >= 2000]
    units, left = through([aac_head(), *frames])
    first = of(units, "audio")[0].dts - of(units, "video")[0].dts
    assert first / 90 == pytest.approx(2005, abs=25)
    assert left == []


def test_sound_alone_is_whole(through: Through) -> None:
    units, _ = through([aac_head(), *(aac(n * 64 // 3) for n in range(100))])
    assert times(units, "audio") == [pytest.approx(n * 64 / 3, abs=0.1) for n in range(100)]
    assert of(units, "video") == []


def test_pictures_alone_are_whole(through: Through) -> None:
    units, _ = through(live(2, with_sound=False))
    assert len(of(units, "video")) == 50
    assert of(units, "audio") == []


@pytest.mark.parametrize("to_ms", [900_000, 10])
def test_a_jump_of_the_clock_loses_nothing_and_keeps_sound_with_pictures(
    through: Through, to_ms: int
) -> None:
    units, left = through([*live(2, start_ms=300_000), *live(2, start_ms=to_ms)[2:]])
    assert left == []
    pictures, sounds = [[u for u in units if u.format.kind == kind] for kind in ("video", "audio")]
    assert len(pictures) == 100
    assert len(sounds) >= 185
    assert pictures[-1].dts - sounds[-1].dts == pytest.approx(0, abs=90 * 60)


@pytest.mark.parametrize("start_ms", [(1 << 32) - 1000, 95_442_000])
def test_a_wrap_of_32_or_33_bits_goes_on(through: Through, start_ms: int) -> None:
    units, left = through(live(3, start_ms=start_ms))
    assert times(units) == [n * 40 for n in range(75)]
    assert not any(unit.discontinuity for unit in units)
    assert left == []


def test_another_size_is_read_from_its_keyframe_on(through: Through) -> None:
    changed = [head(AVC_OTHER, 1000), *(avc(1000 + n * 40, key=n == 0) for n in range(5))]
    units, _ = through([*live(1, with_sound=False), *changed])
    assert [unit.format.sets for unit in of(units, "video")] == [SETS] * 25 + [OTHER_SETS] * 5


def test_other_codecs_are_read_from_where_they_begin(through: Through) -> None:
    changed = [head(HEVC, 1000, "hvc1"), hevc(1000, key=True), mp3(1010), hevc(1040), mp3(1036)]
    units, _ = through([*live(1), *changed])
    assert [unit.format.codec for unit in of(units, "video")] == ["h264"] * 25 + ["hevc"] * 2
    assert [unit.format.codec for unit in of(units, "audio")][-3:] == ["aac", "mp3", "mp3"]


def test_a_stream_that_begins_within_a_group_begins_at_its_next_keyframe(through: Through) -> None:
    messages = live(2, with_sound=False)
    units, [left] = through([*messages[:2], *messages[7:]])
    assert times(units) == [n * 40 for n in range(25)]
    assert units[0].is_key
    assert (left.reason, left.count) == (LeftOutReason.NO_KEYFRAME, 20)


def test_nothing_is_made_of_nothing(through: Through) -> None:
    empty = [enhanced("avc1", 10, b""), (9, 20, b""), (8, 20, b""), aac(30, b""), avc(35, b"")]
    units, left = through([*live(1)[:3], *empty, *live(1)[3:]])
    assert times(units) == [n * 40 for n in range(25)]
    assert all(unit.data for unit in units)
    assert {each.reason for each in left} <= {LeftOutReason.UNREADABLE}


def test_parameter_sets_may_be_in_the_pictures_alone(through: Through) -> None:
    messages = [
        avc(0, *SETS, IDR, key=True), avc(40), avc(80, *SETS, IDR, key=True),
        avc(120, *OTHER_SETS, IDR, key=True), avc(160),
    ]  # fmt: skip
    units, left = through(messages)
    assert [unit.format.sets for unit in units] == [SETS] * 3 + [OTHER_SETS] * 2
    assert [unit.is_key for unit in units] == [True, False, True, True, False]
    assert left == []


def test_parameter_sets_of_h265_may_be_in_the_pictures_alone(through: Through) -> None:
    sets = format_of_record("hevc", HEVC).sets
    units, left = through([hevc(0, *sets, IRAP, key=True), hevc(40, TRAIL)])
    assert [(unit.format.codec, unit.format.sets) for unit in units] == [("hevc", sets)] * 2
    assert left == []


def framed(at_ms: int, data: bytes, *, key: bool = False) -> Message:
    """A picture whatever its bytes are."""
    return video("avc1", at_ms, data, frame_type=FrameType.KEY if key else FrameType.INTER)


CUT: Final = b"\0\0\0\x05\x41\x9a\x24ab\0\0\0\x09\x41\x3a\x24"


@pytest.mark.parametrize(
    ("data", "nalus"),
    [
        (join_annexb([INTER + b"a", OTHER_SLICE]), [INTER + b"a", OTHER_SLICE]),
        (b"\0\0\x01" + INTER + b"\0\0\x01" + OTHER_SLICE, [INTER, OTHER_SLICE]),
        (CUT, [INTER + b"ab", OTHER_SLICE]),
        (b"\0\0\0\x04" + INTER + b"a" + b"\0\0\0\0" + b"\0\0", [INTER + b"a"]),
    ],
    ids=["start codes", "short start codes", "the last cut short", "empty ones"],
)
def test_pictures_in_other_frames_than_agreed_are_read(
    through: Through, data: bytes, nalus: list[bytes]
) -> None:
    units, _ = through([head(), avc(0, IDR, key=True), framed(40, data), avc(80, INTER)])
    assert slices(units) == [[IDR], nalus, [INTER]]


def test_delimiters_and_ends_of_the_encoder_are_no_pictures(through: Through) -> None:
    ends = [b"\x09\xf0", b"\x0a", b"\x0b"]
    units, _ = through([head(), avc(0, ends[0], IDR, *ends[1:], key=True), avc(40, *ends), avc(80)])
    assert times(units) == [0, 80]


def test_timestamps_that_stand_still_rise_all_the_same(through: Through) -> None:
    units, _ = through([head(), avc(0, key=True), *(avc(40, INTER + b"%d" % n) for n in range(5))])
    found = [unit.dts for unit in units]
    assert found == sorted(set(found))
    assert found[-1] - found[0] <= 40 * 90 + 5


def test_the_lead_of_a_transport_stream_is_what_is_documented() -> None:
    units, _ = through_ts(live(1))
    assert of(units, "video")[0].dts == TS_LEAD
