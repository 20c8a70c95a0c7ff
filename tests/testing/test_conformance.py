"""Every transport there is keeps the promises; one that does not is found out."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import pytest
import trio
import trustme

from tests.net.host import needs_ipv6
from trio_srs.net.tcp import SocketTransport
from trio_srs.net.tls import TlsTransport
from trio_srs.net.transport import Transport
from trio_srs.testing.conformance import check_transport
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair

Pair: TypeAlias = tuple[Transport, Transport]
MakePair: TypeAlias = Callable[[], Awaitable[Pair]]

AUTHORITY = trustme.CA()


def small_buffers(*socks: socket.socket) -> None:
    for sock in socks:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)


def tcp_pair_over(family: socket.AddressFamily, host: str) -> Pair:
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
    small_buffers(server, client)
    return SocketTransport(server), SocketTransport(client)


async def tcp_pair() -> Pair:
    return tcp_pair_over(socket.AF_INET, "127.0.0.1")


async def ipv6_pair() -> Pair:
    return tcp_pair_over(socket.AF_INET6, "::1")


async def unix_pair() -> Pair:
    server, client = socket.socketpair()
    small_buffers(server, client)
    return SocketTransport(server), SocketTransport(client)


async def memory_pair() -> Pair:
    return memory_transport_pair()


def over_tls(below: MakePair, version: ssl.TLSVersion) -> MakePair:
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(server_context)
    client_context = ssl.create_default_context()
    AUTHORITY.configure_trust(client_context)
    client_context.maximum_version = version

    async def make() -> Pair:
        one, other = await below()
        server = TlsTransport(one, server_context, server_side=True)
        client = TlsTransport(other, client_context, server_side=False, server_hostname="localhost")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.handshake)
            nursery.start_soon(client.handshake)
        return server, client

    return make


@pytest.mark.parametrize(
    ("make_pair", "has_reset"),
    [
        pytest.param(memory_pair, True, id="memory"),
        pytest.param(tcp_pair, True, id="tcp"),
        pytest.param(ipv6_pair, True, id="tcp over IPv6", marks=needs_ipv6),
        pytest.param(unix_pair, False, id="unix"),
        pytest.param(over_tls(memory_pair, ssl.TLSVersion.TLSv1_3), True, id="TLS over memory"),
        pytest.param(over_tls(tcp_pair, ssl.TLSVersion.TLSv1_3), True, id="TLS 1.3 over tcp"),
        pytest.param(over_tls(tcp_pair, ssl.TLSVersion.TLSv1_2), True, id="TLS 1.2 over tcp"),
    ],
)
async def test_the_transport_keeps_every_promise(make_pair: MakePair, has_reset: bool) -> None:
    with trio.fail_after(20):
        await check_transport(make_pair, has_reset=has_reset)


class Deaf(MemoryTransport):
    """Says that there is room when there is none."""

    async def writable(self) -> None:
        await trio.lowlevel.checkpoint()


class Forgetful(MemoryTransport):
    """Loses a byte of each long offer."""

    def offer(self, data: bytes | memoryview, /) -> int:
        lost = int(len(data) > 1_000)
        return super().offer(data[lost:]) + lost


class Premature(MemoryTransport):
    """Takes silence for the end."""

    def receive_into(self, buffer: memoryview, /) -> int:
        try:
            return super().receive_into(buffer)
        except BlockingIOError:
            return 0


class Hopeful(MemoryTransport):
    """Asks to wait for room after the end."""

    def offer(self, data: bytes | memoryview, /) -> int:
        try:
            return super().offer(data)
        except BrokenPipeError:
            raise BlockingIOError from None


class Open(MemoryTransport):
    """Takes bytes after the end, and drops them."""

    def offer(self, data: bytes | memoryview, /) -> int:
        try:
            return super().offer(data)
        except BrokenPipeError:
            return len(data)


class Calm(MemoryTransport):
    """Says nothing to who waits as it is closed."""

    async def writable(self) -> None:
        with suppress(trio.ClosedResourceError):
            await super().writable()


class Immortal(MemoryTransport):
    """Ends in good order what was to be reset."""

    def reset(self) -> None:
        self._incoming.data.clear()
        super().close()


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (Deaf, "writable\\(\\) returned, and there is no room"),
        (Forgetful, "lost, doubled or mixed up"),
        (Premature, "returned 0 before anything was sent"),
        (Hopeful, "raised BlockingIOError, not a broken connection"),
        (Open, "offer\\(\\) after shutdown_write\\(\\) raised nothing"),
        (Calm, "writable\\(\\), waiting as close\\(\\) came, did not raise"),
        (Immortal, "a reset looks like an orderly end"),
    ],
)
async def test_a_broken_transport_is_found_out(
    broken: type[MemoryTransport], complaint: str
) -> None:
    async def make() -> Pair:
        one, other = memory_transport_pair()
        return remake(broken, one), remake(broken, other)

    with trio.fail_after(20), pytest.raises(AssertionError, match=complaint):
        await check_transport(make)


def remake(kind: type[MemoryTransport], end: MemoryTransport) -> MemoryTransport:
    return kind(end._incoming, end._outgoing, local=end.local, peer=end.peer)
