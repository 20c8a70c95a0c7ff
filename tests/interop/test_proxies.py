"""Behind proxies a client is who they say, if they are trusted, and nobody else is believed."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest
import trio

from tests.interop.server import watched
from trio_srs.hub.bus import SessionBegan, SessionEnded
from trio_srs.hub.sessions import SessionFacts

pytestmark = pytest.mark.interop

V1 = b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 1935\r\n"
C0C1 = b"\x03" + bytes(1536)
TRUSTING = 'trusted_proxies = ["127.0.0.0/8"]'


async def first_answer(url: str, said: bytes) -> bytes:
    host, _, port = url.partition("//")[2].partition("/")[0].partition(":")
    stream = await trio.open_tcp_stream(host, int(port))
    async with stream:
        await stream.send_all(said)
        return bytes(await stream.receive_some(4096))


@pytest.mark.parametrize(
    ("trust", "said", "peer"),
    [
        (TRUSTING, V1, "192.0.2.1:4711"),
        (TRUSTING, b"\xf3\0\x04\xc0\0\x02\x01", "192.0.2.1:0"),
        (TRUSTING, b"", "127.0.0.1"),
        ("", V1, "127.0.0.1"),
        ('trusted_proxies = ["10.0.0.0/8"]', V1, "127.0.0.1"),
    ],
    ids=["v1", "SRS", "none", "nobody trusted", "others trusted"],
)
async def test_an_rtmp_client_is_who_its_proxy_says(trust: str, said: bytes, peer: str) -> None:
    async with watched(rtmp=trust) as server:
        answer = await first_answer(server.url(), said + C0C1)
        [began] = server.all(SessionBegan)
        await server.told(SessionEnded)
    assert began.peer.startswith(peer)
    is_believed = not said or peer != "127.0.0.1"
    assert (answer[:1] == b"\x03") is is_believed


async def test_a_proxy_that_says_nothing_holds_up_no_end_of_the_server() -> None:
    async with watched(rtmp=TRUSTING) as server:
        host, _, port = server.url().partition("//")[2].partition("/")[0].partition(":")
        with socket.create_connection((host, int(port))) as proxy:
            proxy.sendall(b"PROX")
            await trio.sleep(0.05)
            await server.server.stop(0.5)
            await trio.sleep(0.05)
            proxy.settimeout(5)
            with suppress(ConnectionResetError):  # as there was something unread
                assert proxy.recv(1) == b""


@pytest.mark.parametrize(
    ("trust", "fields", "peer"),
    [
        (TRUSTING, {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}, "192.0.2.7:0"),
        (TRUSTING, {"X-Forwarded-For": "unknown"}, "127.0.0.1"),
        ("", {"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1"),
    ],
)
async def test_a_viewer_is_who_its_proxy_says(
    trust: str, fields: dict[str, str], peer: str
) -> None:
    more = f'[http]\nlisten = ["127.0.0.1:0"]\nmissing_timeout = "0s"\n{trust}'
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    async with watched(more=more) as server:
        said = f"GET /live/a.flv HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n"
        await first_answer(server.server.http_url(), said.encode())
        [seen] = peers(server.server.sessions())
    assert seen.startswith(peer)


def peers(sessions: tuple[SessionFacts, ...]) -> list[Any]:
    return [session.peer for session in sessions]
