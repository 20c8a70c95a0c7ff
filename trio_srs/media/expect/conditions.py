"""What a value has to be, in Python's words. Floor 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

import attrs

from trio_srs.media.expect.evidence import Number, Value
from trio_srs.media.expect.operators import Operator

__all__ = [
    "Approximate",
    "Condition",
    "Expected",
    "absent",
    "approx",
    "at_least",
    "at_most",
    "between",
    "has",
    "less_than",
    "matches",
    "more_than",
    "one_of",
    "present",
    "unlike",
]


@attrs.frozen
class Condition:
    """What a value has to be, without saying which."""

    operator: Operator
    operands: tuple[object, ...] = ()


class Approximate(Protocol):
    """``pytest.approx(…)``, as far as it is read here."""

    expected: Any
    """About what it has to be."""
    nan_ok: bool
    """Whether no number will do."""


Expected: TypeAlias = Condition | Approximate | Value | Sequence[Value]
"""A condition, of ours or ``pytest.approx(25, abs=0.5)``; a value that is to be seen; a text that
may begin with an operator, as in a table; or several values of which one is to be seen."""


def approx(target: Number | str, tolerance: Number | str | None = None) -> Condition:
    """As far from a number as the tolerance, at most; that may be text: ``"2%"``. Without one it
    is what the subject's unit has by default."""
    return Condition(Operator.NEAR, (target,) if tolerance is None else (target, tolerance))


def at_most(limit: Number | str) -> Condition:
    """A number no larger than the limit, which may be text with a unit: ``"2 s"``."""
    return Condition(Operator.AT_MOST, (limit,))


def at_least(limit: Number | str) -> Condition:
    """A number no smaller than the limit, which may be text with a unit: ``"2 s"``."""
    return Condition(Operator.AT_LEAST, (limit,))


def less_than(limit: Number | str) -> Condition:
    """A number below the limit, which may be text with a unit: ``"2 s"``."""
    return Condition(Operator.LESS, (limit,))


def more_than(limit: Number | str) -> Condition:
    """A number above the limit, which may be text with a unit: ``"2 s"``."""
    return Condition(Operator.MORE, (limit,))


def between(low: Number | str, high: Number | str) -> Condition:
    """From one number to another, both allowed."""
    return Condition(Operator.WITHIN, (low, high))


def one_of(*values: Value) -> Condition:
    """One of several values."""
    return Condition(Operator.IN, values)


def unlike(value: Value) -> Condition:
    """Any value but this one; none at all is not met."""
    return Condition(Operator.UNEQUAL, (value,))


def matches(pattern: str) -> Condition:
    """As a pattern says, in which ``*`` is any text and ``?`` any character."""
    return Condition(Operator.MATCHES, (pattern,))


def has(*parts: str) -> Condition:
    """A text with all of these parts, or names with all of these."""
    return Condition(Operator.HAS, parts)


present: Final = Condition(Operator.PRESENT)
"""There is any."""
absent: Final = Condition(Operator.ABSENT)
"""There is none."""
