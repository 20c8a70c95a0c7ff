"""H.265 slices: the first one of a picture says what type it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.wire.bits import BitWriter, escape
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc_slice import hevc_slice_pps, hevc_slice_type, parse_pps

DATA = Path(__file__).parents[2] / "data" / "codec"


def slice_nalu(nalu_type: int, number: int, *, extra: int = 0, first: bool = True) -> bytes:
    bits = BitWriter()
    bits.flag(first)
    if nalu_type >= 16:
        bits.flag(False)
    bits.ue(0)
    bits.u(extra, 0)
    bits.ue(number)
    bits.u(16, 0xFFFF)
    return bytes((nalu_type << 1, 1)) + escape(bits.to_bytes())


@pytest.mark.parametrize("nalu_type", [1, 9, 19, 21])
@pytest.mark.parametrize("extra", [0, 2])
@pytest.mark.parametrize(("number", "expected"), list(enumerate("BPI")))
def test_each_number_has_its_type(nalu_type: int, extra: int, number: int, expected: str) -> None:
    assert hevc_slice_type(slice_nalu(nalu_type, number, extra=extra), extra) == expected


def test_later_slices_are_not_asked() -> None:
    assert hevc_slice_type(slice_nalu(1, 0, first=False)) is None


@pytest.mark.parametrize(
    ("nalu", "text"),
    [
        (b"\x02\x01", "first_slice_segment_in_pic_flag is cut short"),
        (b"\x02\x01\x80", "slice_pic_parameter_set_id is cut short"),
        (b"\x02\x01\xc0", "slice_type is cut short"),
        (slice_nalu(1, 3), "type 3, expected 0 to 2"),
    ],
)
def test_what_is_no_slice_is_refused(nalu: bytes, text: str) -> None:
    with pytest.raises(CodecConfigError, match=text):
        hevc_slice_type(nalu)


def test_the_parameter_set_says_how_many_bits_are_before_the_type() -> None:
    bits = BitWriter()
    bits.ue(7)
    bits.ue(3)
    bits.u(2, 0)
    bits.u(3, 5)
    assert parse_pps(b"\x44\x01" + bits.to_bytes()) == (7, 3, 5)
    with pytest.raises(CodecConfigError, match="PPS: "):
        parse_pps(b"\x44\x01")


def test_x265_uses_none() -> None:
    config = parse_hevc_config((DATA / "hevc_main_320x242.bin").read_bytes())
    assert parse_pps(config.pps[0]) == (0, 0, 0)


@pytest.mark.parametrize("nalu_type", [1, 20])
@pytest.mark.parametrize("number", [0, 5, 63])
def test_a_slice_names_its_parameter_set(nalu_type: int, number: int) -> None:
    bits = BitWriter()
    bits.flag(True)
    if nalu_type >= 16:
        bits.flag(False)
    bits.ue(number)
    bits.u(8, 0xFF)
    assert hevc_slice_pps(bytes((nalu_type << 1, 1)) + escape(bits.to_bytes())) == number
    with pytest.raises(CodecConfigError, match="slice_pic_parameter_set_id is cut short"):
        hevc_slice_pps(bytes((nalu_type << 1, 1)))
