"""The number as bits: neighbours differ in two, one of the number and one of the check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.pattern.frame_code import (
    CODE_BITS,
    NUMBER_BITS,
    coded_number,
    decoded_number,
    likely_number,
)

NUMBERS = st.integers(0, (1 << NUMBER_BITS) - 1)


def levels(number: int) -> list[float]:
    return [float(bit) for bit in f"{coded_number(number):0{CODE_BITS}b}"]


def blended(number: int, share: float) -> list[float]:
    """A picture, and so much of the next."""
    return [
        a * (1 - share) + b * share for a, b in zip(levels(number), levels(number + 1), strict=True)
    ]


@given(NUMBERS)
def test_a_number_is_read_again_and_its_neighbour_differs_in_two_bits(number: int) -> None:
    assert decoded_number(coded_number(number)) == number
    assert (coded_number(number) ^ coded_number(number + 1)).bit_count() == 2


def test_one_wrong_bit_is_noticed() -> None:
    code = coded_number(77)
    assert all(decoded_number(code ^ 1 << bit) is None for bit in range(CODE_BITS))


@given(
    NUMBERS.filter(lambda number: number + 1 < 1 << NUMBER_BITS),
    st.sampled_from([(0.0, 0), (0.2, 0), (0.45, 0), (0.5, 0), (0.55, 0), (0.8, 1), (1.0, 1)]),
)
def test_of_two_that_were_blended_one_is_read_and_the_earlier_where_both_may_be(
    number: int, share: tuple[float, int]
) -> None:
    assert likely_number(blended(number, share[0])) == number + share[1]


def test_cells_that_are_all_grey_are_no_number() -> None:
    assert likely_number([0.5] * CODE_BITS) is None
    assert likely_number([0.0] * CODE_BITS) is None


@pytest.mark.parametrize("wrong", [0, 23, 31])
def test_a_cell_that_is_plainly_wrong_makes_it_none(wrong: int) -> None:
    made = levels(1000)
    made[wrong] = 1 - made[wrong]
    assert likely_number(made) is None
