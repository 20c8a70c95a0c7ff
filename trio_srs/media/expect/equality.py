"""What equal is, for every operator that asks it. Floor 1.

Numbers are equal if they differ by a billionth at most, whatever their types, for measured ones
carry the noise of arithmetic; text without regard to case; a truth equals only itself; several
values are equal one by one. Values of different kinds are not.
"""

from __future__ import annotations

from typing import Final

from trio_srs.media.expect.seen import Number

__all__ = ["NOISE", "is_equal"]

NOISE: Final = 1e-9
"""The share of a number by which another may differ and be the same."""


def is_equal(seen: object, operand: object) -> bool:
    """Whether they are."""
    if isinstance(seen, bool) or isinstance(operand, bool):
        return seen is operand
    if isinstance(seen, Number) and isinstance(operand, Number):
        middle = float(operand)
        return middle - abs(middle) * NOISE <= seen <= middle + abs(middle) * NOISE
    if isinstance(seen, str) and isinstance(operand, str):
        return seen.casefold() == operand.casefold()
    if isinstance(seen, tuple) and isinstance(operand, tuple):
        return len(seen) == len(operand) and all(map(is_equal, seen, operand))
    return False
