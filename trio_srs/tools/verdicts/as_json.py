"""Everything about a run, as JSON. Floor 6."""

from __future__ import annotations

import attrs

from trio_srs.media.expect.judge import Verdict
from trio_srs.media.plain import plain
from trio_srs.tools.verdicts.outcome import Outcome, ProgramEnd, Status

__all__ = ["outcome_as_dict"]


def outcome_as_dict(outcome: Outcome, exit_code: int) -> dict[str, object]:
    """All of it, with the names of the attributes; reports whole, each frame of their traces too.

    Args:
        exit_code: what the command ends with.
    """
    return {
        "event": "judged",
        "target": outcome.target,
        "exit_code": exit_code,
        "came": outcome.came,
        "met": outcome.met,
        "interrupted": outcome.interrupted,
        "seconds": round(outcome.seconds, 3),
        "began_at": outcome.began_at,
        "failed": [case.name for case in outcome.cases if case.status is Status.FAILED],
        "rules": [str(rule) for rule in outcome.rules],
        "verdicts": [_verdict(each) for each in outcome.verdicts],
        "absence": outcome.absence,
        "missing": outcome.missing,
        "happened": list(outcome.happened),
        "remarks": list(outcome.remarks),
        "command": None if outcome.program is None else _program(outcome.program),
        "report": plain(outcome.report),
        "earlier": plain(outcome.earlier),
        "source": plain(outcome.source),
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    """A verdict, its rule written as a rule is."""
    names = (field.name for field in attrs.fields(Verdict))
    fields = {name: getattr(verdict, name) for name in names}
    return {**fields, "rule": str(verdict.rule)}


def _program(program: ProgramEnd) -> dict[str, object]:
    return {**plain(program), "failed": program.failed, "how": program.how}
