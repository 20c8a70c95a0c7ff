"""The connections of one service: a task for each, room for so many, an end of all. Floor 2."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sized
from contextlib import asynccontextmanager
from typing import Final, Generic, Protocol, TypeVar

import trio

from trio_srs.net.transport import Transport

__all__ = ["SPARE", "Connections", "Served"]

_log = logging.getLogger(__name__)

SPARE: Final = 64
"""Connections over the limit that can be told so, or wait for room; more than these are closed."""


class Served(Protocol):
    """One connection as its service holds it."""

    async def run(self) -> None:
        """Serve the peer until it is over. Only the cancellation of the caller gets out."""
        ...

    def cut(self) -> None:
        """Wait for nothing any more that the peer could still do; returns at once."""
        ...


ServedT = TypeVar("ServedT", bound=Served)


class Connections(Generic[ServedT]):
    """What one service serves now. It outlives the listeners: connections finish by themselves.

    Attributes:
        most: how many may be served; :data:`SPARE` more are let in, to be refused in words.

    Args:
        called: what one of them is called in the log.
        others: peers of the service that are not served by a task yet; they take room as well.
    """

    def __init__(self, most: int, called: str = "a connection", others: Sized = ()) -> None:
        self.most = most
        self._called = called
        self._others = others
        self._nursery: trio.Nursery | None = None
        self._open: set[ServedT] = set()
        self._closing: dict[ServedT, None] = {}
        """Those of them that are only being closed, or ask for nothing now, oldest first."""
        self._empty = trio.Event()

    def __len__(self) -> int:
        """How many are served, without the others."""
        return len(self._open)

    def __iter__(self) -> Iterator[ServedT]:
        """Those that are served now, without the others."""
        return iter(tuple(self._open))

    def take_in(self, sock: socket.socket) -> bool:
        """Whether there is room for one more; if not, it is closed unheard.

        Who has ended and is only being closed is cut off to make room, and so is who asks for
        nothing.
        """
        if len(self._open) + len(self._others) < self.most + SPARE:
            return True
        oldest = next(iter(self._closing), None)
        if oldest is not None:
            del self._closing[oldest]
            oldest.cut()
            return True
        self.turn_away(sock)
        return False

    def turn_away(self, sock: socket.socket | Transport) -> None:
        """Close a connection for which there is no room."""
        _log.warning("closed %s unheard: more than %d", self._called, self.most)
        sock.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[trio.Nursery]:
        """Where connections are served, and whatever else is to end with them."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                yield nursery
        finally:
            self._nursery = None

    def start_soon(self, task: Callable[..., Awaitable[object]], *args: object) -> None:
        """Run what comes before a connection is served, and ends with all of them."""
        assert self._nursery is not None  # as below
        self._nursery.start_soon(task, *args)

    def begin(self, connection: ServedT) -> None:
        """Serve a connection in a task of its own."""
        assert self._nursery is not None  # nobody accepts before serving() or after it
        self._open.add(connection)  # now, so that a stop in the next moment finds it
        self._nursery.start_soon(self._serve, connection)

    async def _serve(self, connection: ServedT) -> None:
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self._closing.pop(connection, None)
            self.check_empty()

    def is_closing(self, connection: ServedT) -> None:
        """It has ended, and will be closed politely, if there is time and nobody needs its room."""
        self._closing[connection] = None

    def is_idle(self, connection: ServedT, *, idle: bool) -> None:
        """Whether it asks for nothing now: if it does not, it is let go when its room is needed."""
        if idle:
            self._closing[connection] = None
        else:
            self._closing.pop(connection, None)

    def check_empty(self) -> None:
        """One of the others has gone: tell who waits for the last."""
        if not self._open and not self._others:
            self._empty.set()
            self._empty = trio.Event()

    async def over(self) -> None:
        """Wait until nobody is served, and there are no others."""
        while self._open or self._others:
            await self._empty.wait()

    async def end(self, grace_s: float) -> None:
        """Wait until all have ended, as they were told to, and cut off who has not in time."""
        with trio.move_on_after(grace_s):
            await self.over()
        self.cut()

    def cut(self) -> None:
        """Cut off whoever is served."""
        for connection in self:
            connection.cut()
