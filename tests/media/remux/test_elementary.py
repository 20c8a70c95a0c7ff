"""What is in the PES packets of one stream."""

from __future__ import annotations

import pytest

from tests.media.remux.records import AVC, AVC_OTHER, HEVC, IDR, INTER, IRAP, OTHER_SLICE, TRAIL
from trio_srs.errors import ProtocolError
from trio_srs.media.remux.elementary import ElementaryReader, elementary_reader
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.adts import AdtsWriter
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.nalu import join_annexb, join_prefixed
from trio_srs.wire.ts.opus_control import opus_control
from trio_srs.wire.ts.psi import ElementaryStream
from trio_srs.wire.ts.ts_codecs import opus_descriptors

AUD = b"\x09\xf0"
SETS = format_of_record("h264", AVC).sets


def reader(codec: str) -> ElementaryReader:
    entry = ElementaryStream(0, 0x100, opus_descriptors(6) if codec == "opus" else b"")
    made = elementary_reader(codec, entry)
    assert made is not None
    return made


def adts(data: bytes, config: str = "1190") -> bytes:
    writer = AdtsWriter(parse_audio_specific_config(bytes.fromhex(config)))
    return writer.header(len(data)) + data


def test_there_is_no_reader_for_other_codecs() -> None:
    assert elementary_reader("av1", ElementaryStream(6, 0x100)) is None


def test_a_keyframe_brings_its_format() -> None:
    video = reader("h264")
    [unit] = video.read(join_annexb([AUD, *SETS, b"\x06sei", IDR]), 100, 200)
    assert (unit.dts, unit.pts, unit.is_key, unit.continues) == (100, 200, True, False)
    assert unit.data == join_prefixed([b"\x06sei", IDR])
    assert unit.format.record == AVC
    [inter] = video.read(join_annexb([AUD, INTER]), 300, 300)
    [again] = video.read(join_annexb([AUD, *SETS, IDR]), 400, 400)
    assert inter.format is again.format is unit.format
    other = format_of_record("h264", AVC_OTHER)
    [changed] = video.read(join_annexb([AUD, *other.sets, IDR]), 500, 500)
    assert changed.format == other


def test_a_keyframe_of_h265_brings_its_format() -> None:
    config = parse_hevc_config(HEVC)
    video, aud = reader("hevc"), b"\x46\x01\x50"
    sets = [*config.vps, *config.sps, *config.pps]
    units = video.read(join_annexb([aud, *sets, IRAP, aud, TRAIL]), 0, 9)
    assert [(unit.dts, unit.pts, unit.is_key) for unit in units] == [(0, 9, True), (1, 10, False)]
    assert parse_hevc_config(units[0].format.record).nalus == tuple(
        (nalu[0] >> 1, nalu) for nalu in sets
    )


def test_pictures_before_parameter_sets_cannot_be_read() -> None:
    with pytest.raises(ProtocolError, match="no parameter sets"):
        reader("h264").read(join_annexb([AUD, INTER]), 0, 0)


def test_a_unit_without_a_delimiter_goes_on_with_the_one_before() -> None:
    video = reader("h264")
    assert video.read(join_annexb([INTER]) * 0, 0, 0) == []
    video.read(join_annexb([AUD, *SETS, IDR]), 5, 6)
    [rest] = video.read(join_annexb([OTHER_SLICE]), 5, 6)
    assert (rest.dts, rest.pts, rest.continues, rest.is_key) == (5, 6, True, False)


def test_a_rest_with_nothing_before_it_is_nothing() -> None:
    video = reader("h264")
    [unit] = video.read(join_annexb([INTER, AUD, *SETS, IDR]), 5, 6)
    assert unit.is_key


def test_a_stream_without_delimiters_has_a_unit_in_each_packet() -> None:
    video = reader("h264")
    units = video.read(join_annexb([*SETS, IDR]), 0, 0) + video.read(join_annexb([INTER]), 9, 9)
    assert [(unit.dts, unit.continues) for unit in units] == [(0, False), (9, False)]


def test_packets_without_times_follow_the_one_before() -> None:
    video = reader("h264")
    assert video.read(join_annexb([AUD, *SETS, IDR]), None, None) == []
    video.read(join_annexb([AUD, *SETS, IDR]), 5, 7)
    [unit] = video.read(join_annexb([AUD, INTER]), None, None)
    assert (unit.dts, unit.pts) == (6, 8)


def test_what_has_no_slice_is_no_unit() -> None:
    video = reader("h264")
    assert video.read(join_annexb([AUD, *SETS, b"\x06sei"]), 0, 0) == []


def test_frames_of_aac_are_counted_from_the_packets_time_on() -> None:
    units = reader("aac").read(adts(b"one") + adts(b"two") + adts(b"three"), 90, 90)
    assert [(unit.dts, unit.data) for unit in units] == [
        (90, b"one"), (2010, b"two"), (3930, b"three"),
    ]  # fmt: skip
    assert units[0].format is units[2].format
    assert units[0].format.record == bytes.fromhex("1190")


def test_another_header_is_another_format() -> None:
    sound = reader("aac")
    units = sound.read(adts(b"one") + adts(b"two", "1210"), 0, 0)
    assert [unit.format.sample_rate for unit in units] == [48000, 44100]


def test_a_frame_may_go_on_in_the_next_packet() -> None:
    sound, whole = reader("aac"), adts(b"twotwo")
    assert [unit.data for unit in sound.read(adts(b"one") + whole[:9], 0, 0)] == [b"one"]
    units = sound.read(whole[9:] + adts(b"three"), 9000, 9000)
    assert [(unit.dts, unit.data) for unit in units] == [(1920, b"twotwo"), (9000, b"three")]


def test_the_beginning_of_a_frame_is_forgotten_where_packets_are_lost() -> None:
    sound, whole = reader("aac"), adts(b"twotwo")
    sound.read(whole[:9], 0, 0)
    sound.lose()
    assert [unit.data for unit in sound.read(adts(b"three"), 5, 5)] == [b"three"]
    video = reader("h264")
    video.lose()


def test_a_frame_that_began_before_the_first_time_is_left_out() -> None:
    sound, whole = reader("aac"), adts(b"twotwo")
    assert sound.read(whole[:9], 0, 0) == []
    assert [unit.data for unit in sound.read(whole[9:] + adts(b"x"), 5, 5)] == [b"x"]
    other = reader("aac")
    assert other.read(adts(b"one"), None, None) == []


def test_packets_of_sound_without_times_follow_the_one_before() -> None:
    sound = reader("aac")
    sound.read(adts(b"one"), 0, 0)
    units = sound.read(adts(b"two") + adts(b"three"), None, None)
    assert [unit.dts for unit in units] == [1920, 3840]


@pytest.mark.parametrize("data", [b"garbage that is long", adts(b"")[:7] + b"??"])
def test_what_is_no_frame_is_blamed_on_the_peer(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="where an ADTS frame should begin"):
        reader("aac").read(data, 0, 0)


def test_garbage_behind_frames_spoils_only_itself() -> None:
    assert len(reader("aac").read(adts(b"one") + b"garbage garbage", 0, 0)) == 1


@pytest.mark.parametrize(
    ("codec", "frame", "samples"),
    [
        ("mp3", bytes.fromhex("fffb14c4") + bytes(92), 1152),
        ("ac3", bytes.fromhex("0b77 0000 00 40 43 00") + bytes(120), 1536),
        ("eac3", bytes.fromhex("0b77 0004 30 80 00 00") + bytes(2), 1536),
    ],
)
def test_frames_that_say_themselves_how_long_they_are(
    codec: str, frame: bytes, samples: int
) -> None:
    sound = reader(codec)
    units = sound.read(frame * 2, 0, 0)
    assert [(unit.data, unit.samples) for unit in units] == [(frame, samples)] * 2
    assert units[0].format is sound.read(frame, 9, 9)[0].format


def test_frames_of_the_free_format_are_not_cut() -> None:
    assert reader("mp3").read(bytes.fromhex("fffb0000") + bytes(92), 0, 0) == []


def test_frames_of_the_free_format_are_not_kept_either() -> None:
    sound, free = reader("mp3"), bytes.fromhex("fffb0000") + bytes(92)
    frame = bytes.fromhex("fffb14c4") + bytes(92)
    assert sound.read(free, 0, 0) == []
    assert [unit.data for unit in sound.read(frame + free, 9, 9)] == [frame]
    assert [unit.data for unit in sound.read(frame, 18, 18)] == [frame]


@pytest.mark.parametrize("codec", ["aac", "opus"])
def test_more_sound_than_a_packet_has_is_blamed_on_the_peer(codec: str) -> None:
    with pytest.raises(ProtocolError, match="131073 bytes of sound, expected at most 131072"):
        reader(codec).read(bytes((1 << 17) + 1), 0, 0)


def test_packets_of_opus_have_the_channels_of_the_map() -> None:
    sound = reader("opus")
    units = sound.read(opus_control(3) + b"\xfc12" + opus_control(2) + b"\xfc3", 0, 0)
    assert [(unit.dts, unit.data) for unit in units] == [(0, b"\xfc12"), (1800, b"\xfc3")]
    assert units[0].format.channels == 6
    assert units[0].format is units[1].format
