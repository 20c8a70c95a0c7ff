"""From messages to access units: what is read, when it is, and what is left out by name."""

from __future__ import annotations

import pytest

from tests.media.remux.records import (
    ASC,
    AVC,
    AVC_OTHER,
    DATA,
    HEVC,
    IDR,
    INTER,
    OTHER_SLICE,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    head,
    hevc,
    live,
    mp3,
    opus,
    opus_head,
    sound,
    video,
)
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.nalu import join_annexb, join_prefixed
from trio_srs.wire.flv.audio import AudioPacketType
from trio_srs.wire.flv.enhanced import Multitrack
from trio_srs.wire.flv.video import FrameType, VideoPacketType

CODECS = ("h264", "hevc", "aac", "mp3", "opus")


def new_reader(refused: str = "") -> UnitReader:
    def refusal(track_format: TrackFormat) -> str | None:
        return "not like this" if track_format.codec == refused else None

    return UnitReader(CODECS, refusal)


def read(reader: UnitReader, *messages: Message) -> list[AccessUnit]:
    return [unit for message in messages if (unit := reader.read(*message)) is not None]


def left(reader: UnitReader) -> list[tuple[str, str, LeftOutReason, int]]:
    return [(what.kind, what.codec, what.reason, what.count) for what in reader.left_out.found]


def test_pictures_have_the_times_that_were_sent() -> None:
    reader = new_reader()
    units = read(reader, head(), avc(0, key=True, cts=80), avc(40, cts=160), avc(80, cts=0))
    assert [(unit.dts, unit.pts) for unit in units] == [(0, 7200), (3600, 18000), (7200, 7200)]
    assert [unit.is_key for unit in units] == [True, False, False]
    assert units[0].data == join_prefixed([IDR + b"0"])
    assert units[0].format.record == AVC
    assert {unit.format for unit in units} == {units[0].format}
    assert left(reader) == []


def test_sound_is_counted_in_samples() -> None:
    times_ms = [0, 21, 43, 64, 85, 107]
    units = read(new_reader(), aac_head(), *(aac(at_ms) for at_ms in times_ms))
    assert [unit.dts for unit in units] == [n * 1920 for n in range(6)]
    assert {(unit.samples, unit.pts - unit.dts, unit.is_key) for unit in units} == {(1024, 0, True)}


def test_sound_that_is_lost_leaves_a_gap() -> None:
    units = read(new_reader(), aac_head(), aac(0), aac(21), aac(100), aac(121))
    assert [unit.dts / 90 for unit in units] == pytest.approx([0, 21.33, 100, 121.33], abs=0.01)


def test_sound_that_comes_too_often_rises_all_the_same() -> None:
    units = read(new_reader(), aac_head(), *(aac(at_ms) for at_ms in (0, 1, 2, 3, 4, 5)))
    times = [unit.dts for unit in units]
    assert times == sorted(set(times))


def test_pictures_shown_before_they_are_decoded_are_decoded_earlier() -> None:
    reader = new_reader()
    units = read(reader, head(), avc(0, key=True), avc(40, cts=-80), avc(80), avc(120), avc(160))
    assert all(unit.pts >= unit.dts for unit in units)
    assert [unit.dts for unit in units] == [0, 1, 2, 3600, 7200]
    assert [unit.pts for unit in units] == [0, 1, 7200, 10800, 14400]


def test_a_composition_time_that_is_noise_moves_nothing_far() -> None:
    units = read(new_reader(), head(), avc(20_000, key=True), avc(20_040, cts=-8_000_000))
    assert [(unit.dts // 90, unit.pts // 90) for unit in units] == [(20_000, 20_000)] * 2


def test_a_break_is_told_once() -> None:
    units = read(
        new_reader(), head(), aac_head(), avc(0, key=True, cts=0), aac(0), avc(40, cts=-40),
        avc(90_000, key=True), aac(90_000), avc(90_040),
    )  # fmt: skip
    assert [unit.discontinuity for unit in units] == [False] * 3 + [True] + [False] * 2
    assert units[3].dts == 89_960 * 90


def test_sound_alone_breaks_by_itself() -> None:
    units = read(new_reader(), aac_head(), aac(0), aac(90_000), aac(90_021))
    assert [(unit.dts // 90, unit.discontinuity) for unit in units] == [
        (0, False), (90_000, True), (90_021, False),
    ]  # fmt: skip


def test_pictures_before_the_first_keyframe_are_left_out() -> None:
    reader = new_reader()
    assert len(read(reader, head(), avc(0), avc(40), avc(80, key=True), avc(120))) == 2
    assert left(reader) == [("video", "h264", LeftOutReason.NO_KEYFRAME, 2)]


def test_another_header_holds_from_the_next_keyframe_on() -> None:
    reader = new_reader()
    units = read(reader, head(), avc(0, key=True), head(AVC_OTHER, 40), avc(40), avc(80, key=True))
    assert [unit.format.record for unit in units] == [AVC, AVC_OTHER]


@pytest.mark.parametrize("again", [head(), head(b"")])
def test_the_same_header_again_changes_nothing(again: Message) -> None:
    units = read(new_reader(), head(), avc(0, key=True), again, avc(40))
    assert len(units) == 2
    assert units[0].format is units[1].format


def test_another_codec_is_another_format() -> None:
    units = read(
        new_reader(), head(), avc(0, key=True), head(HEVC, 40, "hvc1"), hevc(40, key=True),
        aac_head(), aac(40), mp3(60), mp3(86), mp3(112, "fff384c4"),
    )  # fmt: skip
    assert [unit.format.codec for unit in units] == ["h264", "hevc", "aac", "mp3", "mp3", "mp3"]
    assert units[3].format is units[4].format
    assert [unit.format.sample_rate for unit in units[4:]] == [44100, 24000]


def test_what_the_container_has_no_place_for_is_left_out() -> None:
    reader = new_reader()
    messages = [
        enhanced("vp09", 0, b"frame"),
        enhanced("vp09", 40, b"frame"),
        enhanced("zzzz", 80, b""),
    ]
    messages += [enhanced("zzzz", 80, b"frame"), sound("spex", 0, b"speech")]
    assert reader.may_come("video")
    assert read(reader, *messages) == []
    assert left(reader) == [
        ("video", "vp9", LeftOutReason.NOT_CARRIED, 2),
        ("video", "zzzz", LeftOutReason.NOT_CARRIED, 1),
        ("audio", "speex", LeftOutReason.NOT_CARRIED, 1),
    ]
    assert not reader.may_come("video")
    assert not reader.may_come("audio")


def test_what_the_container_refuses_is_left_out() -> None:
    reader = new_reader("aac")
    assert read(reader, aac_head(), aac(0), aac(21)) == []
    assert [str(what) for what in reader.left_out.found] == ["audio aac: not like this"]
    assert not reader.may_come("audio")
    assert len(read(reader, mp3(40))) == 1
    assert reader.may_come("audio")


def test_frames_without_a_header_are_left_out_until_it_comes() -> None:
    reader = new_reader()
    messages = [
        avc(0, key=True),
        aac(0),
        opus(20),
        head(),
        avc(40, key=True),
        opus_head(),
        opus(60),
    ]
    assert [unit.format.codec for unit in read(reader, *messages)] == ["h264", "opus"]
    assert left(reader) == [
        ("video", "h264", LeftOutReason.NO_HEADER, 1),
        ("audio", "aac", LeftOutReason.NO_HEADER, 1),
        ("audio", "opus", LeftOutReason.NO_HEADER, 1),
    ]
    assert reader.may_come("audio")


def test_parameter_sets_in_the_pictures_stand_for_a_header_that_never_comes() -> None:
    reader = new_reader()
    sets, others = (format_of_record("h264", record).sets for record in (AVC, AVC_OTHER))
    messages = [avc(0), avc(40, *sets, IDR, key=True), avc(80), avc(120, *sets, IDR, key=True)]
    units = read(reader, *messages, avc(160), avc(200, *others, IDR, key=True), avc(240))
    assert [unit.format.sets for unit in units] == [sets] * 4 + [others] * 2
    assert units[3].format is units[0].format
    assert left(reader) == [("video", "h264", LeftOutReason.NO_HEADER, 1)]
    assert read(reader, hevc(280, key=True)) == [], "those are of another codec"
    assert len(read(reader, head(at_ms=300), avc(320, key=True))) == 1


def test_temporal_delimiters_are_not_in_pictures() -> None:
    reader = UnitReader(("av1",), lambda _: None)
    record = (DATA / "codec" / "av1_main10_320x242.bin").read_bytes()
    start = video(
        "av01", 0, record, frame_type=FrameType.KEY, packet_type=VideoPacketType.SEQUENCE_START
    )
    frame = b"\x32\x02\x10\x00"
    messages = [enhanced("av01", at_ms, data) for at_ms, data in enumerate((frame, b"\x12\x00"))]
    units = read(reader, start, *messages, enhanced("av01", 40, b"\x12\x00" + frame))
    assert [unit.data for unit in units] == [frame, frame]


def test_a_header_that_cannot_be_read_is_as_good_as_none() -> None:
    reader = new_reader()
    assert read(reader, head(b"\x07"), avc(0, key=True), avc(40)) == []
    assert left(reader) == [("video", "h264", LeftOutReason.NO_HEADER, 2)]
    assert not reader.may_come("video")


def test_other_tracks_and_what_is_no_frame_are_passed_over() -> None:
    reader = new_reader()
    one = {"multitrack": Multitrack.ONE_TRACK, "enhanced": True}
    second = video("avc1", 0, join_prefixed([INTER]), track_id=1, **one)
    messages = [
        head(), avc(0, key=True), second, aac_head(),
        video("avc1", 0, join_prefixed([INTER]), track_id=0, **one),
        sound("mp4a", 0, b"x", track_id=3, multitrack=Multitrack.ONE_TRACK),
        sound("mp4a", 21, b"x", multitrack=Multitrack.ONE_TRACK),
        video("avc1", 40, b"", packet_type=VideoPacketType.SEQUENCE_END),
        video("avc1", 40, b"\x00", frame_type=FrameType.COMMAND),
        sound("mp4a", 40, b"", packet_type=AudioPacketType.SEQUENCE_END),
        video("avc1", 40, b""), sound("mp4a", 40, b""), (18, 0, b"\x02"),
    ]  # fmt: skip
    assert [unit.format.kind for unit in read(reader, *messages)] == ["video", "video", "audio"]
    assert left(reader) == [
        ("video", "avc1", LeftOutReason.OTHER_TRACK, 1),
        ("audio", "mp4a", LeftOutReason.OTHER_TRACK, 1),
    ]


def test_what_cannot_be_read_is_named_and_passed_over() -> None:
    reader = new_reader()
    two = bytes.fromhex("fff14c8001 1ffc aa") * 2
    bad = [(9, 0, b""), (8, 0, b""), aac_head(), aac(0, two), opus_head(), opus(0, b"\x03")]
    assert read(reader, *bad) == []
    assert left(reader) == [
        ("video", "", LeftOutReason.UNREADABLE, 1),
        ("audio", "", LeftOutReason.UNREADABLE, 1),
        ("audio", "aac", LeftOutReason.UNREADABLE, 1),
        ("audio", "opus", LeftOutReason.UNREADABLE, 1),
    ]


def test_a_frame_in_adts_is_taken_out_of_it() -> None:
    framed = bytes.fromhex("fff14c8001 5ffc") + b"raw"
    for messages in ([aac(0, framed)], [aac_head(), aac(0, framed)]):
        [unit] = read(new_reader(), *messages)
        assert (unit.data, unit.format.record) == (b"raw", ASC)


def test_slices_that_come_by_themselves_are_of_one_picture() -> None:
    sei = b"\x06sei"
    messages = [
        head(), avc(0, IDR, key=True), avc(0, OTHER_SLICE, key=True), avc(40, sei),
        avc(40, INTER), avc(40, OTHER_SLICE), avc(80, b"\x09\xf0", key=True), avc(80, sei),
        avc(80, IDR),
    ]  # fmt: skip
    units = read(new_reader(), *messages)
    assert [(unit.dts // 90, unit.is_key, unit.continues) for unit in units] == [
        (0, True, False), (0, False, True), (40, False, False), (40, False, True),
        (80, True, False),
    ]  # fmt: skip
    assert units[2].data == join_prefixed([sei, INTER])
    assert units[4].data == join_prefixed([b"\x09\xf0", sei, IDR])


def test_more_than_belongs_before_a_picture_is_not_held() -> None:
    reader = new_reader()
    units = read(reader, head(), avc(0, key=True), avc(40, b"\x06" + bytes(70_000)), avc(40, INTER))
    assert units[1].data == join_prefixed([INTER])


def test_a_first_picture_whose_first_slice_never_came_is_left_out() -> None:
    reader = new_reader()
    assert read(reader, head(), avc(0, OTHER_SLICE, key=True)) == []
    assert left(reader) == [("video", "h264", LeftOutReason.NO_KEYFRAME, 1)]


def test_start_codes_in_place_of_lengths_are_read() -> None:
    body = join_annexb([IDR + b"abc", IDR + b"def"])
    key = video("avc1", 0, body, frame_type=FrameType.KEY)
    [unit] = read(new_reader(), head(), key)
    assert unit.data == join_prefixed([IDR + b"abc", IDR + b"def"])


def test_short_lengths_are_taken_as_they_are() -> None:
    short = AVC[:4] + b"\xfd" + AVC[5:]
    sei = video("avc1", 40, join_prefixed([b"\x06sei"], 2))
    key = video("avc1", 0, join_prefixed([IDR], 2), frame_type=FrameType.KEY)
    units = read(new_reader(), head(short), key, sei, video("avc1", 40, join_prefixed([INTER], 2)))
    assert [unit.data for unit in units] == [
        join_prefixed([IDR], 2), join_prefixed([b"\x06sei", INTER], 2),
    ]  # fmt: skip


def test_another_publisher_begins_anew() -> None:
    reader = new_reader()
    read(reader, head(), aac_head(), avc(0, key=True), aac(0), avc(40))
    reader.restart()
    read(reader, sound("spex", 70, b"speech"))
    assert reader.left_out.found
    reader.restart()
    assert not reader.left_out.found
    units = read(reader, avc(80), head(), aac_head(), aac(90), avc(90), avc(100, key=True))
    assert [(unit.dts // 90, unit.discontinuity) for unit in units] == [(90, True), (100, False)]


def test_sound_goes_with_pictures_to_a_clock_that_is_earlier() -> None:
    reader = UnitReader({"h264", "aac"}, lambda _: None)
    stream = [*live(2, start_ms=500_000), *live(2, start_ms=20_000)[2:]]
    units = [unit for message in stream if (unit := reader.read(*message))]
    for kind in ("video", "audio"):
        later = [unit.dts for unit in units if unit.format.kind == kind][-20:]
        assert 20_000 * 90 < later[0] < later[-1] < 22_000 * 90


def test_the_tracks_of_which_something_came_are_known() -> None:
    reader = UnitReader({"h264", "aac"}, lambda _: None)
    assert reader.formats == {}
    for message in live(1):
        reader.read(*message)
    assert {kind: each.codec for kind, each in reader.formats.items()} == {
        "video": "h264", "audio": "aac",
    }  # fmt: skip
