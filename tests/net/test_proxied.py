"""What a proxy says is read, and not a byte behind it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import trio
import trio.lowlevel

from trio_srs.net.proxied import read_client

LINE = b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 1935\r\n"
FRAME = b"\xf3\0\x04\xc0\0\x02\x01"
PROXY = "10.0.0.7:5"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    server, client = socket.socketpair()
    server.setblocking(False)
    with server, client:
        yield server, client


async def client_of(sock: socket.socket, within_s: float = 5.0) -> str | None:
    return await read_client(sock, PROXY, has_srs=True, within_s=within_s)


@pytest.mark.parametrize(
    ("said", "client", "left"),
    [
        (LINE, "192.0.2.1:4711", b""),
        (LINE + b"\x03hello", "192.0.2.1:4711", b"\x03hello"),
        (FRAME + b"\x03", "192.0.2.1:0", b"\x03"),
        (b"PROXY UNKNOWN\r\n\x03", PROXY, b"\x03"),
        (b"\x03hello", PROXY, b"\x03hello"),
        (b"PUT /live/a.flv", PROXY, b"PUT /live/a.flv"),
    ],
)
async def test_the_client_is_read_and_its_bytes_stay(
    ends: tuple[socket.socket, socket.socket], said: bytes, client: str, left: bytes
) -> None:
    server, proxy = ends
    proxy.sendall(said)
    assert await client_of(server) == client
    proxy.sendall(b"!")
    assert server.recv(100) == left + b"!"


async def test_a_header_may_come_byte_by_byte(ends: tuple[socket.socket, socket.socket]) -> None:
    server, proxy = ends
    clients = []

    async def read() -> None:
        clients.append(await client_of(server))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        for at in range(len(LINE)):
            proxy.sendall(LINE[at : at + 1])
            await trio.lowlevel.checkpoint()
    assert clients == ["192.0.2.1:4711"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"PROXY nonsense\r\n", "expected PROXY TCP4 or TCP6"),
        (b"PROX", "no header within 0.05 s"),
        (b"", "no header within 0.05 s"),
        (None, "it went away"),
    ],
)
async def test_a_proxy_that_makes_no_sense_is_closed_and_logged(
    ends: tuple[socket.socket, socket.socket],
    said: bytes | None,
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server, proxy = ends
    if said is None:
        proxy.close()
    else:
        proxy.sendall(said)
    assert await client_of(server, 0.05) is None
    assert f"closed a connection from the proxy {PROXY}: " in caplog.text
    assert why in caplog.text


async def test_a_broken_connection_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    proxy = socket.create_connection(listening.getsockname())
    server, _ = listening.accept()
    listening.close()
    server.setblocking(False)
    proxy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    proxy.close()
    with server:
        assert await client_of(server) is None
    assert "Connection reset by peer" in caplog.text
