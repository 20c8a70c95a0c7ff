"""The range of numbers that a rule accepts. Floor 1.

Numbers that were measured carry the noise of arithmetic: 2.1 s minus 2 s is a little more than
0.1 s. A range is therefore wider than it is written by a billionth part.
"""

from __future__ import annotations

import math
from typing import Self

import attrs

from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.operators import NOISE, Operator

__all__ = ["Bounds"]


@attrs.frozen
class Bounds:
    """From :attr:`low` to :attr:`high`."""

    low: float
    high: float
    is_open: bool = False
    """Whether the ends themselves are left out."""

    @classmethod
    def of(cls, operator: Operator, operands: tuple[object, ...]) -> Self | None:
        """The range that an operator accepts; None if it accepts no range, or not of numbers."""
        numbers = [float(n) for n in operands if isinstance(n, Number) and not isinstance(n, bool)]
        if not numbers or len(numbers) != len(operands):
            return None
        first, last = numbers[0], numbers[-1]
        match operator:
            case Operator.EQUAL:
                return cls(first, first)
            case Operator.LESS | Operator.AT_MOST:
                return cls(-math.inf, first, operator is Operator.LESS)
            case Operator.MORE | Operator.AT_LEAST:
                return cls(first, math.inf, operator is Operator.MORE)
            case Operator.NEAR:
                return cls(first - last, first + last)
            case Operator.WITHIN:
                return cls(first, last)
        return None

    def touch(self, low: Number, high: Number) -> bool:
        """Whether any number from ``low`` to ``high`` is accepted."""
        return self._reaches(low) and self._reaches_down(high)

    def hold(self, low: Number, high: Number) -> bool:
        """Whether every number from ``low`` to ``high`` is accepted."""
        return self._reaches_down(low) and self._reaches(high)

    def _reaches(self, number: Number) -> bool:
        """Whether a number is not above them all."""
        if self.is_open:
            return number < self.high
        return number <= self.high + abs(self.high) * NOISE

    def _reaches_down(self, number: Number) -> bool:
        """Whether a number is not below them all."""
        if self.is_open:
            return number > self.low
        return number >= self.low - abs(self.low) * NOISE
