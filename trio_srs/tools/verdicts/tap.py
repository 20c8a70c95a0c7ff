"""TAP, the Test Anything Protocol, version 14: a test point for each expectation. Floor 6."""

from __future__ import annotations

import json
from collections.abc import Iterator

from trio_srs.tools.verdicts.outcome import Case, Outcome, Status
from trio_srs.tools.verdicts.printable import printable

__all__ = ["tap_lines"]


def tap_lines(outcome: Outcome) -> Iterator[str]:
    """The lines of the whole file, without their ends."""
    cases = outcome.cases
    yield "TAP version 14"
    yield f"1..{len(cases)}"
    for number, case in enumerate(cases, 1):
        yield _point(number, case)
        if case.status is Status.FAILED:
            yield from _diagnostics(case)
    for remark in outcome.remarks:
        yield f"# {printable(remark)}"


def _point(number: int, case: Case) -> str:
    word = "not ok" if case.status is Status.FAILED else "ok"
    name = printable(case.name).replace("\\", "\\\\").replace("#", "\\#")
    skip = f" # SKIP {printable(case.message)}" if case.status is Status.SKIPPED else ""
    return f"{word} {number} - {name}{skip}"


def _diagnostics(case: Case) -> Iterator[str]:
    """What is known of a failure, in YAML; JSON's text and numbers are YAML's too."""
    known: dict[str, object] = {"message": case.message}
    if (verdict := case.verdict) is not None:
        known |= {"expected": verdict.expected, "seen": verdict.seen}
        if verdict.index is not None:
            known |= {
                "track": verdict.track,
                "index": verdict.index,
                "timestamp_ms": verdict.timestamp_ms,
            }
    yield "  ---"
    for key, value in known.items():
        yield f"  {key}: {json.dumps(value)}"
    if case.details:
        yield "  details:"
        for line in case.details:
            yield f"    - {json.dumps(line)}"
    yield "  ..."
