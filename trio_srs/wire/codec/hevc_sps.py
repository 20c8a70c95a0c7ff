"""H.265: the sequence parameter set. Floor 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import attrs

from trio_srs.wire.bits import BitReader, BitsError, unescape
from trio_srs.wire.codec.config_record import CodecConfigError, blame
from trio_srs.wire.codec.vui import UNSPECIFIED, Vui, read_vui_start

__all__ = ["HevcProfile", "HevcSps", "parse_profile", "parse_sps", "parse_sps_id"]

_SPS = 33
_HEAD = 128  # bytes: more than the profiles of seven layers and a number take
_SPACES: Final = ("", "A", "B", "C")
_PROFILE_SIZE: Final = 12
_CROP_UNITS: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}  # by chroma format (table 6-1)
_MAX_PICTURES = 16  # sps_max_dec_pic_buffering is at most this (A.4.2)
_MAX_SETS = 64  # num_short_term_ref_pic_sets (7.4.3.2.1)


@attrs.frozen
class HevcProfile:
    """For which decoders a stream is: twelve bytes that records and parameter sets have alike."""

    space: int
    tier: int
    """0 Main, 1 High."""
    number: int
    """general_profile_idc: 1 Main, 2 Main 10."""
    compatibility: int
    """general_profile_compatibility_flags, 32 bits, flag 0 first."""
    constraints: bytes
    """general_constraint_indicator_flags, 6 bytes."""
    level: int
    """Thirty times the level: 93 is 3.1."""

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name (ISO/IEC 14496-15, annex E): ``hvc1.1.6.L93.B0``."""
        # The flags are written from the last to the first, as one hexadecimal number.
        reverse = int(f"{self.compatibility:032b}"[::-1], 2)
        constraints = "".join(f".{byte:X}" for byte in self.constraints.rstrip(b"\x00"))
        profile = f"{_SPACES[self.space]}{self.number}"
        return f"hvc1.{profile}.{reverse:X}.{'LH'[self.tier]}{self.level}{constraints}"


def parse_profile(data: bytes) -> HevcProfile:
    """Parse the twelve bytes of a general profile, tier and level (7.3.3).

    Raises:
        CodecConfigError: they are fewer.
    """
    if len(data) < _PROFILE_SIZE:
        raise CodecConfigError(f"profile and level: {len(data)} bytes, expected {_PROFILE_SIZE}")
    flags = int.from_bytes(data[1:5], "big")
    first = data[0]
    return HevcProfile(first >> 6, first >> 5 & 1, first & 0x1F, flags, data[5:11], data[11])


@attrs.frozen
class HevcSps:
    """What a sequence parameter set says about the pictures."""

    tier: int
    profile_idc: int
    level_idc: int
    """Thirty times the level: 93 is 3.1."""
    width: int
    """Pixels shown, the conformance window applied."""
    height: int
    chroma_format_idc: int
    """0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4."""
    bit_depth_luma: int
    bit_depth_chroma: int
    interlaced: bool
    """The VUI says every picture is a field; the height is then a field's."""
    sar: tuple[int, int]
    """Sample aspect ratio; (1, 1) also if not given."""
    frame_rate: Fraction | None
    """Pictures a second, as the timing fields promise; None if they are absent."""
    trouble: str | None = None
    """What is wrong behind the size and the bit depths, where tools and VUI stand."""
    transfer: int = UNSPECIFIED
    """Transfer characteristics (ITU-T H.273)."""


def parse_sps(nalu: bytes) -> HevcSps:
    """Parse a sequence parameter set.

    Args:
        nalu: the NALU with its 2-byte header; no start code, emulation bytes left in.

    Raises:
        CodecConfigError: another NALU type, cut short before the bit depths, or values no picture
            can have there.

    Source:
        ITU-T H.265 (08/2021), 7.3.2.2.1, 7.3.3, 7.3.4, 7.3.7 and E.2.1.
    """
    if len(nalu) < 2 or nalu[0] >> 1 & 0x3F != _SPS:
        raise CodecConfigError(f"SPS: NALU begins with {nalu[:2].hex() or 'nothing'}, expected 42")
    with blame("SPS"):
        return _read_sps(BitReader(unescape(nalu[2:])))


def parse_sps_id(nalu: bytes) -> int:
    """The number by which picture parameter sets name this one.

    Raises:
        CodecConfigError: cut short.
    """
    with blame("SPS"):
        bits = BitReader(unescape(nalu[2:_HEAD]))
        bits.skip(4)
        layers = bits.u(3)
        bits.skip(1)
        _read_profile_tier_level(bits, layers)
        return bits.ue()


def _read_sps(bits: BitReader) -> HevcSps:
    bits.skip(4)  # sps_video_parameter_set_id
    layers = bits.u(3)
    bits.skip(1)  # sps_temporal_id_nesting_flag
    tier, profile, level = _read_profile_tier_level(bits, layers)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma > 3:
        raise CodecConfigError(f"SPS: chroma format {chroma}, expected 0 to 3")
    if chroma == 3:
        bits.skip(1)  # separate_colour_plane_flag: its crop unit is the same as without
    width, height = _read_size(bits, chroma)
    luma_depth, chroma_depth = 8 + bits.ue(), 8 + bits.ue()
    if max(luma_depth, chroma_depth) > 16:
        raise CodecConfigError(f"SPS: bit depths {luma_depth}, {chroma_depth}; at most 16")
    interlaced, vui = _read_rest(bits, layers)
    return HevcSps(
        tier, profile, level, width, height, chroma, luma_depth, chroma_depth,
        interlaced, vui.sar, vui.tick_rate, vui.trouble, vui.transfer,
    )  # fmt: skip


def _read_profile_tier_level(bits: BitReader, layers: int) -> tuple[int, int, int]:
    """Read tier, profile and level; the sub-layers' own are passed over (7.3.3)."""
    bits.skip(2)  # general_profile_space
    tier, profile = bits.u(1), bits.u(5)
    bits.skip(32 + 48)  # compatibility and constraint flags
    level = bits.u(8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)
    return tier, profile, level


def _read_size(bits: BitReader, chroma: int) -> tuple[int, int]:
    width, height = bits.ue(), bits.ue()
    if bits.flag():  # conformance_window_flag
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x, unit_y = _CROP_UNITS[chroma]
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    if width <= 0 or height <= 0:
        raise CodecConfigError(f"SPS: {width}x{height} pixels are left after cropping")
    return width, height


def _skip_to_vui(bits: BitReader, layers: int) -> None:
    """Read past the coding tools: the VUI stands behind them."""
    order_bits = bits.ue() + 4
    if order_bits > 16:
        raise CodecConfigError(f"SPS: picture order counts of {order_bits} bits, at most 16")
    for _ in range(layers + 1 if bits.flag() else 1):
        for _ in range(3):  # buffering, reordering, latency
            bits.ue()
    for _ in range(6):  # block and transform sizes and depths
        bits.ue()
    if bits.flag() and bits.flag():  # scaling lists enabled, and present
        _skip_scaling_lists(bits)
    bits.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag():  # pcm_enabled_flag
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    _skip_short_term_sets(bits)
    if bits.flag():  # long_term_ref_pics_present_flag
        count = bits.ue()
        if count > 32:
            raise CodecConfigError(f"SPS: {count} long-term pictures, at most 32")
        bits.skip(count * (order_bits + 1))
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag


def _skip_scaling_lists(bits: BitReader) -> None:
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():  # predicted from another list
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << 4 + 2 * size)):
                bits.se()


def _skip_short_term_sets(bits: BitReader) -> None:
    """Read past the short-term sets; a set's length depends on what the one before it holds."""
    count = bits.ue()
    if count > _MAX_SETS:
        raise CodecConfigError(f"SPS: {count} short-term sets, at most {_MAX_SETS}")
    deltas: list[int] = []
    for index in range(count):
        if index and bits.flag():
            deltas = _read_predicted_set(bits, deltas)
        else:
            deltas = _read_explicit_set(bits)


def _read_explicit_set(bits: BitReader) -> list[int]:
    counts = bits.ue(), bits.ue()
    if max(counts) > _MAX_PICTURES:
        raise CodecConfigError(f"SPS: a set of {counts} pictures, at most {_MAX_PICTURES}")
    deltas = []
    for count, sign in zip(counts, (-1, 1), strict=True):
        delta = 0
        for _ in range(count):
            delta += sign * (bits.ue() + 1)
            bits.skip(1)  # used_by_curr_pic
            deltas.append(delta)
    return deltas


def _read_predicted_set(bits: BitReader, reference: list[int]) -> list[int]:
    negative = bits.flag()
    shift = bits.ue() + 1
    if negative:
        shift = -shift
    # used_by_curr_pic_flag for each; where it is 0, use_delta_flag.
    kept = [delta + shift for delta in (*reference, 0) if bits.flag() or bits.flag()]
    past = sorted((delta for delta in kept if delta < 0), reverse=True)
    return past + sorted(delta for delta in kept if delta > 0)  # nearest first (7-61, 7-62)


def _read_rest(bits: BitReader, layers: int) -> tuple[bool, Vui]:
    """Read what stands behind the bit depths: whether pictures are fields, and the VUI."""
    vui, interlaced = Vui(), False
    try:
        _skip_to_vui(bits, layers)
        if bits.flag():  # vui_parameters_present_flag
            read_vui_start(bits, vui)
            bits.skip(1)  # neutral_chroma_indication_flag
            interlaced = bits.flag()  # field_seq_flag
            _read_timing(bits, vui)
    except BitsError as error:
        vui.trouble = f"SPS: it is cut short behind its size: {error}"
    except CodecConfigError as error:
        vui.trouble = str(error)
    return interlaced, vui


def _read_timing(bits: BitReader, vui: Vui) -> None:
    bits.skip(1)  # frame_field_info_present_flag
    if bits.flag():  # default_display_window_flag: a hint for displays, not the picture's size
        for _ in range(4):
            bits.ue()
    if bits.flag():  # vui_timing_info_present_flag
        units, scale = bits.u(32), bits.u(32)
        vui.tick_rate = Fraction(scale, units) if units and scale else None
