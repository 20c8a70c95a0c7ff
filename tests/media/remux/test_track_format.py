"""Formats: what headers, or frames where there are none, say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.media.remux.records import ASC, AVC, DATA, HEVC, IDR, IRAP
from trio_srs.errors import ProtocolError
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record
from trio_srs.wire.codec.avc import parse_avc_config
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.nalu import join_annexb, join_prefixed
from trio_srs.wire.codec.opus import build_opus_head

ADTS = bytes.fromhex("fff14c8001 3ffc") + b"raw"


def test_a_record_of_h264_says_size_and_parameter_sets() -> None:
    config = parse_avc_config(AVC)
    made = format_of_record("h264", AVC)
    assert (made.kind, made.width, made.height, made.length_size) == ("video", 320, 242, 4)
    assert made.sets == (*config.sps, *config.pps)


def test_a_record_of_h265_has_its_video_parameter_sets_first() -> None:
    config = parse_hevc_config(HEVC)
    made = format_of_record("hevc", HEVC)
    assert (made.width, made.height) == (320, 242)
    assert made.sets == (*config.vps, *config.sps, *config.pps)


def test_a_record_with_start_codes_is_written_anew() -> None:
    avc, hevc = parse_avc_config(AVC), parse_hevc_config(HEVC)
    assert format_of_record("h264", join_annexb((*avc.sps, *avc.pps))).record == AVC
    record = format_of_record("hevc", join_annexb((*hevc.vps, *hevc.sps, *hevc.pps))).record
    assert parse_hevc_config(record).sps == hevc.sps


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_start_codes_without_a_sequence_parameter_set_are_no_record(codec: str) -> None:
    with pytest.raises(ProtocolError, match="no sequence parameter set"):
        format_of_record(codec, b"\x00\x00\x00\x01\x68\x01\x02")


@pytest.mark.parametrize(
    ("codec", "record", "rate", "channels", "samples"),
    [
        ("aac", ASC, 48000, 2, 1024),
        ("aac", ADTS, 48000, 2, 1024),
        ("opus", build_opus_head(6), 48000, 6, 960),
        ("flac", bytes(10) + bytes.fromhex("0bb803f000000000") + bytes(16), 48000, 2, 192),
    ],
)
def test_a_record_of_sound_says_rate_and_channels(
    codec: str, record: bytes, rate: int, channels: int, samples: int
) -> None:
    made = format_of_record(codec, record)
    assert (made.kind, made.sample_rate, made.channels) == ("audio", rate, channels)
    assert made.samples_of is not None
    assert (
        made.samples_of(b"\xfc" if codec == "opus" else b"\xff\xf8\x1a\x18" + bytes(4)) == samples
    )


def test_other_records_say_what_they_say() -> None:
    av1 = format_of_record("av1", (DATA / "codec" / "av1_main10_320x242.bin").read_bytes())
    vp9 = format_of_record("vp9", (DATA / "codec" / "vp9_321x242.bin").read_bytes())
    assert (av1.width, av1.height, vp9.width, vp9.height) == (320, 242, 0, 0)


@pytest.mark.parametrize(
    ("codec", "record", "message"),
    [
        ("mp3", b"abc", "mp3 has no configuration record, and 3 bytes came"),
        ("h264", b"", "avcC"),
        ("hevc", b"\x05", "hvcC"),
        ("aac", bytes.fromhex("fff14c0001 3ffc"), "an ADTS header without a channel"),
    ],
)
def test_what_is_no_record_is_blamed_on_the_peer(codec: str, record: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        format_of_record(codec, record)


@pytest.mark.parametrize(
    ("codec", "frame", "rate", "channels"),
    [
        ("mp3", "fffb9064", 44100, 2),
        ("ac3", "0b77 0000 1e 40 43 00", 48000, 2),
        ("aac", ADTS.hex(), 48000, 2),
    ],
)
def test_frames_may_say_it_themselves(codec: str, frame: str, rate: int, channels: int) -> None:
    made = format_of_frame(codec, bytes.fromhex(frame))
    assert (made.sample_rate, made.channels) == (rate, channels)


@pytest.mark.parametrize("codec", ["aac", "opus", "h264", "speex"])
def test_frames_that_do_not_say_it_need_a_header(codec: str) -> None:
    with pytest.raises(ProtocolError, match=f"no sequence header of {codec}"):
        format_of_frame(codec, b"\x21\x10\x05")


@pytest.mark.parametrize(("codec", "config", "key"), [("h264", AVC, IDR), ("hevc", HEVC, IRAP)])
@pytest.mark.parametrize("join", [join_prefixed, join_annexb])
def test_a_picture_may_bring_its_parameter_sets(
    codec: str, config: bytes, key: bytes, join: Callable[[list[bytes]], bytes]
) -> None:
    known = format_of_record(codec, config)
    made = format_of_frame(codec, join([*known.sets, key]))
    assert (made.codec, made.sets, made.length_size) == (codec, known.sets, 4)
    assert (made.width, made.height) == (known.width, known.height)


def test_a_record_says_how_wide_a_pixel_is() -> None:
    assert format_of_record("h264", AVC).sar == (4, 3)
    assert format_of_record("vp9", (DATA / "codec" / "vp9_321x242.bin").read_bytes()).sar == (1, 1)


def test_formats_are_equal_if_what_they_are_made_of_is() -> None:
    assert format_of_record("h264", AVC) == format_of_record("h264", bytes(AVC))
    assert TrackFormat("mp3", sample_rate=44100) != TrackFormat("mp3", sample_rate=48000)
