"""Every way in and out asks the gates; a new one that does not stand here fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import pytest
import trio

from tests.service.dash.house import DashHouse
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
from trio_srs.service.segmented.service import SegmentedService
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer

pytestmark = pytest.mark.trio(run=run_virtually)

FORMS: Final = ("flv", "ts", "aac", "mp3", "mp4")
"""Of what can be watched over HTTP."""
SEGMENTED: Final = {"hls": ".m3u8", "dash": ".mpd"}
"""Of what can be watched in segments, with the ending of what viewers begin with."""
PROTOCOLS: Final = {
    "rtmp": "below",
    "rtmps": "below",
    "http": "below",
    "https": "below",
    "hls": "below",
    "hlss": "below",
    "dash": "below",
    "dashs": "below",
    "api": "tests/service/api/test_admission.py::test_every_function_asks_who_may",
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


@pytest.mark.parametrize("protocol", ["http", "https"])
@pytest.mark.parametrize(("form", "ending"), SEGMENTED.items())
async def test_each_form_of_segments_asks(
    nursery: trio.Nursery, form: str, ending: str, protocol: str
) -> None:
    gate = Nobody()
    known = f"/live/a.{form}/{form}_ctx=of-yesterday/video-0-0.m4s"
    house: DashHouse = await nursery.start(DashHouse(gate=gate).run)
    async with house.live():
        for path in (f"/live/a{ending}", known):
            server, transport = memory_transport_pair(client="10.0.0.1:5")
            house.service.serve(server, protocol)
            client = Client(transport)
            await client.ask(path)
            assert (await client.head()).status == 403
    assert not house.told(PlayBegan)
    assert house.told(RequestRefused)
    said = f"play {form}{'s' if protocol == 'https' else ''} live/a"
    assert gate.asked == [said, said], "also who comes back by a URL of another session"
    nursery.cancel_scope.cancel()


async def test_there_is_no_other_way_in() -> None:
    """Who adds one lets it ask, and writes a test beside those above."""
    there = {protocol for offer in SERVICES for protocol in offer.protocols}
    forms = {f"{form}{secure}" for form in SEGMENTED for secure in ("", "s")}
    assert there | forms == set(PROTOCOLS)
    services = {each.__name__ for each in SegmentedService.__subclasses__()}
    assert services == {f"{form.title()}Service" for form in SEGMENTED}
    assert set(VIEWS) == {f".{form}" for form in FORMS}
