"""H.264: what a slice says first. Floor 0."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.bits import unescape
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.golomb import take_ue

__all__ = ["avc_slice_pps", "avc_slice_type"]

_TYPES: Final = "PBIPIPBIPI"  # SP is a kind of P, SI of I; from 5 on: all slices are like this
_READ = 16
"""Bytes: enough for two codes of 32 bits each and what emulation prevention adds."""


def avc_slice_type(nalu: bytes) -> str:
    """Whether a slice is ``"I"``, ``"P"`` or ``"B"``.

    Args:
        nalu: of type 1, 2 or 5, with its header byte, emulation bytes left in.

    Raises:
        CodecConfigError: cut short, or a slice type there is not.

    Source:
        ITU-T H.264 (08/2021), 7.3.3 and table 7-6.
    """
    kind = _BY_BYTE.get(nalu[1:2])
    return _read(nalu) if kind is None else kind


def _read(nalu: bytes) -> str:
    head = unescape(nalu[1:_READ])
    bits, left = int.from_bytes(head, "big"), 8 * len(head)
    _, left = take_ue(bits, left, "first_mb_in_slice")
    number, _ = take_ue(bits, left, "slice_type")
    if number >= len(_TYPES):
        raise CodecConfigError(f"slice: type {number}, expected 0 to 9")
    return _TYPES[number]


def avc_slice_pps(nalu: bytes) -> int:
    """The number of the picture parameter set that a slice is for; otherwise as its type."""
    head = unescape(nalu[1:_READ])
    bits, left = int.from_bytes(head, "big"), 8 * len(head)
    for field in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
        number, left = take_ue(bits, left, field)
    return number


def _by_byte() -> dict[bytes, str]:
    """Types by a slice's first byte, where that says it all.

    Nearly every slice is its picture's first: a 1 for macroblock 0, then a code of up to 7 bits.
    """
    table = {}
    for number, kind in enumerate(_TYPES):
        code = number + 1
        spare = 8 - 2 * code.bit_length()
        for rest in range(1 << spare):
            table[bytes((0x80 | code << spare | rest,))] = kind
    return table


_BY_BYTE: Final = _by_byte()
