"""Expectations of a stream: rules, and the verdicts on them. Floor 1."""

from __future__ import annotations

from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.judge import judge
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.refusal import RuleError
from trio_srs.media.expect.rule import Rule, parse_rules
from trio_srs.media.expect.verdict import Verdict

__all__ = ["Evidence", "Operator", "Rule", "RuleError", "Verdict", "judge", "parse_rules"]
