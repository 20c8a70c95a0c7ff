"""A rule that cannot be read is refused in words, all problems together."""

from __future__ import annotations

from trio_srs.errors import RefusedError
from trio_srs.media.expect.rule_error import RuleError


def test_all_problems_are_in_the_text() -> None:
    error = RuleError("one", "two")
    assert (str(error), error.problems, error.code) == ("one\ntwo", ("one", "two"), "bad_rule")
    assert isinstance(error, RefusedError)
