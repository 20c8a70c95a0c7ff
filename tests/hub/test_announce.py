"""What is told of a session, and noted of it at the same time."""

from __future__ import annotations

import math

import trio
from trio.testing import MockClock

from trio_srs.errors import RefusedError
from trio_srs.hub.announce import announce_began, announce_connected, announce_refused
from trio_srs.hub.bus import Bus, Event, RequestRefused, SessionBegan, SessionConnected
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request, SessionRequests


class FullError(RefusedError):
    """A refusal."""

    code = "test_full"


def session() -> tuple[SessionEntry, Bus, list[Event]]:
    told: list[Event] = []
    bus = Bus()
    bus._listeners.append(told.append)
    return SessionEntry("c1", "http-flv", "p", trio.current_time()), bus, told


async def test_its_beginning_is_told() -> None:
    entry, bus, told = session()
    announce_began(bus, entry)
    assert told == [SessionBegan(session="c1", peer="p", protocol="http-flv")]


async def test_what_it_connected_to_is_noted_with_the_time(autojump_clock: MockClock) -> None:
    entry, bus, told = session()
    entry.requests = SessionRequests()
    await trio.sleep(2)
    entry.shaken_at = trio.current_time()
    await trio.sleep(1)
    announce_connected(bus, entry, vhost="v", app="live", client="x" * 999, handshake="plain")
    [event] = told
    assert isinstance(event, SessionConnected)
    assert (event.client, event.handshake, event.handshake_s) == ("x" * 256, "plain", 2.0)
    assert entry.requests.connected is event
    assert entry.requests.connected_at == trio.current_time()


async def test_without_a_handshake_there_is_no_time_of_it() -> None:
    entry, bus, told = session()
    entry.requests = SessionRequests()
    assert entry.shaken_at == math.inf
    announce_connected(bus, entry, vhost="v", app="live", client="curl")
    [event] = told
    assert isinstance(event, SessionConnected)
    assert (event.handshake, event.handshake_s) == ("", 0.0)


async def test_a_refusal_is_noted_in_the_request_and_cut() -> None:
    entry, bus, told = session()
    request = Request("play", "live/a", 0, 0.0)
    announce_refused(bus, entry, request, FullError("y" * 5000))
    assert (request.outcome, request.detail) == ("test_full", "y" * 1024)
    assert told == [
        RequestRefused(
            session="c1",
            peer="p",
            request="play",
            stream="live/a",
            code="test_full",
            detail="y" * 1024,
        )
    ]
