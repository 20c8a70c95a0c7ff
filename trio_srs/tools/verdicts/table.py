"""The verdicts as people read them: lines of plain text. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trio_srs.tools.verdicts.outcome import Outcome, Status
from trio_srs.tools.verdicts.printable import printable
from trio_srs.tools.verdicts.report_table import summary

__all__ = ["verdict_lines"]

_MARKS: Final = {Status.MET: "ok", Status.FAILED: "NOT", Status.SKIPPED: "--"}


def verdict_lines(outcome: Outcome, *, only_failed: bool = False) -> Iterator[str]:
    """What was judged, a line for each expectation, and what else has to be said.

    Args:
        only_failed: leave out what is as it should be, the heading too.
    """
    if not only_failed:
        what = summary(outcome.report) if outcome.report is not None else "nothing came"
        yield printable(f"{outcome.target}: {what}")
        if outcome.source is not None:
            yield printable(f"its source {outcome.source.stream}: {summary(outcome.source)}")
    shown = [case for case in outcome.cases if not only_failed or case.status is Status.FAILED]
    width = min(max((len(case.name) for case in shown), default=0), 50)
    for case in shown:
        yield printable(f"  {_MARKS[case.status]:<4}{case.name:<{width}}  {case.seen}")
        yield from (printable(f"        {line}") for line in case.details)
    yield from (printable(f"  {remark}") for remark in outcome.remarks)
