"""H.265: what a picture's first slice says first. Floor 0."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.bits import BitReader, unescape
from trio_srs.wire.codec.config_record import CodecConfigError, blame
from trio_srs.wire.codec.golomb import take_ue

__all__ = ["hevc_slice_pps", "hevc_slice_type", "parse_pps"]

_TYPES: Final = "BPI"
_READ = 16
_IRAP: Final = range(16, 24)


def parse_pps(pps: bytes) -> tuple[int, int, int]:
    """A picture parameter set's number, that of its sequence parameter set, and how many bits it
    puts before every slice's type.

    Args:
        pps: the NALU with its 2-byte header, emulation bytes left in.

    Raises:
        CodecConfigError: cut short.

    Source:
        ITU-T H.265 (08/2021), 7.3.2.3.1, num_extra_slice_header_bits.
    """
    with blame("PPS"):
        bits = BitReader(unescape(pps[2:_READ]))
        number, sps = bits.ue(), bits.ue()
        bits.skip(2)  # dependent_slice_segments_enabled_flag, output_flag_present_flag
        return number, sps, bits.u(3)


def hevc_slice_type(nalu: bytes, extra_bits: int = 0) -> str | None:
    """Whether a slice is ``"I"``, ``"P"`` or ``"B"``; None if it is not its picture's first.

    Where a later slice's type stands depends on the picture's size; the first one's does not.

    Args:
        nalu: of type 0 to 31, with its 2-byte header, emulation bytes left in.
        extra_bits: from :func:`parse_pps`.

    Raises:
        CodecConfigError: cut short, or a slice type there is not.

    Source:
        ITU-T H.265 (08/2021), 7.3.6.1 and table 7-7.
    """
    head = unescape(nalu[2:_READ])
    if not head:
        raise CodecConfigError("slice: first_slice_segment_in_pic_flag is cut short")
    if not head[0] & 0x80:
        return None
    bits, left = int.from_bytes(head, "big"), 8 * len(head) - 1
    left -= (nalu[0] >> 1 & 0x3F) in _IRAP  # no_output_of_prior_pics_flag
    _, left = take_ue(bits, left, "slice_pic_parameter_set_id")
    number, _ = take_ue(bits, max(0, left - extra_bits), "slice_type")
    if number >= len(_TYPES):
        raise CodecConfigError(f"slice: type {number}, expected 0 to 2")
    return _TYPES[number]


def hevc_slice_pps(nalu: bytes) -> int:
    """The number of the picture parameter set that a slice is for.

    Raises:
        CodecConfigError: cut short.
    """
    head = unescape(nalu[2:_READ])
    left = 8 * len(head) - 1 - ((nalu[0] >> 1 & 0x3F) in _IRAP)
    number, _ = take_ue(int.from_bytes(head, "big"), max(0, left), "slice_pic_parameter_set_id")
    return number
