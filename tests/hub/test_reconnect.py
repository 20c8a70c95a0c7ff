"""How a publisher came back, told from reports and sessions."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.reconnect import (
    Reconnect,
    ReconnectAttempt,
    ReconnectTimestamps,
    find_reconnects,
)
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.media.conduct import Step, StepKind
from trio_srs.media.facts import ClockFacts, StreamFacts, TrackFacts
from trio_srs.media.report import StreamReport


def report(session: str, at: float, lasted: float | None, clock: tuple[int, int]) -> StreamReport:
    """A publish that was accepted a tenth of a second after its connection."""
    steps = [Step(at_s=0.1, what=StepKind.PUBLISH)]
    if lasted is not None:
        steps.append(Step(at_s=lasted, what=StepKind.END))
    track = TrackFacts(kind="audio", clock=ClockFacts(first_ms=clock[0], last_ms=clock[1]))
    return StreamReport(
        stream="live/a",
        session=session,
        peer="10.0.0.1:5000",
        began_at=at,
        facts=StreamFacts(tracks=(track,)),
        timeline=tuple(steps),
        end=None if lasted is None else EndReason.FAULT,
    )


def session(
    number: str, at: float, *requests: RequestFacts, peer: str = "10.0.0.1"
) -> SessionFacts:
    return SessionFacts(
        id=number,
        protocol="rtmp",
        peer=f"{peer}:5000",
        began_at=at,
        seconds=1.0,
        requests=requests,
        end=EndReason.PEER_FIN,
    )


def asked(what: str, outcome: str) -> RequestFacts:
    return RequestFacts(what=what, stream="live/a", at_s=0.1, outcome=outcome)


YES = asked("publish", "accepted")
SESSIONS = [
    session("c1", 0.0, YES),
    session("c9", 11.0, YES, peer="10.0.0.2"),
    session("c8", 11.0, asked("play", "accepted")),
    session("c2", 12.0),
    session("c3", 15.0, asked("publish", "stream_busy")),
    session("c4", 20.0, YES),
]


@pytest.mark.parametrize(
    ("first_ms", "timestamps", "lost_ms"),
    [
        (0, ReconnectTimestamps.BEGIN_ANEW, None),
        (10_500, ReconnectTimestamps.GO_ON, 500),
        (9_200, ReconnectTimestamps.GO_ON, 0),
        (8_000, ReconnectTimestamps.BEGIN_ANEW, None),
    ],
)
def test_attempts_pauses_and_timestamps(
    first_ms: int, timestamps: ReconnectTimestamps, lost_ms: int | None
) -> None:
    reports = [report("c1", 0.0, 10.0, (0, 10_000)), report("c4", 20.0, None, (first_ms, 99_000))]
    [back] = find_reconnects(reports, SESSIONS)
    assert [(it.after_s, it.outcome) for it in back.attempts] == [
        (2.0, "peer_fin"),
        (5.0, "stream_busy"),
        (10.0, "published"),
    ]
    assert back.pauses_s == (2.0, 3.0, 5.0)
    assert back.back_after_s == pytest.approx(10.1)
    assert (back.timestamps, back.lost_ms) == (timestamps, lost_ms)


def test_who_does_not_come_back() -> None:
    assert find_reconnects([report("c1", 0.0, 10.0, (0, 10_000))], SESSIONS[:4]) == (
        Reconnect(
            end=EndReason.FAULT,
            attempts=(ReconnectAttempt(after_s=2.0, outcome="peer_fin"),),
        ),
    )


def test_an_end_that_nobody_saw_was_when_the_session_was_last_seen() -> None:
    """A server that was killed, and another one, which counts its sessions anew."""
    killed = report("c1", 0.0, None, (0, 900))
    sessions = [session("c1", 0.0, YES), attrs.evolve(session("c1", 3.0, YES), end=None)]
    again = report("c1", 3.0, None, (900, 1800))
    assert find_reconnects([again], sessions) == ()
    [back] = find_reconnects([killed, again], sessions)
    assert (back.end, back.attempts) == (
        None,
        (ReconnectAttempt(after_s=2.0, outcome="published"),),
    )
    assert back.back_after_s == pytest.approx(2.1)
    assert back.lost_ms == 0


def test_who_comes_back_without_media_has_no_timestamps() -> None:
    nothing = StreamReport(
        stream="live/a", session="c4", peer="10.0.0.1:5000", began_at=20.0, facts=StreamFacts()
    )
    [back] = find_reconnects([report("c1", 0.0, 10.0, (0, 10_000)), nothing], [])
    assert (back.back_after_s, back.timestamps) == (10.0, None)
