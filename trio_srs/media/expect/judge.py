"""Judges a publish by rules: a verdict on each. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Inapplicable, Seen
from trio_srs.media.expect.offending_frame import OffendingFrame, find_offending_frame
from trio_srs.media.expect.operand import is_golden, write_operand
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.quantity import show_number
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.subject import Kind

__all__ = ["Verdict", "golden_files", "judge"]


@attrs.frozen(kw_only=True)
class Verdict:
    """What became of one rule."""

    rule: Rule
    """The rule."""
    met: bool
    """Whether the stream is as it says."""
    expected: str
    """What was expected, in words."""
    seen: str
    """What was seen, in words."""
    track: str | None = None
    """``"video"`` or ``"audio"``: whose frame it is."""
    index: int | None = None
    """Of the first offending frame: how many its track had before it. None if the rule is met, or
    no frame is to blame."""
    timestamp_ms: int | None = None
    """Of that frame, milliseconds as it was sent."""
    where: str = ""
    """What that frame has to do with it: ``first at video frame 30 (1060 ms)``."""
    message: str
    """All of it in a sentence."""


def judge(evidence: Evidence, rules: Iterable[Rule]) -> tuple[Verdict, ...]:
    """Judge by each rule; a verdict for every one, in their order."""
    return tuple(_judge(evidence, rule) for rule in rules)


def golden_files(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The names of the golden files whose digests the rules ask for.

    Whoever judges puts reports of them, made at level ``full``, into :attr:`Evidence.golden`.
    """
    digests = (rule for rule in rules if rule.subject.kind is Kind.DIGEST)
    names = (operand for rule in digests for operand in rule.operands)
    return tuple(dict.fromkeys(name for name in names if is_golden(name)))


def _judge(evidence: Evidence, rule: Rule) -> Verdict:
    subject = rule.subject
    if rule.streams:
        missing = [name for name in rule.streams if name not in evidence.streams]
        if missing:
            there = ", ".join(evidence.streams) or "none"
            return _verdict(rule, False, f"nothing came of {missing[0]}; of others: {there}")
        evidence = evidence.of_streams(rule.streams)
    if subject.from_source:
        if evidence.source is None:
            return _verdict(rule, False, "there is no source to compare with")
        evidence = evidence.of_source(evidence.source)
    seen, compared, golden = subject.read(evidence), rule, None
    if subject.kind is Kind.DIGEST and rule.operands and is_golden(rule.operands[0]):
        golden = evidence.golden.get(str(rule.operands[0]))
        if golden is None:
            return _verdict(rule, False, f"{rule.operands[0]} was not read")
        wanted = subject.read(Evidence(report=golden))
        if not isinstance(wanted, str):
            return _verdict(rule, False, f"{rule.operands[0]} has no such digest")
        compared = attrs.evolve(rule, operands=(wanted,))
    shown = _show(seen, subject.unit)
    if _is_met(compared, seen):
        return _verdict(rule, True, shown)
    if subject.remark is not None and not isinstance(seen, Absent | Inapplicable):
        shown = ", ".join(filter(None, (shown, subject.remark(evidence))))
    return _verdict(rule, False, shown, find_offending_frame(evidence, rule, seen, golden))


def _verdict(
    rule: Rule,
    met: bool,
    seen: str,
    offending: OffendingFrame = OffendingFrame(None, ""),  # noqa: B008 - a value
) -> Verdict:
    frame, expected = offending.frame, rule.expected
    about = f"seen: {seen}" if met else f"expected {expected}, seen: {seen}"
    return Verdict(
        rule=rule,
        met=met,
        expected=expected,
        seen=seen,
        track=None if frame is None else frame.kind,
        index=None if frame is None else frame.index,
        timestamp_ms=None if frame is None else frame.timestamp_ms,
        where=offending.text,
        message="; ".join(
            filter(None, (f"{rule.front}{rule.subject.name}: {about}", offending.text))
        ),
    )


def _is_met(rule: Rule, seen: Seen) -> bool:
    if rule.operator is Operator.PRESENT:
        return not isinstance(seen, Absent | Inapplicable)
    if rule.operator is Operator.ABSENT:
        return isinstance(seen, Absent | Inapplicable)
    match seen:
        case Absent():
            return False
        case Inapplicable():
            return True
        case Extent(least=None):
            upper = rule.operator in (Operator.LESS, Operator.AT_MOST)
            return upper and rule.holds(seen.most)
        case Extent():
            return rule.holds(seen.least) and rule.holds(seen.most)
    return rule.holds(seen)


def _show(seen: Seen, unit: str) -> str:
    match seen:
        case Absent() | Inapplicable():
            return seen.why
        case Extent(least=None):
            return f"{show_number(seen.most, unit)}, unfinished"
        case Extent():
            least, most = (show_number(n, unit) for n in (seen.least, seen.most) if n is not None)
            return most if least == most else f"{least} to {most}"
        case bool() | str():
            return write_operand(seen, unit)
        case (str(), *_):
            return ", ".join(map(str, seen))
        case tuple():
            return "x".join(map(str, seen)) or "nothing"
    return show_number(seen, unit)
