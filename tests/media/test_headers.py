"""Sequence headers in the words of facts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.media.headers import (
    AUDIO_HEADERS,
    NO_VIDEO_HEADERS,
    VIDEO_HEADERS,
    read_mp3_frame,
)
from trio_srs.testing.bodies import VIDEO_HEADER
from trio_srs.wire.codec.avc import parse_avc_config

DATA = Path(__file__).parents[1] / "data" / "codec"
FIELDS = ("profile", "level", "width", "height", "bit_depth", "chroma", "interlaced")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("avc_baseline_320x242", ("Constrained Baseline", "1.3", 320, 242, 8, "4:2:0", False)),
        ("avc_high_320x242", ("High", "3.1", 320, 242, 8, "4:2:0", False)),
        ("avc_high422_interlaced_320x240", ("High 4:2:2", "2.1", 320, 240, 10, "4:2:2", True)),
        ("avc_high444_321x242", ("High 4:4:4 Predictive", "1.3", 321, 242, 8, "4:4:4", False)),
        ("hevc_main_320x242", ("Main", "2", 320, 242, 8, "4:2:0", False)),
        ("hevc_444_10_321x242", ("Range Extensions", "3.1", 321, 242, 10, "4:4:4", False)),
        ("av1_main10_320x242", ("Main", "2.0", 320, 242, 10, "4:2:0", False)),
        ("av1_high444_321x242", ("High", "2.0", 321, 242, 8, "4:4:4", False)),
        ("vp9_321x242", ("0", "2", None, None, 8, "4:2:0", False)),
        ("vp9_422_10_321x242", ("3", "2", None, None, 10, "4:2:2", False)),
    ],
)  # fmt: skip
def test_records_of_encoders(record: str, expected: tuple[object, ...]) -> None:
    codec = record.partition("_")[0].replace("avc", "h264")
    header = VIDEO_HEADERS[codec]((DATA / f"{record}.bin").read_bytes())
    assert tuple(getattr(header, name) for name in FIELDS) == expected
    assert header.codec_string is not None
    assert header.read_picture is not None


def avc(profile: int, constraints: int, level: int) -> bytes:
    record = bytearray(VIDEO_HEADER[5:])
    record[1:4] = profile, constraints, level
    return bytes(record)


@pytest.mark.parametrize(
    ("profile", "constraints", "name"),
    [
        (66, 0x00, "Baseline"),
        (66, 0x40, "Constrained Baseline"),
        (77, 0x40, "Main"),
        (110, 0x00, "High 10"),
        (110, 0x10, "High 10 Intra"),
        (100, 0x10, "High"),
        (250, 0x00, "250"),
    ],
)
def test_profiles_of_h264_are_told_apart_by_constraints(
    profile: int, constraints: int, name: str
) -> None:
    assert VIDEO_HEADERS["h264"](avc(profile, constraints, 30)).profile == name


@pytest.mark.parametrize(
    ("profile", "constraints", "level", "name"),
    [
        (66, 0x10, 11, "1b"),
        (100, 0x10, 11, "1.1"),
        (66, 0x00, 11, "1.1"),
        (100, 0x00, 9, "1b"),
        (100, 0x00, 40, "4"),
    ],
)
def test_level_1b_hides_in_others(profile: int, constraints: int, level: int, name: str) -> None:
    assert VIDEO_HEADERS["h264"](avc(profile, constraints, level)).level == name


def test_the_rate_and_the_shape_are_what_the_encoder_promised() -> None:
    header = VIDEO_HEADERS["h264"]((DATA / "avc_high_320x242.bin").read_bytes())
    config = parse_avc_config((DATA / "avc_high_320x242.bin").read_bytes())
    assert header.codec_string == config.codec_string
    assert (header.sar, header.nominal_fps) == ((4, 3), Fraction(25))


def test_hevc_without_a_picture_parameter_set_has_no_extra_bits() -> None:
    record = (DATA / "hevc_main_320x242.bin").read_bytes()
    at = record.index(b"\x22\x00\x01")
    whole = VIDEO_HEADERS["hevc"](record)
    without = VIDEO_HEADERS["hevc"](record[:22] + b"\x02" + record[23:at])
    assert attrs.evolve(without, read_picture=None) == attrs.evolve(whole, read_picture=None)


def test_av1_without_a_sequence_header_has_no_size() -> None:
    header = VIDEO_HEADERS["av1"](bytes.fromhex("81081c00"))
    assert (header.profile, header.level, header.width) == ("Main", "4.0", None)
    assert (header.chroma, header.nominal_fps) == ("4:0:0", None)


def test_vp9_need_not_know_its_level_or_its_chroma() -> None:
    header = VIDEO_HEADERS["vp9"](bytes.fromhex("00008801010100 00"))
    assert (header.level, header.chroma) == (None, None)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("1208", ("LC", 44100, 1, 1024)),
        ("2b920800", ("HE", 44100, 2, 2048)),
        ("eb8a0800", ("HEv2", 44100, 2, 2048)),
        ("5988", ("11", 48000, 1, 1024)),
    ],
)
def test_aac(record: str, expected: tuple[str, int, int, int]) -> None:
    header = AUDIO_HEADERS["aac"](bytes.fromhex(record))
    assert header.samples_of is not None
    seen = (header.profile, header.sample_rate, header.channels, header.samples_of(b"x"))
    assert seen == expected


def test_opus() -> None:
    header = AUDIO_HEADERS["opus"]((DATA / "opus_51.bin").read_bytes())
    assert (header.profile, header.sample_rate, header.channels) == (None, 48000, 6)
    assert header.samples_of is not None
    assert header.samples_of(b"\xfd") == 1920


def test_mp3() -> None:
    header = read_mp3_frame(bytes.fromhex("ffe318c4"))
    assert (header.codec_string, header.profile) == ("mp4a.40.34", "MPEG-2.5 layer III")
    assert (header.sample_rate, header.channels) == (8000, 1)
    assert header.samples_of is not None
    assert header.samples_of(b"x") == 576


def test_some_pictures_can_be_read_without_a_header() -> None:
    for header in NO_VIDEO_HEADERS.values():
        assert header.read_picture is not None
        assert (header.codec_string, header.sar) == (None, (1, 1))


@given(st.sampled_from([*VIDEO_HEADERS.items(), *AUDIO_HEADERS.items()]), st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_it(entry: tuple[str, object], data: bytes) -> None:
    _, read = entry
    assert callable(read)
    try:
        read(data)
    except ProtocolError:
        return
