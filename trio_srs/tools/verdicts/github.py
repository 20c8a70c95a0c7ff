"""GitHub Actions: annotations on the run, and the summary of the step. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trio_srs.tools.verdicts.outcome import Case, Outcome, Status
from trio_srs.tools.verdicts.printable import printable
from trio_srs.tools.verdicts.report_table import summary

__all__ = ["annotation_lines", "step_summary"]

_ESCAPES: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES: Final = _ESCAPES | {":": "%3A", ",": "%2C"}
_MARKS: Final = {Status.MET: "✅", Status.FAILED: "❌", Status.SKIPPED: "⏭️"}


def annotation_lines(outcome: Outcome) -> Iterator[str]:
    """A workflow command for each thing that is not as it should be.

    GitHub shows the first ten of a step; the summary has them all.
    """
    for case in outcome.cases:
        if case.status is Status.FAILED:
            text = "\n".join((case.message, *case.details))
            title = _escape(f"{outcome.target}: {case.name}", _PROPERTY_ESCAPES)
            yield f"::error title={title}::{_escape(text, _ESCAPES)}"


def _escape(text: str, escapes: dict[str, str]) -> str:
    shown = printable(text, keep="\r\n")
    return "".join(escapes.get(char, char) for char in shown)


def step_summary(outcome: Outcome) -> str:
    """Markdown to be added to the file that ``GITHUB_STEP_SUMMARY`` names."""
    cases = outcome.cases
    failed = sum(case.status is Status.FAILED for case in cases)
    verdict = f"{failed} of {len(cases)} not met" if failed else f"all {len(cases)} met"
    lines = [f"### {_cell(outcome.target)}: {verdict}", ""]
    if outcome.report is not None:
        lines += [_cell(summary(outcome.report)), ""]
    lines += ["| | expected | seen |", "| --- | --- | --- |"]
    lines += (_row(case) for case in cases)
    lines += ["", *(f"{_cell(remark)}\n" for remark in outcome.remarks)]
    if outcome.program is not None and outcome.program.failed and outcome.program.last_lines:
        lines += ["", "```text", *map(_fenced, outcome.program.last_lines), "```"]
    return "\n".join(lines) + "\n"


def _row(case: Case) -> str:
    return f"| {_MARKS[case.status]} | {_cell(case.name)} | {_cell(case.seen)} |"


def _cell(text: str) -> str:
    """Text in a table: Markdown and HTML in it mean nothing."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#~&" else char for char in printable(text))


def _fenced(line: str) -> str:
    return printable(line).replace("```", "'''")
