"""H.264: the decoder configuration record and the sequence parameter set. Floor 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import attrs

from trio_srs.wire.bits import BitReader, BitsError, unescape
from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader, blame
from trio_srs.wire.codec.vui import UNSPECIFIED, Vui, read_vui_start

__all__ = [
    "AvcConfig",
    "AvcSps",
    "build_avc_config",
    "parse_avc_config",
    "parse_pps_ids",
    "parse_sps",
    "parse_sps_id",
]

_SPS = 7
_HEAD = 32  # bytes: more than the numbers at the beginning of a parameter set take
# Profiles whose SPS, and whose record's tail, say chroma format and bit depth (7.3.2.1.1).
_HIGH: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_CROP_UNITS: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}  # by chroma format (table 6-1)


@attrs.frozen
class AvcConfig:
    """What an AVCDecoderConfigurationRecord says."""

    profile: int
    """profile_idc: 66 Baseline, 77 Main, 100 High."""
    compatibility: int
    """The constraint flags, as their byte."""
    level: int
    """Ten times the level: 31 is 3.1."""
    nalu_length_size: int
    """Bytes before each NALU: 1, 2 or 4."""
    sps: tuple[bytes, ...]
    """Raw NALUs: no start code, no length, emulation bytes left in."""
    pps: tuple[bytes, ...]
    trouble: str | None = None
    """What is wrong behind the size of a NALU length: where it is cut short, or has no SPS."""

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name: ``avc1.64001f``."""
        return f"avc1.{self.profile:02x}{self.compatibility:02x}{self.level:02x}"


@attrs.frozen
class AvcSps:
    """What a sequence parameter set says about the pictures."""

    profile_idc: int
    constraints: int
    level_idc: int
    width: int
    """Pixels shown, cropping applied."""
    height: int
    chroma_format_idc: int
    """0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4."""
    bit_depth_luma: int
    bit_depth_chroma: int
    interlaced: bool
    """Pictures may be coded as fields."""
    max_ref_frames: int
    sar: tuple[int, int]
    """Sample aspect ratio; (1, 1) also if not given."""
    frame_rate: Fraction | None
    """Frames a second, as the timing fields promise; None if they are absent."""
    pic_struct_at: int | None = None
    """Where in a picture timing SEI, in bits, pic_struct stands; None if it is not there."""
    trouble: str | None = None
    """What is wrong behind the size: where its VUI is cut short."""
    transfer: int = UNSPECIFIED
    """Transfer characteristics (ITU-T H.273)."""


def parse_avc_config(data: bytes) -> AvcConfig:
    """Parse an AVCDecoderConfigurationRecord, the body of an AVC sequence header.

    Layout, all integers big-endian::

        0      u8      configurationVersion, 1
        1..3   u8 x3   profile_idc, constraint flags, level_idc
        4      u8      0b111111LL: LL + 1 is the size of a NALU length, 1, 2 or 4 bytes
        5      u8      0b111NNNNN: N SPS follow, each u16 size + bytes
        ...    u8      M PPS follow, each u16 size + bytes
        ...            profile-dependent extension, ignored here: the SPS says the same

    Args:
        data: the record alone: *without* the FLV tag's 5-byte video header.

    Raises:
        CodecConfigError: wrong version, a reserved length size, or cut short before the
            parameter sets. The message says at which byte.

    Source:
        ISO/IEC 14496-15:2022, 5.3.3.1. Checked against records from ffmpeg
        (tests/data/codec/avc_*.bin).
    """
    record = RecordReader(data, "avcC")
    if (version := record.u8("version")) != 1:
        raise record.fail(f"version {version} (byte 0), expected 1")
    profile, compatibility, level = record.take(3, "profile and level")
    size = (record.u8("NALU length size") & 0b11) + 1
    if size == 3:
        raise record.fail("NALU length size 3 is reserved (byte 4)")
    sps, pps, trouble = list[bytes](), list[bytes](), None
    try:
        sps += (record.nalu("SPS") for _ in range(record.u8("SPS count") & 0b11111))
        pps += (record.nalu("PPS") for _ in range(record.u8("PPS count")))
    except CodecConfigError as error:
        trouble = str(error)
    if not sps:
        trouble = trouble or str(record.fail("no SPS (byte 5)"))
    return AvcConfig(profile, compatibility, level, size, tuple(sps), tuple(pps), trouble)


def build_avc_config(sps: tuple[bytes, ...], pps: tuple[bytes, ...]) -> bytes:
    """Write the record for these NALUs, with 4-byte NALU lengths; the first SPS says the profile.

    Raises:
        CodecConfigError: the first SPS is cut short.
    """
    first = parse_sps(sps[0])
    out = bytearray((1, *sps[0][1:4], 0xFF, 0xE0 | len(sps)))
    for nalu in sps:
        out += len(nalu).to_bytes(2, "big") + nalu
    out.append(len(pps))
    for nalu in pps:
        out += len(nalu).to_bytes(2, "big") + nalu
    if first.profile_idc in _HIGH:
        luma, chroma = first.bit_depth_luma - 8, first.bit_depth_chroma - 8
        out += bytes((0xFC | first.chroma_format_idc, 0xF8 | luma, 0xF8 | chroma, 0))
    return bytes(out)


def parse_sps(nalu: bytes) -> AvcSps:
    """Parse a sequence parameter set.

    Args:
        nalu: the NALU with its header byte; no start code, emulation bytes left in.

    Raises:
        CodecConfigError: another NALU type, cut short before the VUI, or values no picture can
            have.

    Source:
        ITU-T H.264 (08/2021), 7.3.2.1.1 and E.1.1.
    """
    if not nalu or nalu[0] & 0x1F != _SPS:
        raise CodecConfigError(f"SPS: NALU begins with {nalu[:1].hex() or 'nothing'}, expected 67")
    with blame("SPS"):
        return _read_sps(BitReader(unescape(nalu[1:])))


def parse_sps_id(nalu: bytes) -> int:
    """The number by which picture parameter sets name this one.

    Raises:
        CodecConfigError: cut short.
    """
    with blame("SPS"):
        bits = BitReader(unescape(nalu[1:_HEAD]))
        bits.skip(24)
        return bits.ue()


def parse_pps_ids(nalu: bytes) -> tuple[int, int]:
    """A picture parameter set's number, and that of its sequence parameter set.

    Raises:
        CodecConfigError: cut short.

    Source:
        ITU-T H.264 (08/2021), 7.3.2.2.
    """
    with blame("PPS"):
        bits = BitReader(unescape(nalu[1:_HEAD]))
        return bits.ue(), bits.ue()


def _read_sps(bits: BitReader) -> AvcSps:
    profile, constraints, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()  # seq_parameter_set_id
    chroma, luma_depth, chroma_depth, separate = 1, 8, 8, False
    if profile in _HIGH:
        chroma = bits.ue()
        if chroma > 3:
            raise CodecConfigError(f"SPS: chroma format {chroma}, expected 0 to 3")
        separate = chroma == 3 and bits.flag()
        luma_depth, chroma_depth = 8 + bits.ue(), 8 + bits.ue()
        if max(luma_depth, chroma_depth) > 14:
            raise CodecConfigError(f"SPS: bit depths {luma_depth}, {chroma_depth}; at most 14")
        bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.flag():
            _skip_scaling_lists(bits, 8 if chroma != 3 else 12)
    bits.ue()  # log2_max_frame_num_minus4
    _skip_order_count(bits)
    max_ref_frames = bits.ue()
    bits.skip(1)  # gaps_in_frame_num_value_allowed_flag
    width, map_height = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
    interlaced = not bits.flag()
    height = map_height * (2 if interlaced else 1)
    bits.skip(2 if interlaced else 1)  # mb_adaptive_frame_field_flag, direct_8x8_inference_flag
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x, unit_y = _CROP_UNITS[0 if separate else chroma]
        width -= unit_x * (left + right)
        height -= unit_y * (2 if interlaced else 1) * (top + bottom)
        if width <= 0 or height <= 0:
            raise CodecConfigError(f"SPS: {width}x{height} pixels are left after cropping")
    vui, pic_struct_at = _read_vui(bits)
    # A tick is a field (E.2.1); two make a frame.
    return AvcSps(
        profile, constraints, level, width, height, chroma, luma_depth, chroma_depth,
        interlaced, max_ref_frames, vui.sar, vui.tick_rate and vui.tick_rate / 2, pic_struct_at,
        vui.trouble, vui.transfer,
    )  # fmt: skip


def _skip_order_count(bits: BitReader) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        count = bits.ue()
        if count > 255:
            raise CodecConfigError(f"SPS: {count} reference frames in a cycle, at most 255")
        for _ in range(count):
            bits.se()


def _skip_scaling_lists(bits: BitReader, count: int) -> None:
    """Read past scaling lists: the matrices matter to decoders only (7.3.2.1.1.1)."""
    for index in range(count):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
                last = following or last


def _read_vui(bits: BitReader) -> tuple[Vui, int | None]:
    vui = Vui()
    try:
        if not bits.flag():  # vui_parameters_present_flag
            return vui, None
        read_vui_start(bits, vui)
        if bits.flag():  # timing_info_present_flag
            units, scale = bits.u(32), bits.u(32)
            vui.tick_rate = Fraction(scale, units) if units and scale else None
            bits.skip(1)  # fixed_frame_rate_flag
    except BitsError as error:
        vui.trouble = f"SPS: its VUI is cut short: {error}"
        return vui, None
    return vui, _read_pic_struct_at(bits)


def _read_pic_struct_at(bits: BitReader) -> int | None:
    """Read on to pic_struct_present_flag: the delays before pic_struct are as long as an HRD says.

    Cut short is as good as absent: nothing else of a picture depends on it.
    """
    delay_bits = 0
    try:
        for _ in ("NAL", "VCL"):
            if bits.flag():
                delay_bits = _read_delay_bits(bits)
        if delay_bits:
            bits.skip(1)  # low_delay_hrd_flag
        return delay_bits if bits.flag() else None
    except BitsError:
        return None


def _read_delay_bits(bits: BitReader) -> int:
    """Read hrd_parameters() (E.1.2); return how long both delays of a picture timing SEI are."""
    count = bits.ue() + 1
    bits.skip(4 + 4)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.skip(1)
    bits.skip(5)  # initial_cpb_removal_delay_length_minus1
    delay_bits = bits.u(5) + 1 + bits.u(5) + 1
    bits.skip(5)  # time_offset_length
    return delay_bits
