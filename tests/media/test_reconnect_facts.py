"""How a publisher came back, told from reports."""

from __future__ import annotations

import pytest

from trio_srs.errors import EndReason
from trio_srs.media.conduct import Step, StepKind
from trio_srs.media.facts import ClockFacts, StreamFacts, TrackFacts
from trio_srs.media.reconnect_facts import (
    Reconnect,
    ReconnectAttempt,
    ReconnectTimestamps,
    ended_at,
    reconnects_of,
)
from trio_srs.media.report import StreamReport


def report(at: float, lasted: float | None, clock: tuple[int, int] | None) -> StreamReport:
    """A publish that was accepted a tenth of a second after its connection."""
    steps = [Step(at_s=0.1, what=StepKind.PUBLISH)]
    if lasted is not None:
        steps.append(Step(at_s=lasted, what=StepKind.END))
    tracks: tuple[TrackFacts, ...] = ()
    if clock is not None:
        times = ClockFacts(first_ms=clock[0], last_ms=clock[1])
        tracks = (TrackFacts(kind="audio", clock=times),)
    return StreamReport(
        stream="live/a",
        session="c1",
        peer="10.0.0.1:5000",
        began_at=at,
        facts=StreamFacts(tracks=tracks),
        timeline=tuple(steps),
        end=None if lasted is None else EndReason.FAULT,
    )


FIRST = report(0.0, 10.0, (0, 10_000))


@pytest.mark.parametrize(
    ("first_ms", "timestamps", "lost_ms"),
    [
        (0, ReconnectTimestamps.BEGIN_ANEW, None),
        (10_500, ReconnectTimestamps.GO_ON, 500),
        (9_200, ReconnectTimestamps.GO_ON, 0),
        (8_000, ReconnectTimestamps.BEGIN_ANEW, None),
    ],
)
def test_timestamps_go_on_or_begin_anew(
    first_ms: int, timestamps: ReconnectTimestamps, lost_ms: int | None
) -> None:
    [back] = reconnects_of([FIRST, report(20.0, None, (first_ms, 99_000))])
    assert back.back_after_s == pytest.approx(10.1)
    assert (back.timestamps, back.lost_ms, back.attempts) == (timestamps, lost_ms, ())


def test_attempts_are_those_between_an_end_and_the_next_publish() -> None:
    asked: list[tuple[float, float]] = []

    def attempts_of(_: StreamReport, after: float, before: float) -> tuple[ReconnectAttempt, ...]:
        asked.append((after, before))
        return (ReconnectAttempt(after_s=2.0, outcome="refused"),
                ReconnectAttempt(after_s=5.0, outcome="published"))  # fmt: skip

    second = report(20.0, 1.0, (0, 1))
    first, last = reconnects_of([FIRST, second], attempts_of=attempts_of)
    assert asked == [(10.0, 20.0), (21.0, float("inf"))]
    assert first.pauses_s == (2.0, 3.0)
    assert last == Reconnect(end=EndReason.FAULT, attempts=first.attempts)


def test_a_publish_that_goes_on_has_no_return_yet() -> None:
    assert list(reconnects_of([report(0.0, None, (0, 1))])) == []
    assert list(reconnects_of([])) == []


def test_an_end_that_nobody_saw_is_where_it_is_said_to_be() -> None:
    unseen = report(1.0, None, (0, 1))
    assert ended_at(unseen) == 1.0
    again = report(20.0, None, (0, 1))
    [back] = reconnects_of([unseen, again], lambda each: each.began_at + 3)
    assert back.end is None
    assert back.back_after_s == pytest.approx(16.1)


def test_who_comes_back_without_media_has_no_timestamps() -> None:
    [back] = reconnects_of([FIRST, report(20.0, None, None)])
    assert (back.timestamps, back.lost_ms) == (None, None)
