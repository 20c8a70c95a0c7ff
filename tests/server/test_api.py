"""The HTTP API as a part of a server: imported only if it is on, there before ready, gone after."""

from __future__ import annotations

import subprocess
import sys

import attrs
import httpx2
import pytest
import trio

from trio_srs.config.layers import layered
from trio_srs.config.schema import Config
from trio_srs.net.address import Address
from trio_srs.net.listen import ListenError
from trio_srs.secret import Secret
from trio_srs.server.build import build
from trio_srs.server.run import serve
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.make import ApiNotInstalledError
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import audio, audio_header, header, key
from trio_srs.testing.peer import Peer
from trio_srs.units import Seconds

LOOPBACK = (Address("127.0.0.1", 0),)
OFF = Config(rtmp=RtmpConfig(listen=LOOPBACK))
ON = attrs.evolve(OFF, api=ApiConfig(listen=LOOPBACK))
SERVER = "api/v2/server"

OF_THE_API = "trio_srs.service.api."
KEPT = {OF_THE_API + "config", OF_THE_API + "make"}
NEW_IMPORTS = """
import sys
import trio_srs.app.cli.serve, trio_srs.server.process
from trio_srs.config.schema import Config
from trio_srs.server.build import build
build(Config())
for name in ("litestar", "anyio", "msgspec", "httpx2"):
    assert name not in sys.modules, name
assert {name for name in sys.modules if name.startswith("trio_srs.service.api")} == {
    "trio_srs.service.api", "trio_srs.service.api.make"
}
"""
LATE_IMPORTS = """
import sys, trio
from trio_srs.config.schema import Config
from trio_srs.net.address import Address
from trio_srs.server.run import serve
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.rtmp.config import RtmpConfig

LATE = {"litestar", "anyio", "h11", "websockets"}
there = (Address("127.0.0.1", 0),)
config = Config(
    rtmp=RtmpConfig(listen=there), http=HttpConfig(listen=there), api=ApiConfig(listen=there)
)

async def main():
    async with serve(config) as server:
        assert not LATE & {*sys.modules}, LATE & {*sys.modules}
        await server.prepare()
        assert LATE - {*sys.modules} == {"websockets"}

trio.run(main)
"""


def test_a_server_without_the_api_imports_nothing_of_it() -> None:
    """In a process of its own: other tests have imported it here."""
    subprocess.run([sys.executable, "-c", NEW_IMPORTS], check=True, timeout=20)


def test_without_its_packages_it_is_said_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(OF_THE_API) and name not in KEPT]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "litestar", None)
    with pytest.raises(ApiNotInstalledError, match=r"pip install litestar$"):
        build(ON)


def test_a_server_is_ready_before_what_its_api_and_http_need_is_imported() -> None:
    subprocess.run([sys.executable, "-c", LATE_IMPORTS], check=True, timeout=20)


async def test_a_server_is_ready_when_its_api_is() -> None:
    async with serve(ON) as server, httpx2.AsyncClient(verify=False) as client:
        assert server.ready["api"] == [server.api_url().rstrip("/")]
        said = (await client.get(server.api_url(SERVER))).json()
        assert said["addresses"] == server.addresses


async def test_a_server_without_the_api_has_no_url_of_it() -> None:
    async with serve(OFF) as server:
        assert server.addresses["api"] == []
        with pytest.raises(LookupError, match="does not listen for api"):
            server.api_url()


async def test_an_address_of_the_api_that_is_taken_keeps_the_server_from_starting() -> None:
    async with serve(ON) as one:
        taken = Address("127.0.0.1", int(one.addresses["api"][0].rpartition(":")[2]))
        with pytest.raises(ListenError, match="in use"):
            async with serve(attrs.evolve(OFF, api=ApiConfig(listen=(taken,)))):
                pass


async def test_a_reload_changes_the_token_and_not_the_address() -> None:
    async with serve(ON) as server, httpx2.AsyncClient(verify=False) as client:
        api = ApiConfig(listen=(Address("127.0.0.1", 1),), token=Secret("abc"))
        changes = server.reload(attrs.evolve(ON, api=api))
        assert [(c.path, c.live) for c in changes] == [("api.listen", False), ("api.token", True)]
        assert (await client.get(server.api_url(SERVER))).status_code == 401
        headers = {"authorization": "Bearer abc"}
        assert (await client.get(server.api_url(SERVER), headers=headers)).status_code == 200


async def test_a_stop_shares_its_grace_between_sessions_and_api() -> None:
    config = attrs.evolve(ON, rtmp=RtmpConfig(listen=LOOPBACK, shutdown_grace=Seconds(0.2)))
    async with serve(config) as server:
        port = int(server.addresses["rtmp"][0].rpartition(":")[2])
        peer = await Peer.connect_tcp("127.0.0.1", port)
        await peer.publish("a")
        api = int(server.addresses["api"][0].rpartition(":")[2])
        stream = await trio.open_tcp_stream("127.0.0.1", api)
        await stream.send_all(b"GET / HTTP/1.1\r\n")  # and never the rest
        await trio.sleep(0.05)
        began = trio.current_time()
        await server.stop()
        assert trio.current_time() - began < 1
        await stream.aclose()
        peer.close()


async def test_finishing_ends_the_api_after_the_last_session() -> None:
    async with serve(ON) as server, httpx2.AsyncClient(verify=False) as client:
        port = int(server.addresses["rtmp"][0].rpartition(":")[2])
        peer = await Peer.connect_tcp("127.0.0.1", port)
        await peer.publish("a")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.finish)
            await trio.sleep(0.05)
            said = (await client.get(server.api_url(SERVER))).json()
            assert said["sessions"] == 1
            peer.close()
        assert server.stopped
        with pytest.raises(httpx2.ConnectError):
            await client.get(server.api_url(SERVER))


async def test_who_follows_events_hears_the_server_out() -> None:
    """The ends of all sessions, and that there is nothing more; then the connection is closed."""
    async with serve(ON) as server, httpx2.AsyncClient(timeout=10, verify=False) as client:
        port = int(server.addresses["rtmp"][0].rpartition(":")[2])
        peer = await Peer.connect_tcp("127.0.0.1", port)
        await peer.publish("a")
        async with client.stream("GET", server.api_url("api/v2/events?since=0")) as answer:
            lines = answer.aiter_lines()
            while await anext(lines) != "event: publish_began":
                continue
            async with trio.open_nursery() as nursery:
                nursery.start_soon(server.stop)
                rest = [line async for line in lines if line.startswith("event: ")]
        assert rest == ["event: publish_ended", "event: session_ended", "event: end"]
        peer.close()


async def test_who_waits_is_answered_when_the_server_stops() -> None:
    async with serve(ON) as server, httpx2.AsyncClient(timeout=10, verify=False) as client:
        url = server.api_url("api/v2/wait?stream=live/a&timeout=600")
        async with trio.open_nursery() as nursery:

            async def stop() -> None:
                while not server.bus._of_streams:  # noqa: ASYNC110 - until it waits
                    await trio.sleep(0.01)
                await server.stop()

            nursery.start_soon(stop)
            answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (503, "server_stops")


EVERY_FORM = """
[rtmp]
listen = ["127.0.0.1:0"]
[http]
listen = ["127.0.0.1:0"]
[hls]
enabled = true
start = "publish"
[dash]
enabled = true
start = "publish"
[api]
listen = ["127.0.0.1:0"]
"""
UPGRADE = b"""\
GET /live/a.flv HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"""


async def test_clients_of_srs_are_those_of_every_protocol() -> None:
    async with serve(layered(EVERY_FORM)) as server, httpx2.AsyncClient(timeout=10) as client:
        rtmp, http = (
            int(server.addresses[name][0].rpartition(":")[2]) for name in ("rtmp", "http")
        )
        peer = await Peer.connect_tcp("127.0.0.1", rtmp)
        await peer.publish("a")
        media = [each for at_ms in range(0, 24_000, 500) for each in (key(at_ms), audio(at_ms))]
        await peer.say(header(), audio_header(), *media)
        websocket = await trio.open_tcp_stream("127.0.0.1", http)
        await websocket.send_all(UPGRADE)
        assert (await websocket.receive_some()).startswith(b"HTTP/1.1 101 ")
        for form in ("mpd", "m3u8"):
            url = f"http://127.0.0.1:{http}/live/a.{form}"
            assert (await client.get(url, follow_redirects=True)).status_code == 200
        found = (await client.get(server.api_url("api/v1/clients"))).json()["clients"]
        assert [(each["type"], each["name"], each["publish"]) for each in found] == [
            ("flash-publish", "a", True),
            ("flv-play", "a", False),
            ("dash-play", "a", False),
            ("hls-play", "a", False),
        ]
        peer.close()
        await websocket.aclose()
