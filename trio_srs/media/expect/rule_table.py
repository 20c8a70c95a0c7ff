"""Rules from a table, as TOML and JSON have it. Floor 1.

::

    [video]
    codec = "h264"
    size = "1280x720"
    fps = "~ 25±0.5"
    gop.seconds = "<= 2.1"
    [timestamps]
    monotonic = true

Tables inside tables are the words of a subject's name. A text may begin with an operator; without
one, ``25±0.5`` and ``1..2`` mean what they look like, and all else has to be equal. A list is of
conditions that all hold if one of them begins with an operator, and otherwise of values of which
one is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trio_srs.media.expect.approximate import in_our_words
from trio_srs.media.expect.conditions import Condition
from trio_srs.media.expect.grammar import has_operator, read_condition
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import Kind, Subject
from trio_srs.media.expect.subjects import find_subject

__all__ = ["rules_about", "rules_from_table"]


def rules_from_table(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Read the rules of a table.

    Raises:
        RuleError: some cannot be read; all of them are told.
    """
    rules: list[Rule] = []
    problems = []
    for name, value in _leaves(table, ""):
        try:
            rules += rules_about(name, value)
        except RuleError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise RuleError(*problems)
    return tuple(rules)


def _leaves(table: Mapping[str, Any], front: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{front}.{key}" if front else key
        if isinstance(value, Mapping):
            yield from _leaves(value, name)
        else:
            yield name, value


def rules_about(name: str, value: object) -> tuple[Rule, ...]:
    """The rules that one value in a table makes, nearly always one.

    Raises:
        RuleError: no such subject, or a value it cannot have.
    """
    return _rules(find_subject(name), value)


def _rules(subject: Subject, value: object) -> tuple[Rule, ...]:
    kind, value = subject.kind, in_our_words(value)
    if isinstance(value, Condition):
        return (Rule.make(subject, value.operator, value.operands),)
    if isinstance(value, str):
        default = Operator.HAS if kind is Kind.NAMES else Operator.EQUAL
        return (Rule.make(subject, *read_condition(kind, value, default=default)),)
    if not isinstance(value, Sequence) or (kind is Kind.PAIR and _is_pair(value)):
        return (Rule.make(subject, Operator.EQUAL, (value,)),)
    if any(isinstance(each, str) and has_operator(each) for each in value):
        return tuple(rule for each in value for rule in _rules(subject, each))
    operator = Operator.HAS if kind is Kind.NAMES else Operator.IN
    return (Rule.make(subject, operator, tuple(value)),)


def _is_pair(value: Sequence[object]) -> bool:
    return len(value) == 2 and all(type(each) is int for each in value)
