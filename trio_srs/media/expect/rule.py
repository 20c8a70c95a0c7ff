"""A rule: what a stream has to be, as text and as a value. Floor 1.

The text is ``SUBJECT OPERATOR VALUE``: ``video.fps ~ 25±0.5``, ``video.gop.seconds <= 2.1``,
``audio.sample_rate == 48000``, ``bitrate.mean in 1.8..2.2 Mbit/s``, ``video.codec in h264, hevc``,
``metadata.encoder matches Lavf*``, ``audio.codec absent``; a subject alone has to be true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final, Self

import attrs

from trio_srs.media.expect.operand import read_operands, write_operand
from trio_srs.media.expect.operators import ALIASES, HOLDS, NO_OPERANDS, Operator
from trio_srs.media.expect.refusal import RuleError
from trio_srs.media.expect.seen import Value
from trio_srs.media.expect.subject import OPERATORS, Kind, Subject
from trio_srs.media.expect.subjects import find_subject

__all__ = ["Rule", "parse_rules"]

_MOST_TEXT: Final = 1000
_SIGNS: Final = "|".join(
    re.escape(word) + (r"(?=\s|$)" if word.isalpha() else "")
    for word in sorted(ALIASES, key=len, reverse=True)
)
_FORM: Final = re.compile(rf"\s*([^\s=!<>~≤≥≠≈]+)\s*(?:({_SIGNS})\s*(.*?))?\s*", re.DOTALL)
_NEAR: Final = re.compile(r"(.*?)\s*(?:±|\+-|\+/-)\s*(.*)", re.DOTALL)
_LIST: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)""", re.DOTALL)


@attrs.frozen
class Rule:
    """One rule. Make it by :meth:`parse` or :meth:`make`, which check it."""

    subject: str
    """What it is about."""
    operator: Operator
    """How it compares."""
    operands: tuple[Value, ...] = ()
    """What with, in the subject's unit; of NEAR the target and the tolerance."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule.

        Raises:
            RuleError: it cannot be read; the text says what could stand there.
        """
        found = _FORM.fullmatch(text) if len(text) <= _MOST_TEXT else None
        if found is None:
            raise RuleError(f'"{text[:80]}": expected a rule such as "video.fps ~ 25±0.5"')
        try:
            subject = find_subject(found[1])
            if found[2] is None:
                return cls._alone(subject)
            operator = ALIASES[found[2]]
            if operator is Operator.IN and ".." in found[3]:
                operator = Operator.WITHIN
            return cls.make(found[1], operator, _split(operator, found[3]))
        except RuleError as error:
            raise RuleError(f'"{text}": {error}') from None

    @classmethod
    def _alone(cls, subject: Subject) -> Self:
        if subject.kind is not Kind.TRUTH:
            raise RuleError(f"what about it? As {subject.name} {OPERATORS[subject.kind][0]} ...")
        return cls(subject.name, Operator.EQUAL, (True,))

    @classmethod
    def make(cls, subject: str, operator: Operator, operands: Sequence[object] = ()) -> Self:
        """Make a rule of values, which may still be text.

        Raises:
            RuleError: no such subject, an operator that it does not have, or wrong operands.
        """
        about = find_subject(subject)
        allowed = OPERATORS[about.kind]
        if operator not in allowed:
            words = ", ".join("in" if each is Operator.WITHIN else each for each in allowed)
            raise RuleError(f"{subject} is {about.kind.value}: {operator} is not one of {words}")
        return cls(subject, operator, read_operands(about, operator, operands))

    @property
    def expected(self) -> str:
        """What is expected, in words: ``at most 2.1 s``."""
        return describe(self.operator, self._texts())

    def holds(self, value: object) -> bool:
        """Whether a value is as expected; one of another type is not."""
        try:
            return HOLDS[self.operator](value, self.operands)
        except TypeError:
            return False

    def _texts(self) -> list[str]:
        unit = find_subject(self.subject).unit
        return [write_operand(operand, unit) for operand in self.operands]

    def __str__(self) -> str:
        """As :meth:`parse` reads it."""
        texts = self._texts()
        match self.operator:
            case Operator.NEAR:
                value = f"~ {texts[0]} ± {texts[1]}"
            case Operator.WITHIN:
                value = f"in {texts[0]}..{texts[1]}"
            case _:
                value = f"{self.operator} {', '.join(texts)}"
        return f"{self.subject} {value}".rstrip()


def _split(operator: Operator, text: str) -> list[object]:
    """The operands in a rule's text, still as text."""
    if operator in NO_OPERANDS:
        if text:
            raise RuleError(f'nothing stands behind {operator}, not "{text}"')
        return []
    if operator is Operator.NEAR:
        found = _NEAR.fullmatch(text)
        if found is None:
            raise RuleError("how near? As ~ 25±0.5, ~ 25+-0.5 or ~ 25±2%")
        return [found[1], found[2]]
    if operator is Operator.WITHIN:
        return list(text.split("..", 1))
    many = operator in (Operator.IN, Operator.HAS)
    texts = [_unquoted(each) for each in (_LIST.findall(text)[:-1] if many else [text])]
    if not all(texts):
        raise RuleError(f"a value is missing behind {operator}")
    return list(texts)


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            raise RuleError(f"{text} is not quoted as it should be") from None
    return text


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


def describe(operator: Operator, operands: Sequence[str]) -> str:
    """What is expected, in words."""
    if operator is Operator.IN:
        return f"one of {', '.join(operands)}"
    if operator is Operator.HAS:
        return f"something with {' and '.join(operands)}"
    return _WORDS[operator].format(*operands)


def parse_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Read many rules.

    Raises:
        RuleError: some cannot be read; all of them are told.
    """
    rules, problems = [], []
    for text in texts:
        try:
            rules.append(Rule.parse(text))
        except RuleError as error:
            problems.append(str(error))
    if problems:
        raise RuleError(*problems)
    return tuple(rules)
