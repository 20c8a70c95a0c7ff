"""A rule: what a stream has to be, as a value. Floor 1.

It is made from text (:meth:`Rule.parse`), from a table (:mod:`.tables`) or in Python
(:mod:`.fluent`), and is the same value in each case.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, Self

import attrs

from trio_srs.media.expect.bounds import Bounds
from trio_srs.media.expect.evidence import Number, Value
from trio_srs.media.expect.grammar import read_condition, split_rule, split_streams, write_subject
from trio_srs.media.expect.operand import read_operands, write_operand
from trio_srs.media.expect.operators import HOLDS, Operator
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import OPERATORS, Kind, Subject
from trio_srs.media.expect.subjects import find_subject

__all__ = ["Rule"]


@attrs.frozen
class Rule:
    """One rule. Make it by :meth:`parse` or :meth:`make`, which check it."""

    subject: Subject = attrs.field(eq=attrgetter("name"), repr=lambda subject: repr(subject.name))
    """What it is about."""
    operator: Operator
    """How it compares."""
    operands: tuple[Value, ...] = ()
    """What with, in the subject's unit; of NEAR the target and the tolerance."""
    streams: tuple[str, ...] = ()
    """The name of the stream that it is about, and of those that it is compared with; empty: the
    one that is judged."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule: ``video.fps ~ 25±0.5``; a subject alone has to be true.

        Raises:
            RuleError: it cannot be read; the text says what could stand there.
        """
        try:
            streams, text_alone = split_streams(text)
            name, rest = split_rule(text_alone)
            subject = find_subject(name)
            if subject.kind is Kind.TRUTH and not rest:
                made = cls.make(subject, Operator.EQUAL, (True,))
            else:
                made = cls.make(subject, *read_condition(subject.kind, rest))
            return attrs.evolve(made, streams=streams)
        except RuleError as error:
            raise RuleError(f'"{text[:80]}": {error}') from None

    @classmethod
    def make(
        cls, subject: Subject | str, operator: Operator, operands: Sequence[object] = ()
    ) -> Self:
        """Make a rule of values, which may still be text, about a subject or the one of a name.

        Raises:
            RuleError: no such subject, an operator that it does not have, or wrong operands.
        """
        about = find_subject(subject) if isinstance(subject, str) else subject
        if operator not in OPERATORS[about.kind]:
            raise RuleError(
                f"{about.name} is {about.kind.value}, which has no {operator.written}: "
                f"expected one of {', '.join(each.written for each in OPERATORS[about.kind])}"
            )
        return cls(about, operator, read_operands(about, operator, operands))

    @property
    def bounds(self) -> Bounds | None:
        """The range of numbers that it accepts, if it accepts one."""
        return Bounds.of(self.operator, self.operands)

    def holds(self, value: object) -> bool:
        """Whether a value is as expected; one of another type is not.

        Text is compared without regard to case.
        """
        bounds, check = self.bounds, HOLDS.get(self.operator)
        if bounds is not None and isinstance(value, Number) and not isinstance(value, bool):
            return bounds.hold(value, value)
        try:
            operands = tuple(map(_folded, self.operands))
            return check is not None and check(_folded(value), operands)
        except TypeError:
            return False

    def may_hold(self, low: Number, high: Number) -> bool:
        """Whether a value as expected is possible of which only that is known: it is from ``low``
        to ``high``."""
        if self.bounds is not None:
            return self.bounds.touch(low, high)
        if self.operator is Operator.IN:
            each_alone = (Bounds.of(Operator.EQUAL, (each,)) for each in self.operands)
            return any(alone is not None and alone.touch(low, high) for alone in each_alone)
        return low != high or self.holds(low)

    @property
    def expected(self) -> str:
        """What is expected, in words: ``at most 2.1 s``."""
        texts = self._texts()
        if self.operator is Operator.IN:
            return f"one of {', '.join(texts)}"
        if self.operator is Operator.HAS:
            return f"something with {' and '.join(texts)}"
        return _WORDS[self.operator].format(*texts)

    def _texts(self) -> list[str]:
        """The operands as text; of two numbers in one unit only the last says it."""
        texts = [write_operand(operand, self.subject.unit) for operand in self.operands]
        if self.operator in (Operator.NEAR, Operator.WITHIN):
            (first, _, here), (_, _, there) = (text.partition(" ") for text in texts)
            texts[0] = first if here == there else texts[0]
        return texts

    @property
    def front(self) -> str:
        """The streams that it names, as a rule begins with them; else empty."""
        return f"{', '.join(self.streams)}: " if self.streams else ""

    def __str__(self) -> str:
        """As :meth:`parse` reads it."""
        form = _FORMS.get(self.operator)
        texts = self._texts()
        value = form.format(*texts) if form else f"{self.operator} {', '.join(texts)}"
        return f"{self.front}{write_subject(self.subject.name)} {value}".rstrip()


def _folded(value: object) -> object:
    if isinstance(value, str):
        return value.casefold()
    return tuple(map(_folded, value)) if isinstance(value, tuple) else value


_FORMS: Final = {Operator.NEAR: "~ {0} ± {1}", Operator.WITHIN: "in {0}..{1}"}
_WORDS: Final = {
    Operator.EQUAL: "{0}",
    Operator.UNEQUAL: "anything but {0}",
    Operator.LESS: "less than {0}",
    Operator.AT_MOST: "at most {0}",
    Operator.MORE: "more than {0}",
    Operator.AT_LEAST: "at least {0}",
    Operator.NEAR: "{0} ± {1}",
    Operator.WITHIN: "{0} to {1}",
    Operator.MATCHES: "something like {0}",
    Operator.PRESENT: "any",
    Operator.ABSENT: "none",
}
