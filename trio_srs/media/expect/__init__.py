"""Expectations of a stream: rules, and the verdicts on them. Floor 1.

The same :class:`Rule` values are made from text (:meth:`Rule.parse`, :func:`parse_rules`), from a
table as TOML and JSON have it (:func:`rules_from_table`), and in Python (:func:`expect`).
"""

from __future__ import annotations

from trio_srs.media.expect.conditions import (
    absent,
    approx,
    at_least,
    at_most,
    between,
    has,
    less_than,
    matches,
    more_than,
    one_of,
    present,
    unlike,
)
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.fluent import Expectation, ExpectationError, Prepare, expect
from trio_srs.media.expect.judge import Verdict, golden_files, judge
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.expect.rule_table import rules_from_table
from trio_srs.media.expect.subject import Subject
from trio_srs.media.expect.subjects import SUBJECTS, find_subject

__all__ = [
    "SUBJECTS",
    "Evidence",
    "Expectation",
    "ExpectationError",
    "Operator",
    "Prepare",
    "Rule",
    "RuleError",
    "Subject",
    "Verdict",
    "absent",
    "approx",
    "at_least",
    "at_most",
    "between",
    "expect",
    "find_subject",
    "golden_files",
    "has",
    "judge",
    "less_than",
    "matches",
    "more_than",
    "one_of",
    "parse_rules",
    "present",
    "rules_from_table",
    "unlike",
]
