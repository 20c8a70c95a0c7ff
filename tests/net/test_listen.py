"""Listening: which sockets an address stands for, and an accept loop that goes on."""

from __future__ import annotations

import errno
import functools
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.net.host import needs_ipv6, stands_for
from trio_srs.net.address import Address
from trio_srs.net.listen import ACCEPT_BATCH, Listener, ListenError, open_listeners
from trio_srs.net.tcp import SocketOptions

ANY_PORT = Address("127.0.0.1", 0)


@asynccontextmanager
async def listening(address: Address) -> AsyncIterator[list[Listener]]:
    listeners = await open_listeners(address, backlog=100)
    try:
        yield listeners
    finally:
        for listener in listeners:
            listener.close()


def connect(host: str, port: int) -> None:
    socket.create_connection((host, port)).close()


def no_trouble(error: OSError, _delay: float) -> None:
    raise error


# Opening


async def test_port_0_becomes_the_port_it_got() -> None:
    async with listening(ANY_PORT) as [listener]:
        assert listener.address.host == "127.0.0.1"
        assert listener.address.port != 0
        connect("127.0.0.1", listener.address.port)
        assert repr(listener) == f"<Listener {listener.address}>"


@needs_ipv6
async def test_an_empty_host_is_one_socket_for_both_families() -> None:
    async with listening(Address("", 0)) as [listener]:
        assert str(listener.address) == f":{listener.address.port}"
        connect("127.0.0.1", listener.address.port)
        connect("::1", listener.address.port)


@needs_ipv6
async def test_an_ipv6_address_is_for_ipv6_only() -> None:
    async with listening(Address("::", 0)) as [listener]:
        connect("::1", listener.address.port)
        with pytest.raises(ConnectionRefusedError):
            connect("127.0.0.1", listener.address.port)


class NoIPv6(socket.socket):
    """A socket on a host that has no IPv6."""

    def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        super().__init__(family, *args, **kwargs)


async def test_an_empty_host_is_all_of_ipv4_where_there_is_no_ipv6(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "socket", NoIPv6)
    async with listening(Address("", 0)) as [listener]:
        connect("127.0.0.1", listener.address.port)


async def test_a_name_of_several_addresses_gets_one_port_for_all() -> None:
    stands_for("127.0.0.1", "127.0.0.2", "127.0.0.1")
    async with listening(Address("media.example", 0)) as listeners:
        [port] = {listener.address.port for listener in listeners}
        assert len(listeners) == 2
        connect("127.0.0.1", port)
        connect("127.0.0.2", port)


class Crowded(socket.socket):
    """A socket on a host where the second address's ports are usually taken."""

    taken = 0

    def bind(self, address: Any) -> None:
        if address[0] == "127.0.0.2" and type(self).taken:
            type(self).taken -= 1
            raise OSError(errno.EADDRINUSE, "Address already in use")
        super().bind(address)


@pytest.mark.parametrize("taken", [1, 19])
async def test_a_port_that_the_next_address_lacks_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setattr(socket, "socket", Crowded)
    monkeypatch.setattr(Crowded, "taken", taken)
    stands_for("127.0.0.1", "127.0.0.2")
    async with listening(Address("media.example", 0)) as listeners:
        assert len({listener.address.port for listener in listeners}) == 1
    assert Crowded.taken == 0


async def test_a_port_that_the_next_address_always_lacks_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "socket", Crowded)
    monkeypatch.setattr(Crowded, "taken", 20)
    stands_for("127.0.0.1", "127.0.0.2")
    complaint = await refusal(Address("media.example", 0))
    assert complaint == "cannot listen on media.example:0: Address already in use"


async def test_of_several_addresses_one_that_this_host_lacks_is_left_out() -> None:
    stands_for("192.0.2.7", "127.0.0.1")
    async with listening(Address("localhost", 0)) as [listener]:
        connect("127.0.0.1", listener.address.port)


async def refusal(address: Address) -> str:
    with pytest.raises(ListenError) as caught:
        async with listening(address):
            raise AssertionError("it listens")
    return str(caught.value)


async def test_an_address_of_another_host_is_refused() -> None:
    complaint = await refusal(Address("192.0.2.7", 0))
    assert complaint == "cannot listen on 192.0.2.7:0: Cannot assign requested address"


async def test_a_port_in_use_is_refused() -> None:
    async with listening(ANY_PORT) as [listener]:
        complaint = await refusal(listener.address)
        assert complaint == f"cannot listen on {listener.address}: Address already in use"


@needs_ipv6
async def test_a_port_in_use_is_refused_for_an_empty_host() -> None:
    async with listening(Address("", 0)) as [listener]:
        complaint = await refusal(listener.address)
        assert complaint == f"cannot listen on {listener.address}: Address already in use"


async def test_when_one_address_is_taken_none_is_left_open() -> None:
    async with listening(Address("127.0.0.2", 0)) as [listener]:
        port = listener.address.port
        stands_for("127.0.0.1", "127.0.0.2")
        complaint = await refusal(Address("media.example", port))
        assert complaint == f"cannot listen on media.example:{port}: Address already in use"
        with pytest.raises(ConnectionRefusedError):
            connect("127.0.0.1", port)


class Deaf(socket.socket):
    """A socket that can be bound and not listened on."""

    def listen(self, backlog: int = 0, /) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")


async def test_a_socket_that_does_not_listen_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Deaf)
    complaint = await refusal(ANY_PORT)
    assert complaint == "cannot listen on 127.0.0.1:0: Operation not supported"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b"])
async def test_what_is_no_host_name_is_refused(host: str) -> None:
    assert await refusal(Address(host, 0)) == f"cannot listen on {host}:0: not a host name"


# Unix-domain sockets


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "media.sock")


def connect_unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)


async def test_a_unix_socket_is_removed_when_closed(path: str) -> None:
    async with listening(Address(path=path)) as [listener]:
        assert str(listener.address) == f"unix:{path}"
        connect_unix(path)
        listener.close()
        with pytest.raises(FileNotFoundError):
            connect_unix(path)
        listener.close()


async def test_a_stale_unix_socket_is_replaced(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(path)
    async with listening(Address(path=path)):
        connect_unix(path)


async def test_a_unix_socket_that_somebody_listens_on_is_refused(path: str) -> None:
    async with listening(Address(path=path)):
        complaint = await refusal(Address(path=path))
        assert complaint == f"cannot listen on unix:{path}: Address already in use"
        connect_unix(path)


async def test_a_unix_socket_whose_queue_is_full_is_still_somebodys(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(path)
        busy.listen(0)
        waiting.connect(path)
        complaint = await refusal(Address(path=path))
        assert complaint == f"cannot listen on unix:{path}: Address already in use"


async def test_a_file_that_is_no_socket_is_left_alone(path: str) -> None:
    os.mkfifo(path)
    before = os.lstat(path)
    complaint = await refusal(Address(path=path))
    assert complaint == f"cannot listen on unix:{path}: the file exists and is not a socket"
    assert os.lstat(path) == before


async def test_a_unix_socket_without_a_folder_is_refused(path: str) -> None:
    complaint = await refusal(Address(path=f"{path}/deeper"))
    assert complaint == f"cannot listen on unix:{path}/deeper: No such file or directory"


async def test_a_path_too_long_for_a_unix_socket_is_refused() -> None:
    long = "/tmp/" + "x" * 120
    complaint = await refusal(Address(path=long))
    assert complaint == f"cannot listen on unix:{long}: AF_UNIX path too long"


async def test_another_servers_unix_socket_is_not_removed(path: str) -> None:
    async with listening(Address(path=path)) as [old]:
        os.rename(path, f"{path}.old")
        async with listening(Address(path=path)):
            old.close()
            connect_unix(path)


async def test_a_unix_socket_that_somebody_removed_is_closed_in_silence(path: str) -> None:
    async with listening(Address(path=path)) as [listener]:
        os.unlink(path)
        listener.close()


# Accepting


async def test_a_connection_is_handed_over_ready_for_use() -> None:
    taken: list[socket.socket] = []

    def handle(sock: socket.socket, peer: str) -> None:
        taken.append(sock)
        scope.cancel()

    async with listening(ANY_PORT) as [listener]:
        with socket.create_connection(("127.0.0.1", listener.address.port)) as client:
            with trio.CancelScope() as scope:
                await serve(listener, handle)
            with taken[0] as sock:
                assert sock.getpeername() == client.getsockname()
                assert not sock.getblocking()
                assert not sock.get_inheritable()


async def serve(listener: Listener, handle: Callable[[socket.socket, str], None]) -> None:
    await listener.serve(handle, on_trouble=no_trouble)


class Scripted(socket.socket):
    """A listening socket that always has a connection waiting, and accepts as told."""

    def __init__(self, accept: Callable[[], socket.socket]) -> None:
        super().__init__(socket.AF_INET)
        self.bind(("127.0.0.1", 0))
        self.listen()
        self.waiting = socket.create_connection(self.getsockname())
        self.next = accept

    def accept(self) -> tuple[socket.socket, Any]:
        return self.next(), ("127.0.0.1", 1)

    def close(self) -> None:
        self.waiting.close()
        super().close()


@pytest.fixture
def scripted() -> Iterator[Callable[[Callable[[], socket.socket]], Listener]]:
    made: list[Scripted] = []

    def make(accept: Callable[[], socket.socket]) -> Listener:
        made.append(Scripted(accept))
        return Listener(made[-1], ANY_PORT)

    yield make
    for sock in made:
        sock.close()


MakeListener = Callable[[Callable[[], socket.socket]], Listener]


def failing(*numbers: int) -> Callable[[], socket.socket]:
    """An accept that fails with each of these in turn."""
    left = list(numbers)

    def accept() -> socket.socket:
        number = left.pop(0)
        raise OSError(number, os.strerror(number))

    return accept


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_accepting_backs_off_while_the_host_has_run_out(
    number: int, scripted: MakeListener
) -> None:
    troubles: list[tuple[float, int | None, float]] = []

    async def main() -> None:
        listener = scripted(failing(*[number] * 100))
        start = trio.current_time()

        def note(error: OSError, delay: float) -> None:
            troubles.append((round(trio.current_time() - start, 3), error.errno, delay))

        with trio.move_on_after(0.95):
            await listener.serve(lambda sock, peer: sock.close(), on_trouble=note)

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert troubles == [(round(0.1 * turn, 3), number, 0.1) for turn in range(10)]


@pytest.mark.parametrize(
    "number", [errno.ECONNABORTED, errno.EPERM, errno.EPROTO, errno.EINTR, errno.ENETDOWN]
)
async def test_a_connection_that_is_gone_again_costs_nothing(
    number: int, scripted: MakeListener
) -> None:
    listener = scripted(failing(*[number] * 3, errno.EAGAIN, errno.EBADF))
    with pytest.raises(OSError, match="Bad file descriptor"):
        await serve(listener, lambda sock, peer: sock.close())


async def test_others_have_their_turn_after_a_batch(scripted: MakeListener) -> None:
    handled = 0
    seen: list[int] = []

    def accept() -> socket.socket:
        return socket.socket()

    def handle(sock: socket.socket, peer: str) -> None:
        nonlocal handled
        handled += 1
        sock.close()

    async def other() -> None:
        while len(seen) < 3:
            seen.append(handled)
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, scripted(accept), handle)
        nursery.start_soon(other)
    assert all(count % ACCEPT_BATCH == 0 for count in seen)
    assert handled > 0


async def test_a_failing_handler_is_logged_and_the_loop_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handed: list[socket.socket] = []

    def handle(sock: socket.socket, peer: str) -> None:
        handed.append(sock)
        if len(handed) == 1:
            raise OSError(errno.EMFILE, "a bug, whatever it looks like")
        sock.close()
        nursery.cancel_scope.cancel()

    async with listening(ANY_PORT) as [listener], trio.open_nursery() as nursery:
        nursery.start_soon(serve, listener, handle)
        connect("127.0.0.1", listener.address.port)
        connect("127.0.0.1", listener.address.port)
    assert len(handed) == 2
    assert handed[0].fileno() == -1, "the connection nobody handles is closed"
    [record] = caplog.records
    assert record.getMessage() == f"the handler of connections to {listener.address} failed"
    assert record.exc_info is not None
    assert "a bug" in str(record.exc_info[1])


async def test_an_interrupted_handler_ends_the_loop_and_its_connection() -> None:
    handed: list[socket.socket] = []

    def handle(sock: socket.socket, peer: str) -> None:
        handed.append(sock)
        raise KeyboardInterrupt

    async with listening(ANY_PORT) as [listener]:
        connect("127.0.0.1", listener.address.port)
        with pytest.raises(KeyboardInterrupt):
            await serve(listener, handle)
    assert handed[0].fileno() == -1


async def test_closing_ends_the_loop() -> None:
    async def expect_closed(listener: Listener) -> None:
        with pytest.raises(trio.ClosedResourceError):
            await serve(listener, lambda sock, peer: sock.close())

    async with listening(ANY_PORT) as [listener], trio.open_nursery() as nursery:
        nursery.start_soon(expect_closed, listener)
        await wait_all_tasks_blocked()
        listener.close()
    with pytest.raises(trio.ClosedResourceError, match=f"{listener.address} was closed"):
        await serve(listener, lambda sock, peer: sock.close())


async def test_a_handler_may_close_the_listener() -> None:
    async with listening(ANY_PORT) as [listener]:

        def handle(sock: socket.socket, peer: str) -> None:
            sock.close()
            listener.close()

        connect("127.0.0.1", listener.address.port)
        with pytest.raises(trio.ClosedResourceError):
            await serve(listener, handle)


def test_a_listener_may_be_closed_when_the_loop_is_over() -> None:
    [listener] = trio.run(lambda: open_listeners(ANY_PORT, backlog=1))
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", listener.address.port)


OUT_OF_DESCRIPTORS = """
import os, resource, socket, trio
from trio_srs.net.address import Address
from trio_srs.net.listen import open_listeners

async def main():
    [listener] = await open_listeners(Address("127.0.0.1", 0), backlog=10)
    where = ("127.0.0.1", listener.address.port)
    clients = [socket.create_connection(where) for _ in range(5)]
    spare = os.dup(0)
    os.close(spare)  # the lowest free number
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare + 2, spare + 2))
    taken, troubles, served = [], [], 0

    def on_trouble(error, delay):
        nonlocal served
        troubles.append((error.errno, len(taken)))
        while taken:
            served += 1
            taken.pop().close()
        if served == 4:
            nursery.start_soon(stop)

    async def stop():
        while not taken:
            await trio.sleep(0.01)
        print(troubles, served + len(taken))
        os._exit(0)

    async with trio.open_nursery() as nursery:
        await listener.serve(lambda sock, peer: taken.append(sock), on_trouble=on_trouble)

trio.run(main)
"""


@pytest.mark.slow
async def test_a_process_out_of_descriptors_serves_everybody_later() -> None:
    done = await trio.run_process(
        [sys.executable, "-c", OUT_OF_DESCRIPTORS],
        capture_stdout=True,
        stderr=subprocess.STDOUT,
        check=False,
    )
    full = (errno.EMFILE, 2)
    assert done.stdout.decode() == f"{[full, full]} 5\n"


async def test_accepted_connections_have_the_options_of_their_listener(
    nursery: trio.Nursery,
) -> None:
    accepted, came = list[socket.socket](), trio.Event()

    def handle(sock: socket.socket, peer: str) -> None:
        accepted.append(sock)
        came.set()

    [listener] = await open_listeners(Address("127.0.0.1", 0), backlog=5)
    listener.tune(SocketOptions(nodelay=True, keepalive_idle=30.0, send_buffer=65_536))
    nursery.start_soon(functools.partial(listener.serve, handle, on_trouble=lambda *_: None))
    with trio.fail_after(5), socket.create_connection(("127.0.0.1", listener.address.port)):
        await came.wait()
    with accepted[0] as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) >= 65_536
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
    nursery.cancel_scope.cancel()
    listener.close()
