"""Answers that a client takes bit by bit: over sockets that the shared reader waits for, and over
what it cannot wait for."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import ClassVar

import attrs
import pytest
import trio

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import Client, HttpHouse
from tests.service.rtmp.house import FAST
from trio_srs.net.link import Link
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.tcp import SocketTransport
from trio_srs.service.base import WebAnswer, WebClient
from trio_srs.service.http.config import HttpConfig
from trio_srs.session.http_events import HttpRequest
from trio_srs.units import Timeout

BODY = bytes(range(250)) * 4000
STALLED_S = 7.0
needs_epoll = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")


class Route:
    """Answers everything with the same, which is more than any of the clients takes at once."""

    stream_ending: ClassVar[str] = ""

    def answer(self, _asked: HttpRequest, _client: WebClient, /) -> WebAnswer:
        return WebAnswer(content_type="video/mp4", chunks=(BODY,), cache_control="no-store")


@attrs.define(eq=False)
class Served:
    """A service, and a client that has asked."""

    house: HttpHouse
    client: Client

    @property
    def count(self) -> int:
        return len(self.house.service.connections)

    async def takes_all(self) -> None:
        assert (await self.client.answer()).body == BODY


@pytest.fixture(params=[pytest.param(True, marks=needs_epoll), False], ids=["shared", "alone"])
async def served(
    open_house: OpenHouse, nursery: trio.Nursery, request: pytest.FixtureRequest
) -> AsyncIterator[Served]:
    house = await open_house(settings=attrs.evolve(FAST, stalled_timeout=Timeout(STALLED_S)))
    house.service.context.routes = (Route(),)
    far = None
    if request.param:
        house.service.context.reader = reader = SharedReader()
        await nursery.start(reader.run)
        near, far = socket.socketpair()
        house.service.serve(SocketTransport(near, "127.0.0.1:5"))
        client = Client(SocketTransport(far, "server"))  # type: ignore[arg-type]  # only speaks
    else:
        client = house.dial(capacity=100_000)
    await client.ask("/x")
    yield Served(house, client)
    client.transport.close()


async def test_what_is_not_taken_at_once_follows_and_so_does_the_next_answer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def woken(_link: object) -> None:
        pytest.fail("a task was woken for a part of an answer")

    if served.house.service.context.reader is not None:
        monkeypatch.setattr(Link, "drained", woken)
    await served.takes_all()
    for _ in range(2):  # the second before the first is taken
        await served.client.ask("/x")
    for _ in range(2):
        await served.takes_all()
    monkeypatch.undo()


async def test_who_takes_nothing_is_given_up_when_it_is_due(served: Served) -> None:
    await served.takes_all()
    await trio.sleep(50)
    await served.client.ask("/x")
    asked = trio.current_time()
    while served.count:  # noqa: ASYNC110 - nobody is told when a connection is over
        await trio.sleep(0.5)
    assert trio.current_time() - asked == pytest.approx(STALLED_S, abs=0.6)


async def test_who_takes_a_little_now_and_then_is_not_given_up(served: Served) -> None:
    got = 0
    while got < 600_000:
        await trio.sleep(STALLED_S - 1)
        for _ in range(3):
            got += len(await served.client.more())
    asked = trio.current_time()
    while served.count:  # noqa: ASYNC110 - nobody is told when a connection is over
        await trio.sleep(0.5)
    assert trio.current_time() - asked == pytest.approx(STALLED_S, abs=0.6)


async def test_who_goes_in_the_middle_has_gone(served: Served) -> None:
    await served.client.more()
    served.client.transport.close()
    await trio.sleep(0.1)
    assert (served.count, served.house.hub.supervisor.internal_errors) == (0, 0)


async def test_an_answer_that_is_under_way_is_sent_to_its_end_when_the_server_stops(
    served: Served,
) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(served.house.service.stop, 60.0)
        await trio.sleep(1)
        await served.takes_all()
        assert await served.client.more() == b""
        served.client.transport.close()
    assert trio.current_time() < HttpConfig().idle_timeout
