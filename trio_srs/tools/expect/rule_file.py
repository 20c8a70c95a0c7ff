"""Rules from where people write them: options and TOML files. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trio_srs.media.expect import Rule, RuleError, parse_rules, rules_from_table

__all__ = ["gather_rules"]


def gather_rules(texts: Iterable[str], files: Iterable[Path]) -> tuple[Rule, ...]:
    """All rules of some files, in their order, and then those given as text.

    Raises:
        RuleError: with everything that is wrong in any of them.
    """
    rules: list[Rule] = []
    problems: list[str] = []
    for path in files:
        try:
            rules += _rules_of(path)
        except RuleError as error:
            problems += (f"{path}: {problem}" for problem in error.problems)
    try:
        rules += parse_rules(texts)
    except RuleError as error:
        problems += error.problems
    if problems:
        raise RuleError(*problems)
    return tuple(rules)


def _rules_of(path: Path) -> tuple[Rule, ...]:
    import tomli  # only here: most runs have no such file

    from trio_srs.config.toml_hint import toml_problem

    try:
        table = tomli.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RuleError(f"not UTF-8 text: byte {error.start} is not") from error
    except tomli.TOMLDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RuleError(f"{where}: {toml_problem(error)}") from error
    except (ValueError, RecursionError) as error:  # a number too long, tables too deep
        raise RuleError(f"not TOML: {error}") from error
    return rules_from_table(table)
