"""Where a rule does not say how near, its unit does."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trio_srs.media.expect.quantity import UNITS
from trio_srs.media.expect.tolerance import TOLERANCES, tolerance_of


def test_every_unit_has_a_tolerance() -> None:
    assert set(TOLERANCES) == set(UNITS)


@pytest.mark.parametrize(
    ("number", "unit", "tolerance"),
    [
        (30, "fps", 0.6),
        (Fraction(30000, 1001), "fps", 0.5994005994005994),
        (2_000_000, "bit/s", 400_000),
        (0, "ms", 50),
        (-2000, "ms", 100),
        (2, "s", 0.1),
        (10, "frames", 2),
        (1280, "px", 2),
    ],
)
def test_near_is_a_share_or_what_no_encoder_can_help(
    number: int | Fraction, unit: str, tolerance: float
) -> None:
    assert tolerance_of(number, unit) == tolerance
