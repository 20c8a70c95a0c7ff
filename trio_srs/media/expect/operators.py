"""What a rule may ask of a value: a table of operators, and what equal is to them. Floor 1."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from trio_srs.media.expect.evidence import Number

__all__ = ["ALIASES", "HOLDS", "NOISE", "NO_OPERANDS", "NUMERIC", "Operator", "is_equal"]

NOISE: Final = 1e-9
"""The share of a number by which another may differ and be the same."""


class Operator(enum.StrEnum):
    """How a rule compares; the value is how it is written."""

    EQUAL = "=="
    """The very value."""
    UNEQUAL = "!="
    """Any other value."""
    LESS = "<"
    """Less."""
    AT_MOST = "<="
    """No more."""
    MORE = ">"
    """More."""
    AT_LEAST = ">="
    """No less."""
    NEAR = "~"
    """As far away as the tolerance, at most: ``~ 25±0.5``, ``~ 25 ± 2%``; ``~ 25`` has the one of
    its unit."""
    WITHIN = ".."
    """Between two values or one of them, written ``in 1..2``."""
    IN = "in"
    """One of several: ``in h264, hevc``; of names, none but these."""
    HAS = "has"
    """A text with this part, or names with all of these."""
    MATCHES = "matches"
    """As a pattern says, in which ``*`` is any text and ``?`` any character."""
    PRESENT = "present"
    """There is any."""
    ABSENT = "absent"
    """There is none."""

    @property
    def written(self) -> str:
        """How it stands in a rule."""
        return "in A..B" if self is Operator.WITHIN else self.value


ALIASES: Final[Mapping[str, Operator]] = {
    **{operator.value: operator for operator in Operator if operator is not Operator.WITHIN},
    "=": Operator.EQUAL,
    "≠": Operator.UNEQUAL,
    "≤": Operator.AT_MOST,
    "≥": Operator.AT_LEAST,
    "≈": Operator.NEAR,
}
"""Every way to write them."""

NO_OPERANDS: Final = (Operator.PRESENT, Operator.ABSENT)
"""Nothing stands behind these."""
NUMERIC: Final = (
    Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST, Operator.NEAR,
    Operator.WITHIN,
)  # fmt: skip
"""These compare numbers."""


def is_equal(seen: object, operand: object) -> bool:
    """Whether two values are equal, for every operator that asks it.

    Numbers are if they differ by a billionth at most, whatever their types, for measured ones
    carry the noise of arithmetic; text without regard to case; a truth equals only itself; several
    values are equal one by one. Values of different kinds are not.
    """
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


def _is_among(seen: object, operands: tuple[object, ...]) -> bool:
    """Of names, whether all are among them."""
    names = seen if isinstance(seen, tuple) and seen and isinstance(seen[0], str) else (seen,)
    return all(any(is_equal(name, each) for each in operands) for name in names)


HOLDS: Final[Mapping[Operator, Callable[[Any, tuple[Any, ...]], bool]]] = {
    Operator.EQUAL: lambda seen, operands: is_equal(seen, operands[0]),
    Operator.UNEQUAL: lambda seen, operands: not is_equal(seen, operands[0]),
    Operator.IN: lambda seen, operands: _is_among(seen, operands),
    Operator.HAS: lambda seen, operands: all(each in seen for each in operands),
    Operator.MATCHES: lambda seen, operands: fnmatchcase(seen, operands[0]),
}
"""Whether a value is as the operands ask; of numbers, their bounds decide."""
