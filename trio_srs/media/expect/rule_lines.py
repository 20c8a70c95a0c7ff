"""Rules from lines of text: a line is a rule, or asks for many at once. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable

from trio_srs.media.expect.health import read_healthy
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError

__all__ = ["parse_rules", "read_line"]


def read_line(text: str) -> tuple[Rule, ...]:
    """The rules of a line: one as :meth:`Rule.parse` reads it, or those of ``healthy``.

    Raises:
        RuleError: it cannot be read; the text says what could stand there.
    """
    try:
        healthy = read_healthy(text)
    except RuleError as error:
        raise RuleError(*(f'"{text[:80]}": {problem}' for problem in error.problems)) from None
    return (Rule.parse(text),) if healthy is None else healthy


def parse_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Read many lines.

    Raises:
        RuleError: some cannot be read; all of them are told.
    """
    rules: list[Rule] = []
    problems: list[str] = []
    for text in texts:
        try:
            rules += read_line(text)
        except RuleError as error:
            problems += error.problems
    if problems:
        raise RuleError(*problems)
    return tuple(rules)
