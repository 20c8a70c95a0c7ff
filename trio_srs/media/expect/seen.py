"""What a subject is seen to be: a value, a range of values, or nothing at all. Floor 1."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import attrs

__all__ = ["Absent", "Extent", "Number", "Seen", "Value"]

Number: TypeAlias = int | float | Fraction
Value: TypeAlias = bool | Number | str | tuple[int, int] | tuple[str, ...]
"""Truth, number, text, a pair such as a size, or names."""


@attrs.frozen
class Absent:
    """There is nothing to be seen."""

    why: str
    """Why not, as the end of a sentence: ``no video came``."""


@attrs.frozen
class Extent:
    """Many values, of which a rule has to hold for each."""

    least: Number | None
    """The smallest; None if only that is known that none is larger than :attr:`most`."""
    most: Number


Seen: TypeAlias = Value | Extent | Absent
