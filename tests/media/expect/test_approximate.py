"""pytest's words for about are ours."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from trio_srs.media.expect.approximate import in_our_words
from trio_srs.media.expect.conditions import approx, at_most
from trio_srs.media.expect.rule_error import RuleError


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (pytest.approx(25, abs=0.5), approx(25, 0.5)),
        (pytest.approx(200, rel=0.25), approx(200, 50.0)),
        (pytest.approx(29.97, abs=1), approx(29.97, 1)),
        (pytest.approx(Fraction(30000, 1001), abs=1), approx(Fraction(30000, 1001), 1)),
        (pytest.approx(Decimal("2.5"), abs=Decimal("0.5")), approx(2.5, 0.5)),
        (pytest.approx(-8, abs=2), approx(-8, 2)),
    ],
    ids=str,
)
def test_about_a_number_is_a_condition(theirs: Any, ours: object) -> None:
    assert in_our_words(theirs) == ours


@pytest.mark.parametrize("other", ["h264", 25, 0.5, True, (640, 360), at_most(2), ["a", "b"]])
def test_all_else_stays_as_it_is(other: object) -> None:
    assert in_our_words(other) is other


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.approx([640, 360]),
        pytest.approx((640, 360), abs=1),
        pytest.approx({"width": 640}),
        pytest.approx("h264"),
        pytest.approx(True),
        pytest.approx(float("inf")),
        pytest.approx(float("nan")),
        pytest.approx(None),
        pytest.approx(5, abs=float("inf")),
    ],
    ids=str,
)
def test_about_anything_else_is_refused(theirs: Any) -> None:
    with pytest.raises(RuleError, match=r"^pytest\.approx of .*: expected that of one number$"):
        in_our_words(theirs)


def test_a_tolerance_below_zero_is_refused() -> None:
    with pytest.raises(RuleError, match=r"^pytest\.approx: absolute tolerance can't be negative"):
        in_our_words(pytest.approx(25, abs=-1))
