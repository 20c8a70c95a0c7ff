"""Each operator means what it says, and all of them say the same of what is equal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.expect.bounds import Bounds
from trio_srs.media.expect.operators import ALIASES, HOLDS, NO_OPERANDS, NUMERIC, Operator, is_equal
from trio_srs.media.expect.rule import Rule


@pytest.mark.parametrize(
    ("operator", "seen", "operands", "expected"),
    [
        (Operator.EQUAL, "a", ("a",), True),
        (Operator.EQUAL, "a", ("b",), False),
        (Operator.UNEQUAL, "a", ("b",), True),
        (Operator.UNEQUAL, "a", ("a",), False),
        (Operator.IN, "a", ("b", "a"), True),
        (Operator.IN, "a", ("b",), False),
        (Operator.HAS, ("x", "y"), ("x", "y"), True),
        (Operator.HAS, ("x", "y"), ("x", "z"), False),
        (Operator.HAS, "Lavf60", ("avf",), True),
        (Operator.MATCHES, "Lavf60.1", ("Lavf*",), True),
        (Operator.MATCHES, "OBS", ("Lavf*",), False),
    ],
)
def test_an_operator_holds_or_not(
    operator: Operator, seen: object, operands: tuple[object, ...], expected: bool
) -> None:
    assert HOLDS[operator](seen, operands) is expected


def test_every_operator_has_a_meaning() -> None:
    assert {*HOLDS, *NUMERIC, *NO_OPERANDS} == {*Operator}


def test_a_range_is_written_with_its_ends() -> None:
    assert (Operator.WITHIN.written, Operator.IN.written) == ("in A..B", "in")


def test_every_operator_but_the_range_can_be_written() -> None:
    assert {*ALIASES.values()} == {*Operator} - {Operator.WITHIN}


NUMBERS: Any = (
    st.integers(-(10**12), 10**12)
    | st.floats(-1e12, 1e12)
    | st.fractions(-(10**6), 10**6, max_denominator=10**6)
)
NEAR_ONE = st.sampled_from(
    [1, 1.0, 1 + 1e-12, 1 - 1e-12, 1 + 1e-8, Fraction(1), Fraction(30000, 1001) / 30]
)
WORDS = st.sampled_from(["h264", "H264", "avc1", "hevc", "h265", "HEVC", "x265", "av1", "aac"])


@pytest.mark.parametrize(
    ("seen", "operand", "equal"),
    [
        (25, 25.0, True),
        (29.97002997002997, Fraction(30000, 1001), True),
        (29.97, Fraction(30000, 1001), False),
        (2.1 - 2, 0.1, True),
        (0, 0.0, True),
        (0, 1e-12, False),
        ("Main", "MAIN", True),
        ("stra\u00dfe", "STRASSE", True),
        ("main", "main ", False),
        ((1280, 720), (1280, 720), True),
        ((1280, 720), (720, 1280), False),
        ((1280, 720), (1280,), False),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (False, 0, False),
        ("25", 25, False),
        ((1, 1), "1x1", False),
        (float("nan"), float("nan"), False),
    ],
)
def test_what_is_equal(seen: object, operand: object, equal: bool) -> None:
    assert is_equal(seen, operand) is equal


def verdicts(subject: str, seen: object, operand: Any) -> tuple[bool, bool, bool]:
    """What ==, in and the opposite of != say."""
    equal = Rule.make(subject, Operator.EQUAL, (operand,)).holds(seen)
    among = Rule.make(subject, Operator.IN, (operand,)).holds(seen)
    unequal = Rule.make(subject, Operator.UNEQUAL, (operand,)).holds(seen)
    return equal, among, not unequal


@pytest.mark.property
@given(seen=NUMBERS | NEAR_ONE, operand=NUMBERS | NEAR_ONE)
def test_all_operators_agree_on_equal_numbers(seen: Any, operand: Any) -> None:
    said = verdicts("video.fps", seen, operand)
    near = Rule.make("video.fps", Operator.NEAR, (operand, 0)).holds(seen)
    within = Rule.make("video.fps", Operator.WITHIN, (operand, operand)).holds(seen)
    assert {*said, near, within} == {is_equal(seen, operand)}
    assert Bounds(float(operand), float(operand)).hold(seen, seen) is is_equal(seen, operand)
    assert all(verdicts("video.fps", operand, operand))


@pytest.mark.property
@given(seen=st.sampled_from(["h264", "hevc", "av1", "aac", "xyzw"]), operand=WORDS)
def test_all_operators_agree_on_codecs_by_any_name(seen: str, operand: str) -> None:
    assert len(set(verdicts("video.codec", seen, operand))) == 1
    matches = Rule.make("video.codec", Operator.MATCHES, (operand,)).holds(seen)
    assert matches is verdicts("video.codec", seen, operand)[0]


@pytest.mark.property
@given(
    seen=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    operand=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_all_operators_agree_on_sizes(seen: tuple[int, int], operand: tuple[int, int]) -> None:
    said = verdicts("video.size", seen, operand)
    assert set(said) == {seen == operand}
    assert verdicts("video.size", seen, f"{operand[0]}x{operand[1]}") == said


@pytest.mark.property
@given(
    seen=st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.sampled_from(["1", "a", "A"]),
    operand=st.booleans() | st.integers(-2, 2) | st.sampled_from(["a", "A", "b"]),
)
def test_all_operators_agree_on_whatever_a_peer_said(seen: Any, operand: Any) -> None:
    assert len(set(verdicts("metadata.anything", seen, operand))) == 1


@pytest.mark.parametrize("text", ["2000 kbit/s", "2 Mbit/s", "2000000", "0.002 Gbps"])
def test_units_make_no_difference(text: str) -> None:
    assert all(verdicts("bitrate.mean", 2_000_000.0, text))
