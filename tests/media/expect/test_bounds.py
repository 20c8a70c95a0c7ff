"""Ranges hold their ends, in spite of the noise of arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.expect.bounds import Bounds
from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.operators import Operator


def bounds(operator: Operator, *operands: Number) -> Bounds:
    made = Bounds.of(operator, operands)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("operator", "operands", "inside", "outside"),
    [
        (Operator.EQUAL, (25,), [25, 25.0], [24.9, 26]),
        (Operator.LESS, (2,), [1.999, -5], [2, 3]),
        (Operator.AT_MOST, (2.1,), [2.1, 0], [2.11]),
        (Operator.MORE, (2,), [2.01], [2, 1]),
        (Operator.AT_LEAST, (2,), [2, 9], [1.99]),
        (Operator.NEAR, (2, 0.1), [2.1, 1.9, 2.1000000001], [2.11, 1.89]),
        (Operator.WITHIN, (-1, 1), [-1, 0, 1], [-1.1, 1.1]),
    ],
)
def test_a_range_is_what_the_operator_says(
    operator: Operator, operands: tuple[Number, ...], inside: list[float], outside: list[float]
) -> None:
    made = bounds(operator, *operands)
    assert all(made.hold(number, number) for number in inside)
    assert not any(made.hold(number, number) for number in outside)
    assert all(made.touch(number, number) for number in inside)
    assert not any(made.touch(number, number) for number in outside)


@pytest.mark.parametrize(
    ("operator", "operands"),
    [
        (Operator.UNEQUAL, (5,)),
        (Operator.IN, (5, 6)),
        (Operator.EQUAL, ("h264",)),
        (Operator.EQUAL, (True,)),
        (Operator.PRESENT, ()),
    ],
)
def test_other_rules_have_no_range(operator: Operator, operands: tuple[object, ...]) -> None:
    assert Bounds.of(operator, operands) is None


@given(st.floats(-10, 10), st.floats(0, 5), st.floats(-20, 20), st.floats(0, 5))
def test_what_holds_for_all_holds_for_some(
    middle: float, tolerance: float, low: float, more: float
) -> None:
    made = bounds(Operator.NEAR, middle, tolerance)
    if made.hold(low, low + more):
        assert made.touch(low, low + more)


def test_what_is_still_open_touches_only_what_it_can_reach() -> None:
    made = bounds(Operator.WITHIN, 1, 2)
    assert made.touch(0, math.inf)
    assert made.touch(2, math.inf)
    assert not made.touch(3, math.inf)
