"""What a run with a server of our own has found, and what is to be said of it. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from trio_srs.media.expect import Evidence, judge
from trio_srs.media.reconnect_facts import Reconnect
from trio_srs.media.report import StreamReport
from trio_srs.tools.expect.look import NOTHING, Judged, judged
from trio_srs.tools.expect.run_plan import RunPlan
from trio_srs.tools.verdicts.outcome import Outcome, ProgramEnd

__all__ = ["RunResult", "outcome_of", "without_captures"]


@attrs.define(kw_only=True)
class RunResult:
    """What was found so far."""

    began_at: float
    """Unix time."""
    stream: str | None
    """The name that was waited for, or came."""
    reports: tuple[StreamReport, ...] = ()
    """Of every publish of it with frames of audio or video, oldest first."""
    reconnects: tuple[Reconnect, ...] = ()
    """What came after each publish that has ended, those without frames left out."""
    named: Mapping[str, StreamReport] = attrs.field(factory=dict)
    """Of each stream that a rule names and that was published, the newest publish."""
    only_headers: bool = False
    """Whether it was published, but without a frame."""
    source: StreamReport | None = None
    """What the command was given to pull, if it pulled."""
    program: ProgramEnd | None = None
    """How the command ended."""
    happened: tuple[str, ...] = ()
    """What else happened, a sentence each."""
    gave_up: str = ""
    """Why we no longer waited, as the end of a sentence; empty if there was no need to."""
    kicked: bool = False
    """Whether a publish was ended, as asked."""
    remarks: tuple[str, ...] = ()
    """What else has to be known."""
    seconds: float = 0.0
    """How long it took."""


def outcome_of(
    plan: RunPlan, result: RunResult, *, interrupted: bool = False, with_pictures: bool = False
) -> Outcome:
    """Judge what was found; where rules need it, have decoded what was captured.

    Of several publishes the last is judged, the others are its past. One that was ended because
    that was asked for, and never came back, is the last.

    Args:
        with_pictures: whether some of what was decoded is to be shown.
    """
    report: StreamReport | None = None
    before: tuple[StreamReport, ...] = ()
    found = NOTHING
    if result.reports:
        *earlier, report = result.reports
        before = tuple(earlier)
        evidence = Evidence(
            report=report,
            earlier=before,
            reconnects=result.reconnects,
            source=result.source,
            golden=plan.golden,
            streams=result.named,
        )
        found = _judged(plan, evidence, with_pictures=with_pictures)
    return Outcome(
        target=result.stream or "a stream",
        rules=plan.rules,
        report=report,
        verdicts=found.verdicts,
        pictures=found.pictures,
        earlier=before,
        source=result.source,
        absence="" if report else _absence(plan, result, interrupted=interrupted),
        happened=() if report else result.happened or tuple(_hints(plan)),
        program=result.program,
        interrupted=interrupted,
        remarks=tuple(_remarks(plan, result, interrupted=interrupted)),
        seconds=result.seconds,
        began_at=result.began_at,
    )


def _judged(plan: RunPlan, evidence: Evidence, *, with_pictures: bool) -> Judged:
    if not plan.is_to_be_kept:
        return Judged(judge(evidence, plan.rules))
    from trio_srs.decoding.on_demand import KeptMedia  # few runs decode anything

    kept = KeptMedia.of(evidence, plan.reference)
    return judged(evidence, plan.rules, kept, with_pictures=with_pictures)


def without_captures(outcome: Outcome) -> Outcome:
    """The outcome, when the files that it was made of are gone."""

    def gone(report: StreamReport | None) -> StreamReport | None:
        return None if report is None else attrs.evolve(report, captured=None)

    earlier = tuple(attrs.evolve(report, captured=None) for report in outcome.earlier)
    return attrs.evolve(
        outcome, report=gone(outcome.report), source=gone(outcome.source), earlier=earlier
    )


def _absence(plan: RunPlan, result: RunResult, *, interrupted: bool) -> str:
    """Why there is nothing to judge."""
    if interrupted:
        return "interrupted before any audio or video came"
    if result.gave_up:
        return f"{'the command' if plan.words else 'whoever was to come'} {result.gave_up}"
    if result.only_headers:
        return "it was announced by headers, and no frame came"
    assert result.program is not None  # without a command we wait until we give up
    end = result.program
    return f"the command {end.how} after {end.seconds:.1f} s and had published nothing"


def _hints(plan: RunPlan) -> Iterator[str]:
    """What may be wrong with a command of which the server has heard nothing."""
    is_told = any(place in word for word in plan.words for place in ("{url}", "{port}"))
    if plan.words and not is_told:
        yield (
            "no word of the command is or has {url}, where it is told the URL to publish to; "
            "unless it takes that from TRIO_SRS_URL, put '{url}' there"
        )


def _goes_on(result: RunResult) -> bool:
    return bool(result.reports) and result.reports[-1].end is None


def _remarks(plan: RunPlan, result: RunResult, *, interrupted: bool) -> Iterator[str]:
    yield from result.remarks
    if interrupted and result.reports:
        yield "interrupted: what had come by then was judged"
    if result.program is not None and not result.program.stopped and _goes_on(result):
        yield "the publish went on when the command had ended: judged up to there"
    if result.gave_up and result.reports and not plan.words:
        yield f"the publisher {result.gave_up}: what had come by then was judged"
    if result.kicked:
        yield "the first publish was ended by us, as --kick-after says"
    if len(result.reports) > 1:
        yield f"the last of {len(result.reports)} publishes was judged"
    if plan.source is not None and result.source is None:
        yield "nobody came to pull the source"
