"""Every way in and out asks the gates; a new one that does not stand here fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import pytest
import trio

from tests.service.http.house import Client, HttpHouse
from tests.service.http.test_ingest import FILE
from tests.service.http.test_viewer import UPGRADE
from tests.service.rtmp.conftest import run_virtually
from tests.service.rtmp.house import House, ask
from trio_srs.errors import RefusedError
from trio_srs.hub.bus import PlayBegan, PublishBegan, RequestRefused
from trio_srs.hub.gate import AccessRequest, Grant
from trio_srs.server.build import SERVICES
from trio_srs.service.http.view import VIEWS
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer

pytestmark = pytest.mark.trio(run=run_virtually)

FORMS: Final = ("flv", "ts", "aac", "mp3", "mp4")
"""Of what can be watched over HTTP."""
PROTOCOLS: Final = {
    "rtmp": "below",
    "rtmps": "below",
    "http": "below",
    "https": "below",
    "api": "no stream goes in or out; who may ask is said by api.token: tests/service/api",
}
"""Where it is tested that each asks, or why it need not."""


@attrs.define
class Nobody:
    """A gate that lets nobody in, and notes who asked."""

    asked: list[str] = attrs.field(factory=list)

    async def connect(self, request: AccessRequest, /) -> Grant | None: ...

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        self.asked.append(f"publish {request.protocol} {request.app}/{request.name}")
        raise RefusedError("nobody")

    async def play(self, request: AccessRequest, /) -> Grant | None:
        self.asked.append(f"play {request.protocol} {request.app}/{request.name}")
        raise RefusedError("nobody")


async def rtmp(nursery: trio.Nursery, gate: Nobody, protocol: str, what: str) -> None:
    house: House = await nursery.start(House(gates=(gate,)).run)
    server, client = memory_transport_pair(client="10.0.0.1:5")
    house.service.serve(server, protocol)
    peer = Peer(client)
    await peer.connect()
    assert await ask(peer, what, "a") == ("NetStream.Failed", "nobody")
    assert not house.told(PublishBegan) + house.told(PlayBegan)
    assert house.told(RequestRefused)


async def http(
    nursery: trio.Nursery, gate: Nobody, protocol: str, say: Callable[[Client], Awaitable[None]]
) -> None:
    house: HttpHouse = await nursery.start(HttpHouse(gate=gate).run)
    async with house.publishing():
        server, transport = memory_transport_pair(client="10.0.0.1:5")
        house.service.serve(server, protocol)
        client = Client(transport)
        await say(client)
        assert (await client.head()).status == 403
    assert not house.told(PlayBegan)
    assert [event.session for event in house.told(PublishBegan)] == ["p1"]
    assert house.told(RequestRefused)


@pytest.mark.parametrize("what", ["publish", "play"])
@pytest.mark.parametrize("protocol", ["rtmp", "rtmps"])
async def test_rtmp_asks(nursery: trio.Nursery, protocol: str, what: str) -> None:
    gate = Nobody()
    await rtmp(nursery, gate, protocol, what)
    assert gate.asked == [f"{what} {protocol} live/a"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("protocol", ["http", "https"])
@pytest.mark.parametrize("form", FORMS)
async def test_each_form_over_http_asks(nursery: trio.Nursery, form: str, protocol: str) -> None:
    gate = Nobody()
    await http(nursery, gate, protocol, lambda client: client.ask(f"/live/a.{form}"))
    assert gate.asked == [f"play {protocol}-{form} live/a"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("form", FORMS)
async def test_each_form_over_a_websocket_asks(nursery: trio.Nursery, form: str) -> None:
    gate = Nobody()
    await http(nursery, gate, "http", lambda client: client.ask(f"/live/a.{form}", fields=UPGRADE))
    assert gate.asked == [f"play ws-{form} live/a"]
    nursery.cancel_scope.cancel()


async def test_a_head_of_a_stream_asks(nursery: trio.Nursery) -> None:
    gate = Nobody()
    await http(nursery, gate, "http", lambda client: client.ask("/live/a.flv", "HEAD"))
    assert gate.asked == ["play http-flv live/a"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_publish_over_http_asks(nursery: trio.Nursery, method: str) -> None:
    gate = Nobody()
    await http(nursery, gate, "http", lambda client: client.ask("/live/b.flv", method, FILE))
    assert gate.asked == ["publish http-flv live/b"]
    nursery.cancel_scope.cancel()


async def test_there_is_no_other_way_in() -> None:
    """Who adds one lets it ask, and writes a test beside those above."""
    there = {protocol for offer in SERVICES for protocol in offer.protocols}
    assert there == set(PROTOCOLS)
    assert set(VIEWS) == {f".{form}" for form in FORMS}
