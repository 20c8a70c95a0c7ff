"""Judges a publish by rules. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable

from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.operand import write_operand
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.quantity import show_number
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.seen import Absent, Extent, Seen
from trio_srs.media.expect.subjects import find_subject
from trio_srs.media.expect.verdict import Verdict

__all__ = ["judge"]


def judge(evidence: Evidence, rules: Iterable[Rule]) -> tuple[Verdict, ...]:
    """Judge by each rule; a verdict for every one, in their order."""
    return tuple(_judge(evidence, rule) for rule in rules)


def _judge(evidence: Evidence, rule: Rule) -> Verdict:
    subject = find_subject(rule.subject)
    seen = subject.read(evidence)
    met, shown = _is_met(rule, seen), _show(seen, subject.unit)
    colon = "met" if met else "expected"
    return Verdict(
        rule=rule,
        met=met,
        expected=rule.expected,
        seen=shown,
        message=f"{rule.subject}: {colon} {rule.expected}, seen: {shown}",
    )


def _is_met(rule: Rule, seen: Seen) -> bool:
    if rule.operator is Operator.PRESENT:
        return not isinstance(seen, Absent)
    if rule.operator is Operator.ABSENT:
        return isinstance(seen, Absent)
    match seen:
        case Absent():
            return False
        case Extent(least=None):
            upper = rule.operator in (Operator.LESS, Operator.AT_MOST)
            return upper and rule.holds(seen.most)
        case Extent(least=least) if least is not None:
            return rule.holds(least) and rule.holds(seen.most)
    return rule.holds(seen)


def _show(seen: Seen, unit: str) -> str:
    match seen:
        case Absent():
            return seen.why
        case Extent(least=None):
            return f"{show_number(seen.most, unit)}, unfinished"
        case Extent(least=least, most=most) if least is not None and least != most:
            return f"{show_number(least, unit)} to {show_number(most, unit)}"
        case Extent():
            return show_number(seen.most, unit)
        case bool() | str():
            return write_operand(seen, unit)
        case tuple():
            return (", " if isinstance(seen[0], str) else "x").join(map(str, seen))
    return show_number(seen, unit)
