"""Keys of JWTs are fetched by HTTP, or it is said why they cannot be had."""

from __future__ import annotations

import functools

import pytest
import trio

from trio_srs.service.access.key_set import KeysNotFetchedError, fetch_keys

pytestmark = pytest.mark.interop

HEAD = b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"


async def fetched(said: bytes, nursery: trio.Nursery) -> bytes:
    async def serve(stream: trio.SocketStream) -> None:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += await stream.receive_some()
        assert asked.startswith(b"GET /keys?a HTTP/1.1\r\n")
        await stream.send_all(said)

    [listener] = await nursery.start(functools.partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    return await fetch_keys(f"http://127.0.0.1:{listener.socket.getsockname()[1]}/keys?a")


async def test_keys_are_fetched(nursery: trio.Nursery) -> None:
    assert await fetched(b"HTTP/1.1 200 OK\r\n" + HEAD, nursery) == b"{}"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 404 Not Found\r\n" + HEAD, "status 404, expected 200"),
        (b"what?\r\n\r\n", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 300_000, "more than 262144 bytes"),
    ],
)
async def test_what_cannot_be_had_is_said(said: bytes, why: str, nursery: trio.Nursery) -> None:
    with pytest.raises(KeysNotFetchedError, match=why):
        await fetched(said, nursery)


async def test_where_nobody_is_there_are_no_keys() -> None:
    with pytest.raises(KeysNotFetchedError, match="refused"):
        await fetch_keys("http://127.0.0.1:1/")
    with pytest.raises(KeysNotFetchedError, match="port 0"):
        await fetch_keys("http://127.0.0.1:0/")
