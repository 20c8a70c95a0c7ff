"""A tap: a relay of TCP between a program and a server that reads along what one of them says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import trio

from tests.interop.client import MEDIA, Item, item
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Tap", "tapped"]

_HANDSHAKE: Final = 1 + 1536 + 1536
_PIECE: Final = 1024
"""Small, so that a tap that holds the publisher up does so within a few messages."""


class Tap:
    """What the client of one connection said.

    Attributes:
        url: what the program is to be given in place of the server's URL.
        messages: all that it said, protocol control included.
    """

    def __init__(self, url: str, hold_at: int | None) -> None:
        self.url = url
        self.messages: list[Message] = []
        self._hold_at = hold_at
        self._held = trio.Event()
        self._released = trio.Event()
        self._reader = ChunkReader()
        self._skip = _HANDSHAKE

    @property
    def items(self) -> list[Item]:
        """Audio and video that went by."""
        return [item(message) for message in self.messages if message.type_id in MEDIA]

    async def held(self) -> None:
        """Wait until the tap has closed itself because as much media has gone by as was asked."""
        await self._held.wait()

    def release(self) -> None:
        """Let everything by."""
        self._released.set()

    def _read_along(self, data: bytes) -> None:
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._reader.feed(data[skipped:])
        while (message := self._reader.next_message()) is not None:
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = SetChunkSize.decode(message.payload).size
            self.messages.append(message)
        self._reader.keep()

    async def relay(self, near: trio.SocketStream, host: str, port: int) -> None:
        """Serve one connection of the program."""
        async with (
            near,
            await trio.open_tcp_stream(host, port) as far,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(_copy, near, far, self._pass_on)
            await _copy(far, near, _at_once)

    async def _pass_on(self, data: bytes, far: trio.SocketStream) -> None:
        self._read_along(data)
        await far.send_all(data)
        if self._hold_at is not None and len(self.items) >= self._hold_at:
            self._held.set()
            await self._released.wait()


async def _at_once(data: bytes, to: trio.SocketStream) -> None:
    await to.send_all(data)


async def _copy(
    source: trio.SocketStream,
    to: trio.SocketStream,
    pass_on: Callable[[bytes, trio.SocketStream], Awaitable[None]],
) -> None:
    """Pass on what comes from one side, and that it has ended, however it did."""
    with suppress(trio.BrokenResourceError):
        while data := bytes(await source.receive_some(_PIECE)):
            await pass_on(data, to)
    with suppress(trio.BrokenResourceError):
        await to.send_eof()


@asynccontextmanager
async def tapped(url: str, *, hold_at: int | None = None) -> AsyncIterator[Tap]:
    """A tap in front of a server.

    Args:
        url: of the stream at the server.
        hold_at: close the tap when so many media messages have gone by, until it is released.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 1935
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    own = listeners[0].socket.getsockname()[1]
    tap = Tap(f"rtmp://127.0.0.1:{own}{parts.path}", hold_at)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            trio.serve_listeners, lambda near: tap.relay(near, host, port), listeners
        )
        yield tap
        nursery.cancel_scope.cancel()
