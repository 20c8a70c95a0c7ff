"""Each operator means what it says."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.operators import ALIASES, HOLDS, NO_OPERANDS, NUMERIC, Operator


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
