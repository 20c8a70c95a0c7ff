"""Sessions as values: open, ended, and before they have said anything."""

from __future__ import annotations

import random
from typing import Any

import attrs
import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionConnected, SessionEnded
from trio_srs.hub.registry import Registry, SessionEntry
from trio_srs.hub.session_requests import ACCEPTED, Request, RequestCounters, SessionRequests
from trio_srs.hub.sessions import RequestFacts, in_order, sessions_of
from trio_srs.hub.turns import Turns

WHO: dict[str, Any] = {"session": "c1", "peer": "10.0.0.1:5000"}
CONNECTED = SessionConnected(
    **WHO, vhost="v", app="live", client="FMLE", handshake="plain", handshake_s=0.5
)


@attrs.define
class Counts:
    bytes_in: int = 100
    bytes_said: int = 20


def entry(registry: Registry, began_at: float = 10.0, session: str = "c1") -> SessionEntry:
    one = SessionEntry(session, "rtmp", "10.0.0.1:5000", began_at)
    registry.add(one)
    return one


def test_a_session_that_has_said_nothing() -> None:
    registry = Registry()
    entry(registry)
    [facts] = sessions_of(registry, 12.5, 1_000_000.0)
    assert (facts.id, facts.protocol, facts.peer) == ("c1", "rtmp", "10.0.0.1:5000")
    assert (facts.began_at, facts.seconds) == (999_997.5, 2.5)
    assert (facts.handshake_s, facts.app, facts.client, facts.requests) == (None, None, "", ())
    assert (facts.bytes_in, facts.bytes_out, facts.end) == (0, 0, None)


def test_an_open_session_is_told_as_far_as_it_has_come() -> None:
    registry = Registry()
    one = entry(registry)
    one.shaken_at = 10.5
    play = Request(
        "play", "live/a", 1, 11.0, ACCEPTED, measure=lambda: RequestCounters(bytes=7, stalls=2)
    )
    publish = Request("publish", "live/b", 2, 12.0, "stream_busy", "it is busy")
    one.requests = SessionRequests(Counts(), CONNECTED)
    one.requests.newest.extend((play, publish))
    [facts] = sessions_of(registry, 13.0, 0.0)
    assert (facts.handshake_s, facts.app, facts.client) == (0.5, "live", "FMLE")
    assert (facts.bytes_in, facts.bytes_out) == (100, 27)
    assert facts.requests == (
        RequestFacts(what="play", stream="live/a", at_s=1.0, outcome="accepted", bytes=7, stalls=2),
        RequestFacts(
            what="publish",
            stream="live/b",
            at_s=2.0,
            outcome="stream_busy",
            detail="it is busy",
        ),
    )
    assert (one.plays, one.publishes) == ({1: "live/a"}, {})


def test_a_session_that_has_ended_is_told_by_its_last_event() -> None:
    registry = Registry()
    one = entry(registry)
    one.ended = SessionEnded(
        **WHO, reason=EndReason.KICKED, detail="enough", seconds=4.0, bytes_in=5, bytes_out=6
    )
    registry.remove(one)
    [facts] = sessions_of(registry, 100.0, 0.0)
    assert (facts.end, facts.end_detail, facts.seconds) == (EndReason.KICKED, "enough", 4.0)
    assert (facts.bytes_in, facts.bytes_out) == (5, 6)


def test_sessions_are_in_the_order_in_which_they_began_and_the_oldest_are_forgotten() -> None:
    registry = Registry(recent=2)
    all_of_them = [entry(registry, float(number), f"c{number}") for number in range(6)]
    for number in (3, 1, 5):
        registry.remove(all_of_them[number])
    assert [each.id for each in sessions_of(registry, 9.0, 9.0)] == ["c0", "c1", "c2", "c4", "c5"]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_the_same_order_is_made_in_steps(newest_first: bool) -> None:
    registry = Registry(recent=3000)
    for number in random.Random(3).sample(range(4000), 2000):
        registry.add(SessionEntry(f"e{number}", "rtmp", "10.0.0.1:1", float(number)))
    for each in list(registry):
        registry.remove(each)
    for number in range(1000, 5000, 7):
        registry.add(SessionEntry(f"o{number}", "rtmp", "10.0.0.1:1", number + 0.5))
    began = [each.began_at for each in await in_order(registry, Turns(), newest_first=newest_first)]
    assert began == sorted(began, reverse=newest_first)
    assert len(began) == 2000 + len(registry)
