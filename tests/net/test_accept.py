"""Accepting for a service: on all of its addresses, by protocol, whatever accept(2) says."""

from __future__ import annotations

import errno
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.listen import ListenError

ANY_PORT = Address("127.0.0.1", 0)


async def test_each_connection_comes_with_its_protocol(tmp_path: Path) -> None:
    acceptor = Acceptor("plain", "secret", "unused")
    await acceptor.bind("plain", (ANY_PORT, Address(path=str(tmp_path / "s"))), backlog=8)
    await acceptor.bind("secret", (ANY_PORT,), backlog=8)
    came: list[tuple[str, str]] = []

    def accepted(sock: socket.socket, peer: str, protocol: str) -> None:
        came.append((peer, protocol))
        sock.close()
        if len(came) == 3:
            acceptor.close()

    [tcp, unix], [secret] = acceptor.listeners["plain"], acceptor.listeners["secret"]
    clients = [
        socket.create_connection(("127.0.0.1", tcp.address.port)),
        socket.create_connection(("127.0.0.1", secret.address.port)),
        socket.socket(socket.AF_UNIX),
    ]
    clients[2].connect(str(unix.address.path))
    await acceptor.run(accepted)  # until it is closed
    plain, encrypted = (f"127.0.0.1:{each.getsockname()[1]}" for each in clients[:2])
    assert sorted(came) == sorted([(plain, "plain"), (encrypted, "secret"), ("unix", "plain")])
    for client in clients:
        client.close()


async def test_it_says_where_it_listens() -> None:
    acceptor = Acceptor("rtmp", "api")
    await acceptor.bind("rtmp", (Address("0.0.0.0", 0),), backlog=8)
    await acceptor.bind("api", (ANY_PORT, ANY_PORT), backlog=8)
    ports = [each.address.port for each in acceptor]
    assert acceptor.urls("rtmp") == [f"rtmp://127.0.0.1:{ports[0]}"]
    assert acceptor.urls("api", "http") == [f"http://127.0.0.1:{port}" for port in ports[1:]]
    acceptor.close()


async def test_who_listens_again_is_not_where_it_was() -> None:
    acceptor = Acceptor("rtmp")
    for _ in range(2):
        await acceptor.bind("rtmp", (ANY_PORT,), backlog=8)
        [url] = acceptor.urls("rtmp")
        acceptor.close()
    await acceptor.bind("rtmp", (ANY_PORT,), backlog=8)
    await acceptor.bind("rtmp", (ANY_PORT,), backlog=8)
    assert len(acceptor.urls("rtmp")) == 2  # what is not closed stays
    assert url not in acceptor.urls("rtmp")
    acceptor.close()


async def test_an_address_that_is_taken_leaves_the_others_to_be_closed() -> None:
    acceptor = Acceptor("rtmp")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}"):
            await acceptor.bind("rtmp", (ANY_PORT, Address("127.0.0.1", port)), backlog=8)
    [bound] = acceptor
    acceptor.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bound.address.port))


async def test_it_complains_every_ten_seconds_while_descriptors_are_out(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptor = Acceptor("rtmp")
    await acceptor.bind("rtmp", (ANY_PORT,), backlog=8)
    [listener] = acceptor

    async def at_once(_sock: object) -> None:
        await trio.lowlevel.checkpoint()

    def fail(_sock: socket.socket) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(trio.lowlevel, "wait_readable", at_once)
    monkeypatch.setattr(socket.socket, "accept", fail)
    with caplog.at_level(logging.WARNING), trio.move_on_after(25):
        await acceptor.run(lambda sock, peer, protocol: sock.close())
    complaint = (
        f"cannot accept on {listener.address}: Too many open files; trying again every 0.1 s"
    )
    assert [record.getMessage() for record in caplog.records] == [complaint] * 3
    acceptor.close()
