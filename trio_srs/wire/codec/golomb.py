"""Exp-Golomb codes out of an integer: for headers that are read once per picture. Floor 0.

:class:`~trio_srs.wire.bits.BitReader` reads anything and takes its time; a slice header's first
two codes must not cost more than the rest of the picture's path.
"""

from __future__ import annotations

from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["take_ue"]


def take_ue(bits: int, left: int, field: str) -> tuple[int, int]:
    """Read an unsigned code (H.264, 9.1) off the top of the low ``left`` bits of ``bits``.

    Bits above those are ignored.

    Returns:
        The value, and how many bits are left.

    Raises:
        CodecConfigError: the code does not end within them; the text names ``field``.
    """
    bits &= (1 << left) - 1
    zeros = left - bits.bit_length()
    rest = left - 2 * zeros - 1
    if rest < 0:
        raise CodecConfigError(f"slice: {field} is cut short")
    return (bits >> rest) - 1, rest
