"""``pytest.approx`` as a condition of ours. Floor 1.

Testers have it at hand, and mean by it what they always mean: 25 give or take, where the second
argument is a share and ``abs`` is in the unit of the number. pytest is not imported: it need not
be there.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from trio_srs.media.expect.conditions import Condition
from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule_error import RuleError

__all__ = ["in_our_words"]

_MODULES: Final = ("pytest", "_pytest.approx", "_pytest.python_api")
"""Where its class is, or says that it is."""


def in_our_words(expected: Any) -> Any:
    """A ``pytest.approx`` of a number as a condition; all else as it is.

    Raises:
        RuleError: it is one of something else, or its tolerance is none.
    """
    if type(expected).__module__ not in _MODULES:
        return expected
    target = _number(getattr(expected, "expected", None), expected)
    try:
        tolerance = expected.tolerance
    except ValueError as error:  # it is below zero, or not a number
        raise RuleError(f"pytest.approx: {error}") from None
    return Condition(Operator.NEAR, (target, _number(tolerance, expected)))


def _number(value: Any, whole: object) -> Number:
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return value
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return float(value)
    raise RuleError(f"pytest.approx of {whole}: expected that of one number")
