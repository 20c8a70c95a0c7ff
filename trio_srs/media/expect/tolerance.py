"""How near is near, where a rule does not say. Floor 1.

Wide enough for what encoders do with time in whole milliseconds, and for what a rate control makes
of a bit rate; too narrow for any other value that people publish with.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import attrs

from trio_srs.media.expect.evidence import Number

__all__ = ["TOLERANCES", "Tolerance", "tolerance_of"]


@attrs.frozen
class Tolerance:
    """A share of the number that is meant, or so much, whichever is more."""

    percent: int
    least: Number
    """In the unit."""


TOLERANCES: Final[Mapping[str, Tolerance]] = {
    "fps": Tolerance(2, 0.1),
    "bit/s": Tolerance(20, 0),
    "s": Tolerance(5, 0.1),
    "ms": Tolerance(5, 50),
    "frames": Tolerance(2, 2),
    "B": Tolerance(5, 0),
    "Hz": Tolerance(1, 0),
    "px": Tolerance(0, 2),
    "ms/min": Tolerance(5, 10),
    "dB": Tolerance(0, 1),
    "LUFS": Tolerance(0, 1),
    "LU": Tolerance(0, 1),
    "": Tolerance(5, 0),
}
"""By the unit of a subject."""


def tolerance_of(target: Number, unit: str) -> int | float:
    """How far from a number is near, in its unit."""
    tolerance = TOLERANCES[unit]
    share = abs(Fraction(target)) * tolerance.percent / 100
    if share < tolerance.least:
        return float(tolerance.least)
    return share.numerator if share.denominator == 1 else float(share)
