"""Dialling: which address wins, what the error says, and that nothing is left open."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import trio
import trustme
from trio.testing import MockClock

from tests.net.host import never_answers, stands_for
from trio_srs.net import dial as dialling
from trio_srs.net.address import Address
from trio_srs.net.dial import DialError, dial, dial_unix
from trio_srs.net.listen import open_listeners
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls import TlsHandshakeError, TlsTransport
from trio_srs.net.transport import Transport

AUTHORITY = trustme.CA()


@asynccontextmanager
async def greeting(address: Address, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that says hello and hangs up; gives its port."""

    async def greet(transport: Transport) -> None:
        try:
            if isinstance(transport, TlsTransport):
                await transport.handshake()
            transport.offer(b"hello")
        except TlsHandshakeError:
            return
        finally:
            transport.close()

    def handle(sock: socket.socket, peer: str) -> None:
        transport: Transport = SocketTransport(sock)
        if context is not None:
            transport = TlsTransport(transport, context, server_side=True)
        nursery.start_soon(greet, transport)

    def on_trouble(error: OSError, _delay: float) -> None:
        raise error

    [listener] = await open_listeners(address, backlog=10)
    async with trio.open_nursery() as nursery:

        async def serve() -> None:
            await listener.serve(handle, on_trouble=on_trouble)

        nursery.start_soon(serve)
        yield listener.address.port
        nursery.cancel_scope.cancel()
    listener.close()


async def hear(transport: Transport) -> bytes:
    buffer = memoryview(bytearray(10))
    while True:
        try:
            return bytes(buffer[: transport.receive_into(buffer)])
        except BlockingIOError:
            await transport.readable()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def server_context(name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


async def test_a_server_is_reached() -> None:
    async with greeting(Address("127.0.0.1", 0)) as port:
        transport = await dial("127.0.0.1", port, timeout=5)
        assert transport.peer == f"127.0.0.1:{port}"
        assert await hear(transport) == b"hello"
        transport.close()


async def test_the_options_are_set_on_the_socket() -> None:
    async with greeting(Address("127.0.0.1", 0)) as port:
        options = SocketOptions(keepalive_idle=30)
        transport = await dial("127.0.0.1", port, timeout=5, options=options)
        assert isinstance(transport, SocketTransport)
        assert transport.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert transport.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.close()


async def test_nobody_there_is_said_with_the_address() -> None:
    port = unused_port()
    message = f"cannot connect to 127.0.0.1:{port}: Connection refused"
    with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
        await dial("127.0.0.1", port, timeout=5)


async def test_the_next_address_is_tried_at_once_when_one_refuses() -> None:
    stands_for("127.0.0.2", "127.0.0.1")
    async with greeting(Address("127.0.0.1", 0)) as port:
        transport = await dial("media.example", port, timeout=5)
        assert transport.peer == f"127.0.0.1:{port}"
        transport.close()


async def test_when_all_refuse_all_are_named() -> None:
    stands_for("127.0.0.2", "127.0.0.1")
    port = unused_port()
    message = (
        f"cannot connect to media.example:{port}: "
        f"Connection refused (127.0.0.2:{port}); Connection refused (127.0.0.1:{port})"
    )
    with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
        await dial("media.example", port, timeout=5)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b"])
async def test_what_is_no_host_name_is_refused(host: str) -> None:
    message = f"cannot connect to {host}:1935: not a host name"
    with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
        await dial(host, 1935, timeout=5)


async def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(trio.socket, "getaddrinfo", fail)
    message = "cannot connect to nowhere.example:1935: Name or service not known"
    with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
        await dial("nowhere.example", 1935, timeout=5)


# The race, in virtual time

Plan = dict[str, float]
"""Seconds until each address answers."""


class Runners:
    """Stands in for the network: connects when the plan says so, and notes when it was asked."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.asked: dict[str, float] = {}
        self.open: dict[str, socket.socket] = {}
        self.far: list[socket.socket] = []
        self.start = 0.0

    async def connect(self, _family: int, sockaddr: Any) -> socket.socket:
        host = sockaddr[0]
        self.asked[host] = round(trio.current_time() - self.start, 3)
        await trio.sleep(self.plan[host])
        return self.connected(host)

    def connected(self, host: str) -> socket.socket:
        near, far = socket.socketpair()
        self.open[host] = near
        self.far.append(far)
        return near

    def close(self) -> None:
        for sock in (*self.open.values(), *self.far):
            sock.close()


class Run(Protocol):
    """Dials by a plan; gives what was asked of the network, and the winner or the error."""

    def __call__(
        self, plan: Plan, timeout: float, kind: type[Runners] = ...
    ) -> tuple[Runners, str | None]: ...


@pytest.fixture
def race(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Run]:
    made: list[Runners] = []

    def run(
        plan: Plan, timeout: float, kind: type[Runners] = Runners
    ) -> tuple[Runners, str | None]:
        runners = kind(plan)
        made.append(runners)
        monkeypatch.setattr(dialling, "_connect_one", runners.connect)

        async def main() -> str | None:
            stands_for(*plan)
            runners.start = trio.current_time()
            try:
                transport = await dial("media.example", 1935, timeout=timeout)
            except DialError as error:
                return str(error)
            assert isinstance(transport, SocketTransport)
            # That the others are closed is a part of every race.
            [winner] = [host for host, sock in runners.open.items() if sock.fileno() != -1]
            assert transport.socket is runners.open[winner]
            transport.close()
            return winner

        return runners, trio.run(main, clock=MockClock(autojump_threshold=0))

    yield run
    for runners in made:
        runners.close()


def test_a_slow_address_gets_company_every_quarter_second(race: Run) -> None:
    runners, winner = race({"192.0.2.1": 9, "192.0.2.2": 9, "192.0.2.3": 0.1}, 5)
    assert winner == "192.0.2.3"
    assert runners.asked == {"192.0.2.1": 0, "192.0.2.2": 0.25, "192.0.2.3": 0.5}


def test_an_early_address_may_win_late(race: Run) -> None:
    runners, winner = race({"192.0.2.1": 0.4, "192.0.2.2": 9, "192.0.2.3": 0.1}, 5)
    assert winner == "192.0.2.1"
    assert runners.asked == {"192.0.2.1": 0, "192.0.2.2": 0.25}


def test_the_families_take_turns(race: Run) -> None:
    plan: Plan = dict.fromkeys(("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"), 9)
    runners, error = race(plan, 2)
    assert list(runners.asked) == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]
    assert error == "cannot connect to media.example:1935: no answer within 2 s"
    assert runners.open == {}


class Together(Runners):
    """All connect at the moment when the last address is asked; that one never does."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.all_asked = trio.Event()

    async def connect(self, family: int, sockaddr: Any) -> socket.socket:
        self.asked[sockaddr[0]] = trio.current_time()
        if len(self.asked) == len(self.plan):
            self.all_asked.set()
            await trio.sleep_forever()
        await self.all_asked.wait()
        return self.connected(sockaddr[0])


def test_of_two_that_answer_together_one_is_closed(race: Run) -> None:
    plan: Plan = dict.fromkeys(("192.0.2.1", "192.0.2.2", "192.0.2.3"), 9)
    runners, winner = race(plan, 5, Together)
    assert winner in ("192.0.2.1", "192.0.2.2")
    assert set(runners.open) == {"192.0.2.1", "192.0.2.2"}


def test_a_winner_in_the_moment_of_the_deadline_is_returned_or_closed(race: Run) -> None:
    runners, winner = race({"192.0.2.1": 1}, 1)
    assert winner in ("192.0.2.1", "cannot connect to media.example:1935: no answer within 1 s")
    assert {sock.fileno() for sock in runners.open.values()} <= {-1}


async def test_a_winner_in_the_moment_of_a_cancellation_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[socket.socket] = []

    async def connect(family: int, sockaddr: Any) -> socket.socket:
        connected.append(socket.socket(family, socket.SOCK_STREAM))
        caller.cancel()
        return connected[0]

    monkeypatch.setattr(dialling, "_connect_one", connect)
    with trio.CancelScope() as caller:
        await dial("127.0.0.1", 9, timeout=5)
    assert caller.cancelled_caught
    assert connected[0].fileno() == -1


def test_a_name_lookup_counts_against_the_deadline() -> None:
    async def main() -> None:
        never_answers()
        with pytest.raises(DialError, match=r"media\.example:1935: no answer within 2\.5 s"):
            await dial("media.example", 1935, timeout=2.5)
        assert trio.current_time() == pytest.approx(start + 2.5)

    clock = MockClock(autojump_threshold=0)
    start = clock.current_time()
    trio.run(main, clock=clock)


# TLS


async def test_a_server_is_reached_over_tls() -> None:
    async with greeting(Address("127.0.0.1", 0), server_context("127.0.0.1")) as port:
        transport = await dial("127.0.0.1", port, timeout=5, tls=client_context())
        assert isinstance(transport, TlsTransport)
        assert await hear(transport) == b"hello"
        transport.close()


async def test_a_server_with_another_name_is_refused() -> None:
    async with greeting(Address("127.0.0.1", 0), server_context("elsewhere.example")) as port:
        with pytest.raises(DialError, match=f"^cannot connect to 127.0.0.1:{port}: .*not trusted"):
            await dial("127.0.0.1", port, timeout=5, tls=client_context())


async def test_a_server_that_does_not_speak_tls_is_refused() -> None:
    async with greeting(Address("127.0.0.1", 0)) as port:
        with pytest.raises(DialError, match=f"^cannot connect to 127.0.0.1:{port}: "):
            await dial("127.0.0.1", port, timeout=5, tls=client_context())


async def test_a_silent_server_does_not_outlast_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(DialError, match=f"127.0.0.1:{port}: no answer within 0.05 s"):
            await dial("127.0.0.1", port, timeout=0.05, tls=client_context())


# Unix-domain sockets


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "media.sock")


async def test_a_unix_socket_is_reached(path: str) -> None:
    async with greeting(Address(path=path)):
        transport = await dial_unix(path)
        assert transport.peer == "unix"
        assert await hear(transport) == b"hello"
        transport.close()


async def test_a_unix_socket_that_is_not_there_is_said(path: str) -> None:
    message = f"cannot connect to unix:{path}: No such file or directory"
    with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
        await dial_unix(path)


async def test_a_unix_socket_with_a_full_queue_is_said(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(path)
        busy.listen(0)
        waiting.connect(path)
        message = f"cannot connect to unix:{path}: its queue is full"
        with pytest.raises(DialError, match=f"^{re.escape(message)}$"):
            await dial_unix(path)
