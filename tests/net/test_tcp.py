"""Sockets as transports: names, options, and what the kernel does at the end.

That they keep every promise is in ``tests/testing/test_conformance.py``.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.net.files import OpenBytes
from trio_srs.net import tcp
from trio_srs.net.tcp import SocketOptions, SocketTransport, apply, show_address
from trio_srs.session.file_slice import FileSlice

MAPPED = ("::ffff:192.0.2.7", 50312, 0, 0)


def tcp_sockets() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    return server, client


@pytest.mark.parametrize(
    ("family", "address", "shown"),
    [
        (socket.AF_INET, ("127.0.0.1", 50312), "127.0.0.1:50312"),
        (socket.AF_INET6, ("::1", 50312, 0, 0), "[::1]:50312"),
        (socket.AF_INET6, MAPPED, "192.0.2.7:50312"),
        (socket.AF_INET6, ("::ffff:0:1", 1, 0, 0), "[::ffff:0:1]:1"),
        (socket.AF_INET6, ("fe80::1", 1, 0, 1), f"[fe80::1%{socket.if_indextoname(1)}]:1"),
        (socket.AF_INET6, ("fe80::1", 1, 0, 2**30), f"[fe80::1%{2**30}]:1"),
        (socket.AF_UNIX, "/run/x", "unix"),
        (socket.AF_UNIX, "", "unix"),
    ],
)
def test_an_address_is_shown_as_people_write_it(family: int, address: object, shown: str) -> None:
    assert show_address(family, address) == shown


async def test_the_ends_of_a_connection_name_each_other() -> None:
    server, client = (SocketTransport(sock) for sock in tcp_sockets())
    assert server.peer == client.local
    assert server.local == client.peer
    assert server.peer == f"127.0.0.1:{client.socket.getsockname()[1]}"
    assert repr(server) == f"<SocketTransport {server.local} -> {server.peer}>"
    server.close()
    client.close()


async def test_a_peer_that_reset_before_anybody_looked_is_unknown() -> None:
    server, client = tcp_sockets()
    SocketTransport(client).reset()
    transport = SocketTransport(server)
    assert transport.peer == "unknown"
    transport.close()


async def test_offering_is_the_sockets_own_send() -> None:
    server, client = socket.socketpair()
    transport = SocketTransport(server)
    assert transport.offer.__self__ is server  # type: ignore[attr-defined]  # a bound method
    transport.close()
    client.close()


async def test_a_transport_makes_its_socket_non_blocking() -> None:
    server, client = socket.socketpair()
    transport = SocketTransport(server)
    with pytest.raises(BlockingIOError):
        transport.receive_into(memoryview(bytearray(1)))
    transport.close()
    client.close()


@pytest.mark.parametrize("unread", [b"", b"unread"])
async def test_a_reset_is_a_reset_even_with_nothing_unread(unread: bytes) -> None:
    server, client = (SocketTransport(sock) for sock in tcp_sockets())
    if unread:
        client.offer(unread)
        await server.readable()
    server.reset()
    await client.readable()
    with pytest.raises(ConnectionResetError):
        client.receive_into(memoryview(bytearray(1)))
    client.close()


async def test_shutting_down_towards_a_peer_that_is_gone_says_nothing() -> None:
    server, client = (SocketTransport(sock) for sock in tcp_sockets())
    client.reset()
    await server.readable()
    server.shutdown_write()
    server.close()
    server.shutdown_write()


async def test_two_tasks_must_not_wait_for_the_same_thing() -> None:
    server, client = (SocketTransport(sock) for sock in tcp_sockets())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.readable)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await server.readable()
        nursery.cancel_scope.cancel()
    server.close()
    client.close()


ALL = SocketOptions(keepalive_idle=9.0, send_buffer=100_000, notsent_lowat=30_000)


@pytest.fixture
def sock() -> socket.socket:
    return socket.socket()


def test_options_reach_the_kernel(sock: socket.socket) -> None:
    with sock:
        apply(sock, ALL)
        tcp, sol = socket.IPPROTO_TCP, socket.SOL_SOCKET
        assert sock.getsockopt(tcp, socket.TCP_NODELAY)
        assert sock.getsockopt(sol, socket.SO_KEEPALIVE)
        assert sock.getsockopt(tcp, socket.TCP_KEEPIDLE) == 9
        assert sock.getsockopt(tcp, socket.TCP_KEEPINTVL) == 3
        assert sock.getsockopt(tcp, socket.TCP_KEEPCNT) == 3
        assert sock.getsockopt(sol, socket.SO_SNDBUF) == 200_000  # Linux doubles it: socket(7)
        assert sock.getsockopt(tcp, socket.TCP_NOTSENT_LOWAT) == 30_000


def test_what_is_not_asked_for_stays_the_kernels(sock: socket.socket) -> None:
    with sock, socket.socket() as untouched:
        apply(sock, SocketOptions(nodelay=False))
        for level, option in [
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            (socket.SOL_SOCKET, socket.SO_SNDBUF),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY),
            (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT),
        ]:
            assert sock.getsockopt(level, option) == untouched.getsockopt(level, option)


def test_less_than_a_second_of_idleness_is_a_second(sock: socket.socket) -> None:
    with sock:
        apply(sock, SocketOptions(keepalive_idle=0.2))
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 1


def test_a_unix_socket_takes_the_options_it_has() -> None:
    one, other = socket.socketpair()
    with one, other:
        apply(one, ALL)
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 200_000


def test_an_option_that_the_platform_lacks_is_left_out(
    sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "TCP_NOTSENT_LOWAT")
    with sock:
        apply(sock, ALL)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 9


class Picky(socket.socket):
    """Refuses one option, as a kernel may."""

    def setsockopt(self, *args: object) -> None:
        if args[1] == socket.TCP_KEEPIDLE:
            raise OSError(errno.EINVAL, "Invalid argument")
        super().setsockopt(*args)  # type: ignore[call-overload]  # handed through


def test_an_option_that_the_kernel_refuses_does_not_stop_the_others() -> None:
    with Picky() as sock:
        apply(sock, ALL)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3


# ------------------------------------------------------------------------ files

BYTES = bytes(range(256)) * 16


@pytest.mark.parametrize("has_sendfile", [True, False])
async def test_what_is_in_a_file_goes_out_behind_what_is_in_memory(
    has_sendfile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "_HAS_SENDFILE", has_sendfile and tcp._HAS_SENDFILE)
    server, client = tcp_sockets()
    transport = SocketTransport(server)
    with client, OpenBytes(BYTES) as file:
        assert transport.offer_all([b"he", b"ad", FileSlice(file, 10, 4000)]) == 3994
        assert client.recv(3994, socket.MSG_WAITALL) == b"head" + BYTES[10:4000]
        assert transport.offer_all([FileSlice(file, 1, 3)]) == 2
        assert client.recv(10) == BYTES[1:3]
        transport.close()


@pytest.mark.parametrize("has_sendfile", [True, False])
async def test_no_more_of_a_file_is_sent_at_once_than_others_can_wait_for(
    has_sendfile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "_HAS_SENDFILE", has_sendfile and tcp._HAS_SENDFILE)
    monkeypatch.setattr(tcp, "_FILE_MOST", 1000)
    monkeypatch.setattr(tcp, "_READ_MOST", 1000)
    server, client = tcp_sockets()
    transport = SocketTransport(server)
    with client, OpenBytes(BYTES) as file:
        assert transport.offer_file(FileSlice(file, 0, len(BYTES))) == 1000
        transport.close()


async def test_a_full_socket_takes_what_is_before_a_file_or_nothing() -> None:
    server, client = socket.socketpair()
    transport = SocketTransport(server)
    with client, OpenBytes(BYTES) as file:
        with suppress(BlockingIOError):
            while True:
                transport.offer(bytes(100_000))
        with pytest.raises(BlockingIOError):
            transport.offer_all([b"head", FileSlice(file, 0, 10)])
        with pytest.raises(BlockingIOError):
            transport.offer_file(FileSlice(file, 0, 10))
        transport.close()


async def test_a_file_for_which_there_is_no_room_waits_behind_its_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, client = socket.socketpair()
    transport = SocketTransport(server)

    def full(_piece: FileSlice) -> int:
        raise BlockingIOError

    monkeypatch.setattr(SocketTransport, "offer_file", staticmethod(full))
    with client, OpenBytes(BYTES) as file:
        assert transport.offer_all([b"head", FileSlice(file, 0, 10)]) == 4
        transport.close()
