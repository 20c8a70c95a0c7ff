"""What stands behind an operator: read by the kind of the subject, and written. Floor 1."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, TypeGuard

from trio_srs.media.expect.evidence import Value
from trio_srs.media.expect.operators import NUMERIC, Operator
from trio_srs.media.expect.quantity import read_numbers, write_number
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import Kind, Subject
from trio_srs.media.expect.suggestions import CODECS
from trio_srs.media.expect.tolerance import tolerance_of

__all__ = ["is_golden", "read_anything", "read_operands", "write_operand"]

_PAIR: Final = re.compile(r"(\d{1,9})\s*[x:×]\s*(\d{1,9})", re.ASCII)  # noqa: RUF001 - people's x
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)
_PLAIN: Final = re.compile(r"""[^\s"',](?:[^,"]*[^\s,"])?""")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_COUNTS: Final = {
    Operator.NEAR: (1, 2),
    Operator.WITHIN: (2, 2),
    Operator.IN: (1, 1000),
    Operator.HAS: (1, 1000),
    Operator.PRESENT: (0, 0),
    Operator.ABSENT: (0, 0),
}
"""How many values stand behind an operator, at least and at most; otherwise 1."""
_TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


def is_golden(operand: object) -> TypeGuard[str]:
    """Whether what a digest is compared with is the name of a golden file."""
    return isinstance(operand, str) and not _DIGEST.fullmatch(operand)


def read_operands(
    subject: Subject, operator: Operator, raws: Sequence[object]
) -> tuple[Value, ...]:
    """Turn text or Python values into those that the subject is compared with.

    Raises:
        RuleError: one is of another kind, or there are too many or too few.
    """
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= len(raws) <= most:
        raise RuleError(f"{len(raws)} values behind {operator}")
    if subject.name.endswith(".codec"):
        raws = [CODECS.get(raw.lower(), raw) if isinstance(raw, str) else raw for raw in raws]
    if operator in NUMERIC or subject.kind is Kind.NUMBER:
        return _numbers(subject, operator, raws)
    if operator in (Operator.HAS, Operator.MATCHES):
        return tuple(_text(raw) for raw in raws)
    values = tuple(_READ[subject.kind](raw) for raw in raws)
    for value in values if subject.words else ():
        if value not in subject.words:
            near = difflib.get_close_matches(str(value), subject.words, 1, 0.0)
            raise RuleError(f'{subject.name} is never "{value}"; did you mean {near[0]}?')
    return values


def _numbers(subject: Subject, operator: Operator, raws: Sequence[object]) -> tuple[Value, ...]:
    if operator is Operator.NEAR and len(raws) == 1:
        [number] = read_numbers(raws, subject.unit)
        return number, tolerance_of(number, subject.unit)
    if operator is Operator.NEAR:
        target, tolerance = raws
        if isinstance(tolerance, str) and tolerance.rstrip().endswith("%"):
            [middle] = read_numbers((target,), subject.unit)
            [share] = read_numbers((tolerance.rstrip()[:-1],), "")
            return middle, _simple(abs(Fraction(middle) * Fraction(share)) / 100)
    numbers = read_numbers(raws, subject.unit)
    if operator is Operator.NEAR and numbers[1] < 0:
        raise RuleError(f"a tolerance of {numbers[1]}, expected 0 or more")
    if operator is Operator.WITHIN and numbers[0] > numbers[1]:
        raise RuleError(f"a range from {numbers[0]} down to {numbers[1]}: turn it round")
    return numbers


def _simple(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def _text(raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise RuleError(f"expected text, not {raw!r}")
    return str(raw)


def _truth(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    truth = _TRUTH.get(raw.lower()) if isinstance(raw, str) else None
    if truth is None:
        raise RuleError(f"expected true or false, not {raw!r}")
    return truth


def _pair(raw: object) -> tuple[int, int]:
    if isinstance(raw, str):
        found = _PAIR.fullmatch(raw)
        if found:
            return int(found[1]), int(found[2])
    elif isinstance(raw, list | tuple) and len(raw) == 2:
        first, second = raw
        if type(first) is int and type(second) is int:
            return first, second
    raise RuleError(f"expected a pair such as 1280x720, not {raw!r}")


def read_anything(raw: object) -> Value:
    """A number or a truth if it looks like one, otherwise text."""
    if isinstance(raw, bool | int | float):
        return raw
    text = _text(raw)
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


_READ: Final[dict[Kind, Any]] = {
    Kind.TEXT: _text,
    Kind.TRUTH: _truth,
    Kind.PAIR: _pair,
    Kind.NAMES: _text,
    Kind.DIGEST: _text,
    Kind.ANY: read_anything,
}


def write_operand(value: Value, unit: str) -> str:
    """Write an operand so that it is read as the same value again."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value if _PLAIN.fullmatch(value) else json.dumps(value)
        case tuple():
            return "x".join(map(str, value))
        case _:
            return write_number(value, unit)
