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
one is seen. ``healthy = true`` asks for all rules of a healthy stream, and what stands behind the
word in a line is its value otherwise: ``healthy = "but end off"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trio_srs.media.expect.health import read_healthy
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_values import rules_about

__all__ = ["rules_from_table"]


def rules_from_table(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Read the rules of a table.

    Raises:
        RuleError: some cannot be read; all of them are told.
    """
    rules: list[Rule] = []
    problems = []
    for name, value in _leaves(table, ""):
        try:
            rules += _rules_of(name, value)
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


def _rules_of(name: str, value: object) -> tuple[Rule, ...]:
    """The rules of one value: of ``healthy`` many."""
    healthy = read_healthy(name)
    if healthy is None:
        return rules_about(name, value)
    if value is True:
        return healthy
    if isinstance(value, str) and (changed := read_healthy(f"{name} {value}")) is not None:
        return changed
    raise RuleError(f'expected true, or changes as "but end off", not {value!r}')
