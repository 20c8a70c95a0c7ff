"""The text of rules, taken apart. Floor 1.

``SUBJECT OPERATOR VALUE``: ``video.fps ~ 25±0.5``, ``bitrate.mean in 1.8..2.2 Mbit/s``,
``video.codec in h264, hevc``, ``metadata.encoder matches Lavf*``, ``audio.codec absent``.
"""

from __future__ import annotations

import json
import re
from typing import Final

from trio_srs.media.expect.operators import ALIASES, NO_OPERANDS, Operator
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import OPERATORS, Kind

__all__ = [
    "MOST_TEXT",
    "has_operator",
    "read_condition",
    "split_rule",
    "split_streams",
    "write_subject",
]

MOST_TEXT: Final = 1000
"""Characters in a rule, at most."""

# A sign may touch what is around it, a word may not.
_SIGNS: Final = "|".join(
    re.escape(word) + (r"(?=\s|$)" if word.isalpha() else "")
    for word in sorted(ALIASES, key=len, reverse=True)
)
_BARE: Final = r'[^\s"=!<>~≤≥≠≈]'
_SUBJECT: Final = re.compile(rf'\s*((?:"[^"]*"|{_BARE})+)')
_OPERATOR: Final = re.compile(rf"\s*({_SIGNS})")
_STREAM: Final = r"[^\s\"=!<>~:,]+/[^\s\"=!<>~:,]+"
_STREAMS: Final = re.compile(rf"\s*({_STREAM}(?:\s*,\s*{_STREAM})*)\s*:\s+")
_NEAR: Final = re.compile(r"(.*?)\s*(?:±|\+-|\+/-)\s*(.*)", re.DOTALL)
_LIST: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)', re.DOTALL)


def split_streams(text: str) -> tuple[tuple[str, ...], str]:
    """The names of streams that a line begins with, and the rest: ``live/a: video.fps ~ 25``,
    ``live/a, live/b: apart.duration <= 1 s``. A name has an app and a stream."""
    found = _STREAMS.match(text)
    if found is None:
        return (), text
    return tuple(name.strip() for name in found[1].split(",")), text[found.end() :]


def split_rule(text: str) -> tuple[str, str]:
    """A rule's subject, and the rest.

    Raises:
        RuleError: there is no subject, or too much of all.
    """
    found = _SUBJECT.match(text) if len(text) <= MOST_TEXT else None
    if found is None:
        raise RuleError('expected a rule such as "video.fps ~ 25±0.5"')
    return found[1].replace('"', ""), text[found.end() :].strip()


def write_subject(name: str) -> str:
    """A subject as :func:`split_rule` reads it; one that no other part of a rule ends is quoted."""
    return name if re.fullmatch(f"{_BARE}+", name) else f'"{name}"'


def has_operator(text: str) -> bool:
    """Whether a text begins with an operator."""
    return _OPERATOR.match(text) is not None


def read_condition(
    kind: Kind, text: str, *, default: Operator | None = None
) -> tuple[Operator, list[object]]:
    """An operator and its operands, still as text.

    Args:
        default: what a text without an operator means; None refuses it.

    Raises:
        RuleError: no operator, or operands of another form.
    """
    found = _OPERATOR.match(text)
    if found is not None:
        operator, rest = ALIASES[found[1]], text[found.end() :].strip()
    elif default is not None:
        operator, rest = _meant(kind, text, default), text.strip()
    else:
        words = ", ".join(each.written for each in OPERATORS[kind])
        raise RuleError(f"what about it? Expected one of {words}")
    if operator is Operator.IN and ".." in rest and Operator.WITHIN in OPERATORS[kind]:
        operator = Operator.WITHIN
    return operator, _split(operator, rest)


def _meant(kind: Kind, text: str, default: Operator) -> Operator:
    """What a value of a number's form means where no operator is written."""
    if kind is Kind.NUMBER and _NEAR.fullmatch(text):
        return Operator.NEAR
    return Operator.IN if kind is Kind.NUMBER and ".." in text else default


def _split(operator: Operator, text: str) -> list[object]:
    if operator in NO_OPERANDS:
        if text:
            raise RuleError(f'nothing may stand behind {operator}, not "{text}"')
        return []
    if operator is Operator.NEAR:
        found = _NEAR.fullmatch(text)
        return [text] if found is None else [found[1], found[2]]
    if operator is Operator.WITHIN:
        return [*text.split("..", 1)]
    many = operator in (Operator.IN, Operator.HAS)
    parts = _parts(text) if many else [text]
    if not all(parts):
        raise RuleError(f"a value is missing behind {operator}")
    return [_unquoted(part) for part in parts]


def _parts(text: str) -> list[str]:
    parts, at = [], 0
    while at < len(text):
        found = _LIST.match(text, at)
        if found is None:
            raise RuleError(f"{text[at:]} is not quoted as it should be")
        parts.append(found[1].strip())
        at = found.end()
    return parts or [""]


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        raise RuleError(f"{text} is not quoted as it should be") from None
