"""TLS with whoever connects: those who speak it, and those who do not."""

from __future__ import annotations

import re

import pytest
import trio

from tests.net.test_tls import client_side, server_context
from trio_srs.errors import ProtocolError
from trio_srs.net.link import PeerGoneError
from trio_srs.net.tls_accept import accept_tls
from trio_srs.testing.memory import memory_transport_pair

PLAIN = (b"\x03",)


async def test_who_speaks_tls_is_heard_behind_the_handshake() -> None:
    server, client = memory_transport_pair()
    transport, opening = accept_tls(server, server_context(), "rtmps", PLAIN)
    theirs = client_side(client)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(opening)
        nursery.start_soon(theirs.handshake)
    assert theirs.offer(b"hello") == 5
    await transport.readable()
    buffer = bytearray(9)
    assert transport.receive_into(memoryview(buffer)) == 5
    assert buffer.startswith(b"hello")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            b"\x03" + bytes(100),
            "an RTMP client without TLS connected to the RTMPS port; it has to say rtmps:// (",
        ),
        (
            b"GET /live/a HTTP/1.1\r\n\r\n",
            "an HTTP client connected to the RTMPS port: GET /live/a (",
        ),
        (b"\x16\x03\x01\x00\x02\x09\x09", "TLS handshake with "),
        (bytes(100), "TLS handshake with "),
    ],
    ids=["plain", "another", "tls", "nobody-knows"],
)
async def test_who_speaks_none_is_named(said: bytes, named: str) -> None:
    server, client = memory_transport_pair()
    _transport, opening = accept_tls(server, server_context(), "rtmps", PLAIN)
    client.offer(said)
    client.shutdown_write()
    with pytest.raises(ProtocolError, match=f"^{re.escape(named)}") as caught:
        await opening()
    assert "TLS handshake with" in str(caught.value)


async def test_a_connection_that_breaks_is_not_a_fault_of_protocol() -> None:
    server, client = memory_transport_pair()
    _transport, opening = accept_tls(server, server_context(), "rtmps", PLAIN)
    client.reset()
    with pytest.raises(PeerGoneError, match="reset"):
        await opening()
