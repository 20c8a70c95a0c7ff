"""H.264 configuration records and sequence parameter sets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter, escape
from trio_srs.wire.codec.avc import (
    AvcConfig,
    AvcSps,
    build_avc_config,
    parse_avc_config,
    parse_pps_ids,
    parse_sps,
    parse_sps_id,
)
from trio_srs.wire.codec.config_record import CodecConfigError

DATA = Path(__file__).parents[2] / "data" / "codec"
RECORD = bytes.fromhex("0142c01fffe1000467428001 01 000468ce3c80")


def test_the_letter_of_a_record() -> None:
    assert parse_avc_config(RECORD) == AvcConfig(
        66, 0xC0, 31, 4, (bytes.fromhex("67428001"),), (bytes.fromhex("68ce3c80"),)
    )
    assert parse_avc_config(RECORD).codec_string == "avc1.42c01f"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "avcC: version at byte 0"),
        ("00 42c01f ff e1", r"version 0 \(byte 0\), expected 1"),
        ("01 42c01f fe e1 0001 67 00", r"NALU length size 3 is reserved \(byte 4\)"),
    ],
)
def test_a_broken_record_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_avc_config(bytes.fromhex(data))


@given(st.integers(0, len(RECORD) - 1))
def test_every_truncation_of_a_record_is_noticed(size: int) -> None:
    try:
        trouble = parse_avc_config(RECORD[:size]).trouble
    except CodecConfigError as error:
        trouble = str(error)
    assert trouble is not None


@pytest.mark.parametrize(
    ("data", "count", "message"),
    [
        ("01 42c01f ff e0 00", 0, "avcC: no SPS (byte 5)"),
        ("01 42c01f ff", 0, "avcC: SPS count at byte 5 ends at 6 of 5"),
        ("01 42c01f ff e1 0000", 0, "avcC: an empty SPS at byte 6"),
        ("01 42c01f ff e1 0002 67", 0, "avcC: SPS at byte 8 ends at 10 of 9"),
        ("01 42c01f ff e1 0001 67", 1, "avcC: PPS count at byte 9 ends at 10 of 9"),
        ("01 42c01f ff e2 0001 67 0001", 1, "avcC: SPS at byte 11 ends at 12 of 11"),
        ("01 42c01f ff e1 0001 67 01 0004 68ce", 1, "avcC: PPS at byte 12 ends at 16 of 14"),
    ],
)
def test_parameter_sets_that_are_wrong_leave_the_others_as_they_are(
    data: str, count: int, message: str
) -> None:
    config = parse_avc_config(bytes.fromhex(data))
    assert (config.trouble, len(config.sps), config.codec_string) == (message, count, "avc1.42c01f")


@pytest.mark.parametrize("number", [0, 3, 31])
def test_parameter_sets_are_numbered(number: int) -> None:
    bits = BitWriter()
    bits.u(24, 0x42000A)
    bits.ue(number)
    assert parse_sps_id(b"\x67" + escape(bits.to_bytes())) == number
    bits = BitWriter()
    bits.ue(200)
    bits.ue(number)
    bits.rbsp_trailing()
    assert parse_pps_ids(b"\x68" + escape(bits.to_bytes())) == (200, number)


def test_a_parameter_set_cut_short_has_no_number() -> None:
    with pytest.raises(CodecConfigError, match="SPS: 24 bits wanted"):
        parse_sps_id(b"\x67\x42")
    with pytest.raises(CodecConfigError, match="PPS: 1 bits wanted"):
        parse_pps_ids(b"\x68\x80")


@pytest.mark.parametrize(
    ("name", "codec", "sps"),
    [
        ("avc_baseline_320x242", "avc1.42c00d",
         AvcSps(66, 0xC0, 13, 320, 242, 1, 8, 8, False, 3, (1, 1), Fraction(25))),
        ("avc_high_320x242", "avc1.64001f",
         AvcSps(100, 0, 31, 320, 242, 1, 8, 8, False, 4, (4, 3), Fraction(25))),
        ("avc_high422_interlaced_320x240", "avc1.7a0015",
         AvcSps(122, 0, 21, 320, 240, 2, 10, 10, True, 4, (1, 1), Fraction(25, 2), 0)),
        ("avc_high444_321x242", "avc1.f4000d",
         AvcSps(244, 0, 13, 321, 242, 3, 8, 8, False, 4, (1, 1), Fraction(25))),
    ],
)  # fmt: skip
def test_records_of_x264_say_what_was_encoded(name: str, codec: str, sps: AvcSps) -> None:
    data = (DATA / f"{name}.bin").read_bytes()
    config = parse_avc_config(data)
    assert config.codec_string == codec
    assert (config.nalu_length_size, len(config.pps)) == (4, 1)
    assert parse_sps(config.sps[0]) == sps
    assert build_avc_config(config.sps, config.pps) == data


Write = Callable[[BitWriter], None]


def write_sps(
    *,
    chroma: int = 1,
    separate: bool = False,
    depth: int = 0,
    scaling: Write = lambda bits: bits.flag(False),
    order: Write = lambda bits: bits.u(2, 0b11),
    frames_only: bool = True,
    crop: tuple[int, int, int, int] | None = None,
    vui: Write = lambda bits: bits.flag(False),
) -> bytes:
    """An SPS of the High profile, 64x48 pixels before cropping."""
    bits = BitWriter()
    bits.u(24, 0x64001F)
    bits.ue(0)
    bits.ue(chroma)
    if chroma == 3:
        bits.flag(separate)
    bits.ue(depth)
    bits.ue(depth)
    bits.flag(False)
    scaling(bits)
    bits.ue(0)
    order(bits)
    bits.ue(2)  # max_num_ref_frames
    bits.flag(False)
    bits.ue(3)
    bits.ue(2 if frames_only else 1)
    bits.flag(frames_only)
    bits.u(1 if frames_only else 2, 1)
    bits.flag(crop is not None)
    for edge in crop or ():
        bits.ue(edge)
    vui(bits)
    bits.rbsp_trailing()
    return b"\x67" + escape(bits.to_bytes())


def scaling_lists(count: int) -> Write:
    def write(bits: BitWriter) -> None:
        bits.flag(True)
        for index in range(count):
            bits.flag(index % 3 != 2)
            if index % 3 == 0:  # ends at once: all the default
                bits.se(-8)
            elif index % 3 == 1:  # every entry written
                for _ in range(16 if index < 6 else 64):
                    bits.se(1)

    return write


def order_by_cycle(count: int, written: int) -> Write:
    def write(bits: BitWriter) -> None:
        bits.ue(1)
        bits.flag(False)
        bits.se(-1)
        bits.se(3)
        bits.ue(count)
        for _ in range(written):
            bits.se(-2)

    return write


def order_by_decoding(bits: BitWriter) -> None:
    bits.ue(2)


def timing(units: int, scale: int) -> Write:
    def write(bits: BitWriter) -> None:
        bits.flag(True)
        bits.u(4, 0)
        bits.flag(True)
        bits.u(32, units)
        bits.u(32, scale)
        bits.flag(True)

    return write


def no_timing(bits: BitWriter) -> None:
    bits.flag(True)
    bits.u(5, 0)


def hrd(bits: BitWriter) -> None:
    bits.ue(1)  # two of them
    bits.u(8, 0)
    for _ in range(2):
        bits.ue(9)
        bits.ue(9)
        bits.flag(False)
    bits.u(20, 0b10111_00011_10000_00000)  # delays of 4 and 17 bits


@pytest.mark.parametrize("nal", [True, False])
@pytest.mark.parametrize("vcl", [True, False])
@pytest.mark.parametrize("present", [True, False])
def test_pic_struct_stands_behind_the_delays(nal: bool, vcl: bool, present: bool) -> None:
    def vui(bits: BitWriter) -> None:
        no_timing(bits)
        for has in (nal, vcl):
            bits.flag(has)
            if has:
                hrd(bits)
        if nal or vcl:
            bits.flag(False)
        bits.flag(present)

    expected = (21 if nal or vcl else 0) if present else None
    assert parse_sps(write_sps(vui=vui)).pic_struct_at == expected


@pytest.mark.parametrize("size", range(16, 23))
def test_an_sps_that_ends_within_its_vui_has_a_size_all_the_same(size: int) -> None:
    def vui(bits: BitWriter) -> None:
        bits.flag(True)
        bits.flag(True)
        bits.u(8, 255)  # the aspect ratio, written out
        bits.u(32, 4 << 16 | 3)
        bits.u(3, 0)
        bits.flag(True)
        bits.u(32, 1)
        bits.u(32, 50)
        bits.u(4, 0)

    whole = write_sps(vui=vui)
    sps = parse_sps(whole[:size])
    assert parse_sps(whole).trouble is None
    assert (sps.width, sps.height, sps.frame_rate) == (64, 48, None)
    assert sps.sar == ((4, 3) if size > 15 else (1, 1))
    assert sps.trouble is not None
    assert sps.trouble.startswith("SPS: its VUI is cut short: ")


def test_a_vui_that_ends_behind_its_timing_has_no_pic_struct() -> None:
    def cut(bits: BitWriter) -> None:
        no_timing(bits)
        bits.u(8, 0xFF)

    sps = parse_sps(write_sps(vui=cut))
    assert (sps.pic_struct_at, sps.width) == (None, 64)


@pytest.mark.parametrize(
    ("nalu", "size"),
    [
        (write_sps(), (64, 48)),
        (write_sps(scaling=scaling_lists(8)), (64, 48)),
        (write_sps(chroma=3, scaling=scaling_lists(12)), (64, 48)),
        (write_sps(order=order_by_cycle(3, 3)), (64, 48)),
        (write_sps(order=order_by_decoding), (64, 48)),
        (write_sps(frames_only=False), (64, 64)),
        # Crop units: by chroma format, and twice as high where fields are coded.
        (write_sps(chroma=0, crop=(1, 2, 3, 4)), (61, 41)),
        (write_sps(chroma=1, crop=(1, 2, 3, 4)), (58, 34)),
        (write_sps(chroma=2, crop=(1, 2, 3, 4)), (58, 41)),
        (write_sps(chroma=3, crop=(1, 2, 3, 4)), (61, 41)),
        (write_sps(chroma=3, separate=True, crop=(1, 2, 3, 4)), (61, 41)),
        (write_sps(frames_only=False, crop=(0, 0, 0, 2)), (64, 56)),
    ],
)
def test_the_size_is_found_behind_every_option(nalu: bytes, size: tuple[int, int]) -> None:
    sps = parse_sps(nalu)
    assert (sps.width, sps.height, sps.max_ref_frames) == (*size, 2)


@pytest.mark.parametrize(
    ("vui", "rate"),
    [(timing(1001, 60000), Fraction(30000, 1001)), (timing(0, 50), None), (timing(1, 0), None),
     (no_timing, None)],
)  # fmt: skip
def test_the_frame_rate_is_half_the_field_rate(vui: Write, rate: Fraction | None) -> None:
    assert parse_sps(write_sps(vui=vui)).frame_rate == rate


@pytest.mark.parametrize(
    ("nalu", "message"),
    [
        (b"", "NALU begins with nothing, expected 67"),
        (b"\x68\x00", "NALU begins with 68, expected 67"),
        (b"\x67\x42", "SPS: 8 bits wanted at bit 8 of 8"),
        (write_sps(chroma=4), "chroma format 4, expected 0 to 3"),
        (write_sps(depth=7), "bit depths 15, 15; at most 14"),
        (write_sps(order=order_by_cycle(256, 0)), "256 reference frames in a cycle, at most 255"),
        (write_sps(crop=(16, 16, 0, 0)), "0x48 pixels are left after cropping"),
        (write_sps(crop=(0, 0, 24, 1)), "64x-2 pixels are left after cropping"),
    ],
)
def test_a_broken_sps_is_blamed(nalu: bytes, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_sps(nalu)


@given(st.binary(max_size=40))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    for read in (lambda: parse_avc_config(data), lambda: parse_sps(b"\x67" + data)):
        try:
            result = read()
        except CodecConfigError:
            continue
        assert isinstance(result, AvcConfig) or (result.width > 0 and result.height > 0)
