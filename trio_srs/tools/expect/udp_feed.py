"""An MPEG transport stream in datagrams, as whoever listens gets it. Floor 6."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final, Self

import trio

from trio_srs.errors import EndReason
from trio_srs.media.report import Conduct
from trio_srs.net.dial import DialError
from trio_srs.tools.expect.container_reader import container_reader
from trio_srs.wire.container import Container
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.udp_url import UdpUrl

__all__ = ["UdpFeed", "open_udp"]

_MOST: Final = 65_536
"""Bytes of a datagram."""
_BUFFER: Final = 4 * 1024 * 1024
"""What the system may keep for us: a keyframe comes at once."""


class UdpFeed:
    """Iterate over the messages that are made of it. There is no end: nobody would say so."""

    has_messages: Final = False
    end: EndReason | None = None
    ended: Final = ""

    def __init__(self, receiver: trio.socket.SocketType) -> None:
        self._socket = receiver
        self._reader = container_reader(Container.TS)
        self._messages: Iterator[Message] = iter(())

    @property
    def conduct(self) -> Conduct:
        """How the sender behaves."""
        return Conduct(flow="UDP-TS", oddities=self._reader.oddities())

    def __aiter__(self) -> Self:
        """Iterate over audio and video messages."""
        return self

    async def __anext__(self) -> Message:
        """The next message; waits for as long as nothing comes."""
        while (message := next(self._messages, None)) is None:
            self._messages = self._reader.feed(await self._socket.recv(_MOST))
        return message


@asynccontextmanager
async def open_udp(url: UdpUrl) -> AsyncIterator[UdpFeed]:
    """Listen where a URL says; a group is joined.

    Raises:
        DialError: it cannot be listened there.
    """
    try:
        [(family, _, _, _, address), *_] = await trio.socket.getaddrinfo(
            url.host or None, url.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )
        receiver = trio.socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise DialError(f"udp {url.authority}: {error.strerror}") from error
    with receiver:
        try:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            if url.is_multicast:
                receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            await receiver.bind(address)
            if url.is_multicast:
                _join(receiver, family, url.host)
        except OSError as error:
            raise DialError(f"udp {url.authority}: {error.strerror}") from error
        yield UdpFeed(receiver)


def _join(receiver: trio.socket.SocketType, family: int, group: str) -> None:
    packed = socket.inet_pton(family, group)
    if family == socket.AF_INET6:
        wanted = packed + struct.pack("@I", 0)
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, wanted)
    else:
        wanted = packed + struct.pack("=I", socket.INADDR_ANY)
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wanted)
