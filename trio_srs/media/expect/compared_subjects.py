"""Subjects about a publish and another: reconnects, and the delay from a source. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from trio_srs.media.delay import delay_between, delays
from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Seen
from trio_srs.media.expect.subject import Blame, Kind, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.reconnect_facts import Reconnect, reconnects_of
from trio_srs.media.report import StepKind, StreamReport
from trio_srs.media.trace import Frame

__all__ = ["compared_subjects"]

_UNKNOWN: Final = (
    "no frame of the source came out as it was, nor with its counter; "
    "decoded, its number may be in the picture"
)
_UNREAD: Final = "no frame of the source came out as it was, nor with its counter, nor its picture"


def _reconnects(evidence: Evidence) -> Seen:
    return len(evidence.earlier or _came_back(evidence))


def _reconnect_seconds(evidence: Evidence) -> Seen:
    reports = (*evidence.earlier, evidence.report)
    if len(reports) < 2:
        return Absent("it did not come back: there was one publish")
    waits = []
    for before, after in pairwise(reports):
        ended, began = _when(before, StepKind.END), _when(after, StepKind.PUBLISH)
        if ended is None or began is None:
            return Absent("not known when each publish began and ended")
        waits.append(began - ended)
    return Extent(min(waits), max(waits))


def _came_back(evidence: Evidence) -> list[Reconnect]:
    """Each time that it did."""
    there = evidence.reconnects
    if there is None:
        there = tuple(reconnects_of((*evidence.earlier, evidence.report)))
    return [each for each in there if each.back_after_s is not None]


def _reconnect_timestamps(evidence: Evidence) -> Seen:
    found = {each.timestamps for each in _came_back(evidence)} - {None}
    if not found:
        return Absent("it did not come back with media")
    return str(found.pop()) if len(found) == 1 else "mixed"


def _reconnect_lost(evidence: Evidence) -> Seen:
    lost = [each.lost_ms for each in _came_back(evidence) if each.lost_ms is not None]
    if not lost:
        return Absent("it did not come back with timestamps that go on")
    return Extent(min(lost), max(lost))


def _reconnect_tries(values: Callable[[Reconnect], Sequence[float]], evidence: Evidence) -> Seen:
    if evidence.reconnects is None:
        return Absent("not known who connected in between")
    found = [value for each in _came_back(evidence) for value in values(each)]
    return Extent(min(found), max(found)) if found else Absent("it did not come back so often")


def _attempts(reconnect: Reconnect) -> Sequence[float]:
    return (len(reconnect.attempts),)


def _pauses(reconnect: Reconnect) -> Sequence[float]:
    return reconnect.pauses_s


def _backoff(reconnect: Reconnect) -> Sequence[float]:
    """How many times as long as the one before each pause is."""
    return [after / before for before, after in pairwise(reconnect.pauses_s) if before > 0]


def _when(report: StreamReport, what: StepKind) -> float | None:
    at_s = report.at_s(what)
    return None if at_s is None else report.began_at + at_s


def _drawn(evidence: Evidence) -> dict[int, int]:
    """The numbers in decoded pictures, by the index of their frame; of a repeated one the first."""
    pictures = () if evidence.decoded is None else evidence.decoded.pictures
    return {each.index: each.number for each in pictures if each.number is not None}


def _delay(field: str, evidence: Evidence) -> Seen:
    if evidence.source is None:
        return Absent("there is no source to compare with")
    facts = delay_between(evidence.source, evidence.report, _drawn(evidence))
    value: int | float | None = getattr(facts, field)
    if not facts.matched and field != "matched":
        return Absent(_UNKNOWN if evidence.decoded is None else _UNREAD)
    return Absent("not known when frames arrived") if value is None else value


def _delayed(evidence: Evidence) -> Iterator[Reading]:
    if evidence.source is not None:
        for pair in delays(evidence.source, evidence.report, _drawn(evidence)):
            if pair.delay_ms is not None:
                yield Reading(pair.output, pair.delay_ms, pair.delay_ms)


def _lost(evidence: Evidence) -> Iterator[Reading]:
    if evidence.source is None:
        return
    facts = delay_between(evidence.source, evidence.report, _drawn(evidence))
    if facts.first_missing is not None:
        moment = facts.first_missing
        frame = Frame(
            kind=facts.kind,
            track_id=0,
            index=moment.index,
            timestamp_ms=moment.timestamp_ms,
            size=0,
        )
        yield Reading(frame, facts.missing, facts.missing)


def compared_subjects() -> Iterator[Subject]:
    """The subjects that compare a publish with others, or with its source."""
    yield Subject(
        name="reconnect.count",
        kind=Kind.NUMBER,
        read=_reconnects,
        blame=Blame.NOBODY,
        definition="How many times the stream was published again.",
    )
    yield Subject(
        name="reconnect.seconds",
        kind=Kind.NUMBER,
        unit="s",
        read=_reconnect_seconds,
        blame=Blame.NOBODY,
        definition="From the end of a publish to the next one, each time.",
    )
    yield Subject(
        name="reconnect.timestamps",
        kind=Kind.TEXT,
        read=_reconnect_timestamps,
        blame=Blame.NOBODY,
        definition="What timestamps do when it is published again: `go_on`, `begin_anew`, or "
        "`mixed` if it is not the same each time.",
    )
    yield Subject(
        name="reconnect.lost",
        kind=Kind.NUMBER,
        unit="ms",
        read=_reconnect_lost,
        blame=Blame.NOBODY,
        definition="What is missing in between, by timestamps that go on, each time.",
    )
    yield Subject(
        name="reconnect.attempts",
        kind=Kind.NUMBER,
        read=partial(_reconnect_tries, _attempts),
        blame=Blame.NOBODY,
        definition="How many connections it took to be published again, each time; those that the "
        "system refused, as nobody listened, are not seen.",
    )
    yield Subject(
        name="reconnect.pauses",
        kind=Kind.NUMBER,
        unit="s",
        read=partial(_reconnect_tries, _pauses),
        blame=Blame.NOBODY,
        definition="From the end of a publish to the first attempt, and from each to the next.",
    )
    yield Subject(
        name="reconnect.backoff",
        kind=Kind.NUMBER,
        read=partial(_reconnect_tries, _backoff),
        blame=Blame.NOBODY,
        definition="How many times as long as the pause before it each pause is.",
    )
    for which, words in (("min", "shortest"), ("mean", "average"), ("max", "longest")):
        yield Subject(
            name=f"delay.{which}", kind=Kind.NUMBER, unit="ms",
            read=partial(_delay, f"{which}_ms"), walk=_delayed,
            definition=f"The {words} time from a frame of the source to the same frame here.",
        )  # fmt: skip
    yield Subject(
        name="delay.matched",
        kind=Kind.NUMBER,
        unit="frames",
        read=partial(_delay, "matched"),
        definition="Frames of the source that came out: the same, or with their counter, "
        "which is read from the decoded picture where everything was coded again.",
    )
    yield Subject(
        name="delay.missing",
        kind=Kind.NUMBER,
        unit="frames",
        read=partial(_delay, "missing"),
        walk=_lost,
        definition="Frames of the source that did not come out, between two that did.",
    )
