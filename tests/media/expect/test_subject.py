"""Every kind of subject has its operators."""

from __future__ import annotations

from trio_srs.media.expect.operators import NUMERIC, Operator
from trio_srs.media.expect.subject import OPERATORS, Kind


def test_every_kind_can_be_asked_for_presence() -> None:
    assert {*OPERATORS} == {*Kind}
    for allowed in OPERATORS.values():
        assert {Operator.PRESENT, Operator.ABSENT} <= {*allowed}


def test_only_numbers_and_what_may_be_one_are_compared_as_such() -> None:
    numeric = {kind for kind, allowed in OPERATORS.items() if {*NUMERIC} & {*allowed}}
    assert numeric == {Kind.NUMBER, Kind.ANY}
