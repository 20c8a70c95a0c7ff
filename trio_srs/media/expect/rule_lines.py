"""Rules from lines of text: a line is a rule, or asks for many at once. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from trio_srs.media.expect.grammar import split_streams
from trio_srs.media.expect.health import read_healthy
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError

__all__ = ["parse_rules", "read_line"]


def read_line(text: str) -> tuple[Rule, ...]:
    """The rules of a line: one as :meth:`Rule.parse` reads it, or those of ``healthy``.

    Raises:
        RuleError: it cannot be read; the text says what could stand there.
    """
    streams, rest = split_streams(text)
    try:
        healthy = read_healthy(rest)
    except RuleError as error:
        raise RuleError(*(f'"{text[:80]}": {problem}' for problem in error.problems)) from None
    if healthy is None:
        return (Rule.parse(text),)
    return tuple(attrs.evolve(rule, streams=streams) for rule in healthy)


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
