"""H.265 configuration records."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import (
    HevcConfig,
    HevcProfile,
    build_hevc_config,
    complete_hevc_config,
    parse_hevc_config,
    parse_sps,
)

DATA = Path(__file__).parents[2] / "data" / "codec"
HEAD = "01 01 60000000 b00000000000 5d f000 fc fd f8 f8 0000 0f"
RECORD = bytes.fromhex(HEAD + "03 a0 0001 0002 4001 a1 0001 0003 420101 22 0002 0001 44 0001 45")


def test_the_letter_of_a_record() -> None:
    config = parse_hevc_config(RECORD)
    assert config == HevcConfig(
        HevcProfile(0, 0, 1, 0x60000000, bytes.fromhex("b00000000000"), 93), 1, 8, 8, 4,
        ((32, b"\x40\x01"), (33, b"\x42\x01\x01"), (34, b"\x44"), (34, b"\x45")),
    )  # fmt: skip
    assert config.vps == (b"\x40\x01",)
    assert config.sps == (b"\x42\x01\x01",)
    assert config.pps == (b"\x44", b"\x45")


@pytest.mark.parametrize(
    ("profile", "flags", "constraints", "level", "name"),
    [
        (0x01, "60000000", "b00000000000", 93, "hvc1.1.6.L93.B0"),
        (0x22, "20000000", "900000000000", 120, "hvc1.2.4.H120.90"),
        (0x41, "60000000", "000000000000", 93, "hvc1.A1.6.L93"),
        (0x04, "08000000", "9c0800000000", 93, "hvc1.4.10.L93.9C.8"),
        (0xC4, "00000001", "000100000000", 30, "hvc1.C4.80000000.L30.0.1"),
    ],
)
def test_the_name_follows_annex_e(
    profile: int, flags: str, constraints: str, level: int, name: str
) -> None:
    head = bytes((1, profile)) + bytes.fromhex(flags + constraints) + bytes((level,))
    assert parse_hevc_config(head + RECORD[13:]).codec_string == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "hvcC: version at byte 0"),
        ("02" + RECORD[1:].hex(), r"version 2 \(byte 0\), expected 1"),
        (HEAD[:-2] + "0e 00", r"NALU length size 3 is reserved \(byte 21\)"),
    ],
)
def test_a_broken_record_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_hevc_config(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HEAD, "hvcC: array count at byte 22 ends at 23 of 22"),
        (HEAD + "00", "hvcC: no SPS in its arrays (byte 22)"),
        (HEAD + "01 a1 0001 0000", "hvcC: an empty parameter set at byte 26"),
        (HEAD + "01 a1 0001 0004 420101", "hvcC: parameter set at byte 28 ends at 32 of 31"),
    ],
)
def test_parameter_sets_that_are_wrong_leave_the_profile_as_it_is(data: str, message: str) -> None:
    config = parse_hevc_config(bytes.fromhex(data))
    assert (config.trouble, config.sps, config.codec_string) == (message, (), "hvc1.1.6.L93.B0")


def test_version_0_of_old_encoders_is_read() -> None:
    assert parse_hevc_config(b"\x00" + RECORD[1:]) == parse_hevc_config(RECORD)


@given(st.integers(0, len(RECORD) - 1))
def test_every_truncation_of_a_record_is_noticed(size: int) -> None:
    try:
        trouble = parse_hevc_config(RECORD[:size]).trouble
    except CodecConfigError as error:
        trouble = str(error)
    assert trouble is not None


@pytest.mark.parametrize(
    ("name", "codec", "chroma", "depth"),
    [
        ("hevc_main_320x242", "hvc1.1.6.L60.90", 1, 8),
        ("hevc_main10_layers_320x242", "hvc1.2.4.L60.90", 1, 10),
        ("hevc_444_10_321x242", "hvc1.4.10.L93.9C.8", 3, 10),
    ],
)
def test_records_of_x265_say_what_was_encoded(
    name: str, codec: str, chroma: int, depth: int
) -> None:
    config = parse_hevc_config((DATA / f"{name}.bin").read_bytes())
    assert config.codec_string == codec
    assert (config.chroma_format_idc, config.bit_depth_luma, config.bit_depth_chroma) == (
        chroma, depth, depth,
    )  # fmt: skip
    assert (len(config.vps), len(config.sps), len(config.pps)) == (1, 1, 1)
    sps = parse_sps(config.sps[0])
    said = config.profile
    assert (sps.profile_idc, sps.level_idc, sps.tier) == (said.number, said.level, said.tier)


@given(st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    try:
        config = parse_hevc_config(RECORD[:22] + data)
    except CodecConfigError:
        return
    assert all(config.sps)
    assert config.sps or config.trouble


@pytest.mark.parametrize(
    "name", ["hevc_main_320x242", "hevc_main10_layers_320x242", "hevc_444_10_321x242"]
)
def test_a_record_is_written_of_parameter_sets(name: str) -> None:
    config = parse_hevc_config((DATA / f"{name}.bin").read_bytes())
    again = parse_hevc_config(build_hevc_config(config.vps, config.sps, config.pps))
    sets = tuple(each for each in config.nalus if each[0] in (32, 33, 34))
    assert again == attrs.evolve(config, nalus=sets)


def test_a_record_may_lack_a_video_parameter_set() -> None:
    config = parse_hevc_config((DATA / "hevc_main_320x242.bin").read_bytes())
    again = parse_hevc_config(build_hevc_config((), config.sps, config.pps))
    assert (again.vps, again.sps, again.pps) == ((), config.sps, config.pps)


def test_a_record_is_marked_complete_but_for_what_may_come_again() -> None:
    arrays = "20 0001 0002 aabb21 0002 0001 cc 0002 ddee27 0001 0002 ff0122 0000"
    marked = "a0 0001 0002 aabba1 0002 0001 cc 0002 ddee27 0001 0002 ff01a2 0000"
    start = RECORD[:22] + b"\x04"
    whole = complete_hevc_config(start + bytes.fromhex(arrays))
    assert whole == start + bytes.fromhex(marked)
    assert complete_hevc_config(whole) == whole


@pytest.mark.parametrize(
    ("arrays", "marked"),
    [("", ""), ("20", "20"), ("20 0001 0009 aa", "a0 0001 0009 aa"), ("20 ffff", "a0 ffff")],
)
def test_of_a_record_cut_short_what_is_there_is_marked(arrays: str, marked: str) -> None:
    start = RECORD[:22] + b"\x04"
    assert complete_hevc_config(start + bytes.fromhex(arrays)) == start + bytes.fromhex(marked)
    assert complete_hevc_config(RECORD[:22]) == RECORD[:22]
