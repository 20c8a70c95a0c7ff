"""Rules about a subject from a value, as tables and Python have it. Floor 1."""

from __future__ import annotations

from collections.abc import Sequence

from trio_srs.media.expect.approximate import in_our_words
from trio_srs.media.expect.conditions import Condition
from trio_srs.media.expect.grammar import has_operator, read_condition
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.subject import Kind, Subject
from trio_srs.media.expect.subjects import find_subject

__all__ = ["rules_about"]


def rules_about(name: str, value: object) -> tuple[Rule, ...]:
    """The rules that one value makes, nearly always one.

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
