"""Waiting for the end of a session that was told to end."""

from __future__ import annotations

from typing import Any

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.errors import EndReason
from trio_srs.hub.bus import Bus, SessionBegan, SessionEnded
from trio_srs.hub.farewell import FAREWELL_S, until_ended
from trio_srs.hub.registry import SessionEntry

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
