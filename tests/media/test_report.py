"""A report is a value, and says when things happened."""

from __future__ import annotations

from trio_srs.media.facts import StreamFacts
from trio_srs.media.report import Step, StepKind, StreamReport

REPORT = StreamReport(
    stream="live/a",
    session="c1",
    peer="127.0.0.1:5",
    began_at=1e9,
    facts=StreamFacts(),
    timeline=(
        Step(at_s=0.0, what=StepKind.ACCEPTED),
        Step(at_s=1.5, what=StepKind.STALL, detail="1 s"),
        Step(at_s=3.5, what=StepKind.STALL, detail="1 s"),
    ),
)


def test_what_happened_first_is_found() -> None:
    assert (REPORT.at_s(StepKind.STALL), REPORT.at_s(StepKind.END)) == (1.5, None)


def test_a_report_without_a_trace_has_an_empty_one() -> None:
    assert (len(REPORT.trace), REPORT.trace.complete, REPORT.end) == (0, True, None)
