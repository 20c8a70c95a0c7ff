"""Numbers with units come back as they were, and are converted exactly."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.quantity import (
    UNITS,
    read_number,
    read_numbers,
    show_number,
    write_number,
)
from trio_srs.media.expect.rule_error import RuleError

NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda n: "e-" not in repr(n)),
    st.fractions(-1000, 1000, max_denominator=1001),
)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("25", "", 25),
        ("-2.5", "", -2.5),
        ("1e3", "", 1000),
        ("30000/1001", "fps", Fraction(30000, 1001)),
        ("50/2", "fps", 25),
        ("500 ms", "s", 0.5),
        ("0.5s", "ms", 500),
        ("2min", "s", 120),
        ("1.5 Mbit/s", "bit/s", 1_500_000),
        ("96kbps", "bit/s", 96_000),
        ("44.1 kHz", "Hz", 44100),
        ("64 KiB", "B", 65536),
        (" 7 frames ", "frames", 7),
        (3, "s", 3),
        (Fraction(1, 3), "", Fraction(1, 3)),
    ],
)
def test_a_number_is_read_in_the_unit_of_its_subject(
    text: object, unit: str, expected: Number
) -> None:
    number = read_number(text, unit)
    assert (number, type(number)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("raw", "unit", "message"),
    [
        ("much", "s", 'expected a number in s, not "much"'),
        ("", "", 'expected a number, not ""'),
        ("1/0", "", 'expected a number, not "1/0"'),
        (True, "", "expected a number, not True"),
        (None, "", "expected a number, not None"),
        (math.nan, "ms", "expected a number in ms, not nan"),
        ("3 kg", "s", '"kg" is no unit of this: expected h or min or s or ms'),
        ("3 ms", "", '"ms" is no unit of this: expected a number without a unit'),
    ],
)
def test_what_is_no_number_of_that_kind_is_refused(raw: object, unit: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_number(raw, unit)
    assert str(caught.value) == message


def test_numbers_without_a_unit_have_that_of_the_last() -> None:
    assert read_numbers(("1.8", "2.2 Mbit/s"), "bit/s") == (1_800_000, 2_200_000)
    assert read_numbers(("800 kbit/s", "1 Mbit/s"), "bit/s") == (800_000, 1_000_000)
    assert read_numbers((1, 2), "s") == (1, 2)
    assert read_numbers(("x", "y")[:0], "s") == ()


@given(NUMBERS, st.sampled_from(sorted(UNITS)))
def test_what_is_written_is_read_again(number: Number, unit: str) -> None:
    again = read_number(write_number(number, unit), unit)
    assert again == number


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (2_000_000, "bit/s", "2 Mbit/s"),
        (2_500_000, "bit/s", "2500 kbit/s"),
        (2_500_001, "bit/s", "2500001 bit/s"),
        (0, "bit/s", "0 bit/s"),
        (0.1, "s", "0.1 s"),
        (5, "", "5"),
    ],
)
def test_a_number_is_written_exactly(number: Number, unit: str, text: str) -> None:
    assert write_number(number, unit) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (2_345_678.9, "bit/s", "2.346 Mbit/s"),
        (-12_345, "bit/s", "-12.35 kbit/s"),
        (999, "bit/s", "999 bit/s"),
        (24.999999, "fps", "25 fps"),
        (Fraction(30000, 1001), "fps", "30000/1001 fps"),
        (1e6, "", "1e+06"),
        (7, "", "7"),
    ],
)
def test_a_number_is_shown_with_the_digits_that_matter(
    number: Number, unit: str, text: str
) -> None:
    assert show_number(number, unit) == text
