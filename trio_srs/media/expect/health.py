"""One line that asks for a healthy stream: many rules, each of which can be changed. Floor 1.

``healthy``; ``healthy but keyframes <= 4 s and end off``. In Python
``healthy(keyframes=at_most("4 s"), end=False)``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Final

from trio_srs.media.expect.grammar import read_condition, split_rule
from trio_srs.media.expect.health_subjects import FRONT, HEALTH
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_values import rules_about
from trio_srs.media.expect.subjects import find_subject

__all__ = ["healthy_rules", "read_healthy"]

_LINE: Final = re.compile(rf"\s*(source\.)?{FRONT}(?![\w.])\s*(.*?)\s*", re.DOTALL)
_BUT: Final = re.compile(r"but\s+(.+)", re.DOTALL)
_AND: Final = re.compile(r"\s+and\s+")
_OFF: Final = "off"
_EXAMPLE: Final = f'"{FRONT} but keyframes <= 4 s and end off"'


def healthy_rules(changes: Mapping[str, object] | None = None, front: str = "") -> tuple[Rule, ...]:
    """The rules of a healthy stream.

    Args:
        changes: by the name of a rule what it asks instead; False leaves it out.
        front: what their subjects begin with: ``"source."`` or nothing.

    Raises:
        RuleError: no such rule, a condition that it cannot have, or none is left.
    """
    changes = changes or {}
    problems = [_no_rule(name) for name in changes if name not in HEALTH]
    rules: list[Rule] = []
    for name, rule in HEALTH.items():
        expected = changes.get(name, rule.condition)
        if expected is False or expected == _OFF:
            continue
        try:
            rules += rules_about(f"{front}{rule.subject.name}", expected)
        except RuleError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise RuleError(*problems)
    if not rules:
        raise RuleError(f"every rule of {FRONT} is off, so any stream would do")
    return tuple(rules)


def _no_rule(name: str) -> str:
    near = difflib.get_close_matches(name, HEALTH, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else f": expected one of {', '.join(HEALTH)}"
    return f'{FRONT} has no rule "{name}"{hint}'


def read_healthy(text: str) -> tuple[Rule, ...] | None:
    """The rules that a line asks for; None if it asks for something else.

    Raises:
        RuleError: it begins so, and goes on as it cannot.
    """
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    changes: dict[str, str] = {}
    if found[2]:
        changes = dict(map(_change, _AND.split(_changes(found[2]))))
    return healthy_rules(changes, found[1] or "")


def _changes(text: str) -> str:
    found = _BUT.fullmatch(text)
    if found is None:
        raise RuleError(f"behind {FRONT} there may be changes, as {_EXAMPLE}, not {text!r}")
    return found[1]


def _change(text: str) -> tuple[str, str]:
    name, rest = split_rule(text)
    if name in HEALTH and rest != _OFF:
        read_condition(find_subject(f"{FRONT}.{name}").kind, rest)  # a change has an operator
    return name, rest
