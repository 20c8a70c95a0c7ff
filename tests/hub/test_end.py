"""Ends of sessions: as values, told once, and waited for."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.errors import EndReason, PeerError, ProtocolError
from trio_srs.hub.bus import Bus, Event, SessionBegan, SessionEnded
from trio_srs.hub.end import FAREWELL_S, End, end_of, ending, tell_end, until_ended
from trio_srs.hub.registry import Registry, SessionEntry
from trio_srs.hub.supervisor import ReportedError

ENDED: dict[str, Any] = {"reason": EndReason.KICKED, "detail": "", "seconds": 1.0}
BYTES: dict[str, Any] = {"bytes_in": 0, "bytes_out": 0}


def ended(session: str) -> SessionEnded:
    return SessionEnded(session=session, peer="p", **ENDED, **BYTES)


async def test_it_is_over_when_that_session_has_ended(autojump_clock: MockClock) -> None:
    bus, entry, told = Bus(), SessionEntry("c1", "rtmp", "p", 0.0), []

    async def wait() -> None:
        told.append(await until_ended(bus, entry))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        bus.tell(SessionBegan(session="c1", peer="p", protocol="rtmp"))
        bus.tell(ended("c2"))
        await wait_all_tasks_blocked()
        assert not told
        entry.ended = ended("c1")
        bus.tell(entry.ended)
    assert told == [True]
    assert await until_ended(bus, entry)  # at once
    assert not bus._listeners


async def test_nobody_waits_for_ever(autojump_clock: MockClock) -> None:
    entry, began = SessionEntry("c1", "rtmp", "p", 0.0), trio.current_time()
    assert not await until_ended(Bus(), entry)
    assert trio.current_time() - began == FAREWELL_S


async def test_an_end_is_told_when_the_session_is_out_of_the_registry(
    autojump_clock: MockClock,
) -> None:
    registry, bus = Registry(), Bus()
    entry = SessionEntry("c1", "rtmp", "p", trio.current_time())
    registry.add(entry)
    await trio.sleep(2.0)
    told: list[Event] = []

    def hear(event: Event) -> None:
        told.append(event)
        assert registry.find("c1") is None
        assert registry.find_ended("c1") is entry

    with bus.listening(hear):
        end = End(EndReason.KICKED, "by hand")
        tell_end(registry, bus, entry, end, bytes_in=3, bytes_out=4)
    expected = SessionEnded(
        session="c1",
        peer="p",
        reason=EndReason.KICKED,
        detail="by hand",
        seconds=2.0,
        bytes_in=3,
        bytes_out=4,
    )
    assert told == [expected]
    assert entry.ended == expected


def test_the_first_of_several_errors_is_the_end() -> None:
    first = ProtocolError("a byte too many")
    first.add_note("in chunk 7")
    try:
        raise ExceptionGroup("", [ExceptionGroup("", [first, PeerError("gone")]), PeerError("x")])
    except* PeerError as errors:
        end = end_of(errors)
    assert end == End(EndReason.PROTOCOL_ERROR, "a byte too many; in chunk 7")


def test_what_a_peer_says_is_kept_in_part() -> None:
    assert len(End(EndReason.PEER_FIN, "x" * 5000).detail) == 1024


GONE, BUG = PeerError("gone"), ZeroDivisionError("ours")
REPORTED = ReportedError("a form failed")


@pytest.mark.parametrize(
    ("raised", "expected", "is_reported"),
    [
        (GONE, [End(EndReason.PEER_RST, "gone")], False),
        (BUG, [End(EndReason.INTERNAL_ERROR, repr(BUG))], True),
        (REPORTED, [End(EndReason.INTERNAL_ERROR, "a form failed")], False),
        (
            ExceptionGroup("", [GONE, BUG]),
            [End(EndReason.INTERNAL_ERROR, repr(BUG)), End(EndReason.PEER_RST, "gone")],
            True,
        ),
    ],
    ids=["the peer's fault", "a bug", "a bug that was reported", "both"],
)
def test_what_is_raised_becomes_an_end_and_a_bug_is_reported_once(
    raised: Exception, expected: list[End], is_reported: bool
) -> None:
    ends: list[End] = []
    reported: list[Exception] = []
    with ending(ends.append, reported.append):
        raise raised
    assert ends == expected
    assert len(reported) == is_reported


def nobody_is_told(what: object) -> None:
    pytest.fail(f"there was {what!r}")


def test_with_nothing_raised_there_is_no_end_yet() -> None:
    with ending(nobody_is_told, nobody_is_told):
        pass


async def test_a_cancellation_is_not_an_end_of_its_own(autojump_clock: MockClock) -> None:
    with trio.move_on_after(1) as scope, ending(nobody_is_told, nobody_is_told):
        await trio.sleep_forever()
    assert scope.cancelled_caught
