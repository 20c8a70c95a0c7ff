"""Video headers in the words of facts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.media.video_headers import IN_BAND, NO_VIDEO_HEADERS, VIDEO_HEADERS
from trio_srs.testing.bodies import VIDEO_HEADER
from trio_srs.wire.codec.avc import parse_avc_config
from trio_srs.wire.codec.nalu import join_annexb

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
    assert attrs.evolve(without, read_picture=None, sets=()) == attrs.evolve(
        whole, read_picture=None, sets=()
    )


def test_av1_without_a_sequence_header_has_no_size() -> None:
    header = VIDEO_HEADERS["av1"](bytes.fromhex("81081c00"))
    assert (header.profile, header.level, header.width) == ("Main", "4.0", None)
    assert (header.chroma, header.nominal_fps) == ("4:0:0", None)


def test_vp9_need_not_know_its_level_or_its_chroma() -> None:
    header = VIDEO_HEADERS["vp9"](bytes.fromhex("00008801010100 00"))
    assert (header.level, header.chroma) == (None, None)


def test_some_pictures_can_be_read_without_a_header() -> None:
    for header in NO_VIDEO_HEADERS.values():
        assert header.read_picture is not None
        assert (header.codec_string, header.width, header.trouble) == (None, None, None)


RECORDS = {"h264": "avc_high_320x242", "hevc": "hevc_main_320x242", "av1": "av1_main10_320x242"}


@pytest.mark.parametrize("codec", RECORDS)
def test_a_set_in_band_says_what_a_record_says(codec: str) -> None:
    said = VIDEO_HEADERS[codec]((DATA / f"{RECORDS[codec]}.bin").read_bytes())
    header = IN_BAND[codec](NO_VIDEO_HEADERS[codec], said.sps, 0)
    assert attrs.evolve(header, read_picture=None, sets=()) == attrs.evolve(
        said, read_picture=None, sets=()
    )


@pytest.mark.parametrize(
    ("codec", "nalus", "message"),
    [
        ("h264", [b"\x68\xce"], "(Annex B), expected a record (avcC)"),
        ("hevc", [b"\x40\x01\x0c"], "(Annex B), expected a record (hvcC)"),
    ],
)
def test_start_codes_in_place_of_a_record_are_named_and_read(
    codec: str, nalus: list[bytes], message: str
) -> None:
    said = VIDEO_HEADERS[codec]((DATA / f"{RECORDS[codec]}.bin").read_bytes())
    header = VIDEO_HEADERS[codec](join_annexb([*nalus, said.sps]))
    assert header.trouble is not None
    assert message in header.trouble
    assert [getattr(header, name) for name in FIELDS] == [getattr(said, name) for name in FIELDS]
    bare = VIDEO_HEADERS[codec](join_annexb(nalus))
    assert (bare.trouble, bare.width) == (header.trouble, None)


@pytest.mark.parametrize(
    ("codec", "record", "message"),
    [
        ("h264", "01 42c01f ff e1 0002 6742 00", "SPS: 8 bits wanted at bit 8 of 8"),
        ("h264", "01 42c01f ff e0", "avcC: PPS count at byte 6 ends at 7 of 6"),
        (
            "hevc",
            "0101 60000000 b00000000000 5d f000fcfdf8f800000f 02 220001 0002 4401 210001 0002 4201",
            "PPS: ",
        ),
        ("hevc", "01 01 60000000 b00000000000 5d f000fcfdf8f800000f 01 a1 0001 0002 4201", "SPS: "),
        ("av1", "81040c00 0a01", "AV1 sequence header: "),
        ("vp9", "000a82", "vpcC: colour description at byte 3"),
    ],
)
def test_what_is_wrong_in_a_record_spoils_only_itself(
    codec: str, record: str, message: str
) -> None:
    header = VIDEO_HEADERS[codec](bytes.fromhex(record))
    assert header.trouble is not None
    assert header.trouble.startswith(message)
    assert None not in (header.codec_string, header.profile, header.read_picture)


@given(st.sampled_from([*VIDEO_HEADERS.items()]), st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_it(entry: tuple[str, object], data: bytes) -> None:
    _, read = entry
    assert callable(read)
    try:
        read(data)
    except ProtocolError:
        return
