"""The number of a frame as the bits that are drawn. Floor 1.

24 bits are the number in Gray code: from one to the next a single bit changes. The 8 bits behind
them are a check, made of those, of which a single bit changes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

__all__ = ["CODE_BITS", "NUMBER_BITS", "coded_number", "decoded_number", "likely_number"]

NUMBER_BITS: Final = 24
"""Frames are numbered modulo 2 to the power of this, in the picture."""

_CHECK_BITS: Final = 8
CODE_BITS: Final = NUMBER_BITS + _CHECK_BITS
_NUMBERS: Final = (1 << NUMBER_BITS) - 1
_UNSURE: Final = 0.2
"""How far from the middle a level may be to be either, as a share of what is from black to
white."""
_MOST_UNSURE: Final = 4
"""Cells; of two neighbours that were blended, 2 are."""


def coded_number(number: int) -> int:
    """The bits of a frame's number, most significant first."""
    number &= _NUMBERS
    gray = number ^ number >> 1
    return gray << _CHECK_BITS | _check(gray)


def decoded_number(code: int) -> int | None:
    """The number of such bits; None if the check says that they are none."""
    gray, check = code >> _CHECK_BITS, code & (1 << _CHECK_BITS) - 1
    if check != _check(gray):
        return None
    for shift in (1, 2, 4, 8, 16):
        gray ^= gray >> shift
    return gray


def _check(gray: int) -> int:
    """Eight bits that hang on every bit of the number, and are not 0 for 0."""
    return (gray ^ gray >> 8 ^ gray >> 16 ^ 0xA5) & 0xFF


def likely_number(levels: Sequence[float]) -> int | None:
    """The number of a picture in which two may have been blended.

    Args:
        levels: of each bit, most significant first: 0 is as black as black is in the picture, 1 as
            white as white.

    Returns:
        The number that is nearest, of two neighbours the earlier: cells that are neither black nor
        white may be either, all others are what they look like. None if no number is.
    """
    code = 0
    for level in levels:
        code = code << 1 | (level >= 0.5)
    nearness = [abs(level - 0.5) for level in levels]
    unsure = [at for at, near in enumerate(nearness) if near < _UNSURE]
    if not unsure or len(unsure) > _MOST_UNSURE:
        return decoded_number(code)
    found = _possible(code, unsure, nearness)
    nearest = min(found, key=found.__getitem__, default=None)
    # Of two neighbours always the earlier, or pictures would seem to go back and forth.
    return nearest - 1 if nearest is not None and nearest - 1 in found else nearest


def _possible(code: int, unsure: Sequence[int], nearness: Sequence[float]) -> dict[int, float]:
    """The numbers that it may be, and how much had to be turned over for each."""
    found: dict[int, float] = {}
    for count in range(len(unsure) + 1):
        for some in combinations(unsure, count):
            other = code
            for at in some:
                other ^= 1 << CODE_BITS - 1 - at
            if (number := decoded_number(other)) is not None:
                found[number] = sum(nearness[at] for at in some)
    return found
