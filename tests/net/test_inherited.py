"""Sockets that were opened for this process are listened on, and stay whose they are."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from trio_srs.net import inherited
from trio_srs.net.address import Address
from trio_srs.net.inherited import InheritedSocketError, adopt, take, unused
from trio_srs.net.listen import open_listeners


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    inherited.release()


def handed_over(sock: socket.socket) -> int:
    """The descriptor of a socket that is this process's to own."""
    return sock.detach()


def listening(where: tuple[str, int] = ("127.0.0.1", 0)) -> tuple[socket.socket, int]:
    sock = socket.create_server(where)
    return sock, sock.getsockname()[1]


async def test_who_listens_on_an_address_gets_its_socket() -> None:
    sock, port = listening()
    adopt([handed_over(sock)])
    assert len(unused()) == 1
    for _ in range(2):  # it may listen again, as after a bug
        [listener] = await open_listeners(Address("127.0.0.1", port), backlog=5)
        assert listener.address.port == port
        with socket.create_connection(("127.0.0.1", port)):
            pass
        listener.close()
    assert unused() == []


@pytest.mark.parametrize(
    ("host", "asked", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", 1),
        ("127.0.0.1", "", 0),
        ("127.0.0.1", "::1", 0),
        ("0.0.0.0", "", 1),
    ],
)
def test_a_socket_is_for_the_address_that_it_has(host: str, asked: str, expected: int) -> None:
    sock, port = listening((host, 0))
    adopt([handed_over(sock)])
    found = take(Address(asked, port))
    assert len(found) == expected
    assert take(Address(asked, port + 1)) == take(Address(path="/run/rtmp")) == []
    for each in found:
        each.close()


async def test_the_file_of_a_unix_socket_stays(tmp_path: Path) -> None:
    path = str(tmp_path / "rtmp")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen()
    adopt([handed_over(sock)])
    [listener] = await open_listeners(Address(path=path), backlog=5)
    listener.close()
    assert await trio.Path(path).exists()
    assert take(Address("", 1935)) == []


def test_what_nobody_listens_on_is_refused() -> None:
    with pytest.raises(InheritedSocketError, match="is no socket that listens"):
        adopt([handed_over(socket.socket())])
    reading, writing = os.pipe()
    with pytest.raises(InheritedSocketError, match=f"descriptor {reading}: "):
        adopt([reading])
    os.close(writing)
    os.close(reading)
