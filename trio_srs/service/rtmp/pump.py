"""The receive pump: a connection's bytes to events, and media straight into logs. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from trio_srs.service.rtmp.deadlines import PeerClosedError

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Pump"]

_HELD_MOST: Final = 64 * 1024
"""Bytes read on while a decision is pending: enough to notice that the peer went away."""
_OWED_MOST: Final = 256 * 1024
"""Answers owed to a peer before we stop listening to it."""


class Pump:
    """Reads one connection until its peer closes it.

    Plain sockets are read by the server's shared reader, inline, while this task is parked;
    what is not a plain socket is waited for here. Either way an error is raised here, and so
    ends this connection and no other.

    Attributes:
        every_s: how long to rest between two reads, once a publish asks for merged reading.
    """

    def __init__(self, connection: Connection) -> None:
        self.every_s = 0.0
        self._connection = connection
        self._at_end = False
        self._greeting = True
        self._began_with_s = 0.0

    async def greet(self) -> None:
        """Read until the handshake is over: many connections never get further.

        Raises:
            PeerError: as :meth:`run`.
        """
        connection = self._connection
        if connection.opening is not None:
            await connection.opening()
        while not (self._at_end or self._greeted()):
            await self._read()
        if self._at_end:
            raise PeerClosedError(PeerClosedError.TEXT)

    async def run(self) -> None:
        """Receive, understand, and put media where it goes.

        Raises:
            PeerError: the peer closed the connection, broke it, or broke the protocol.
        """
        self._greeting = False
        while not self._at_end:
            await self._read()
            await self._wait_for_room()
        raise PeerClosedError(PeerClosedError.TEXT)

    async def _read(self) -> None:
        """Read for as long as it goes on just so."""
        connection = self._connection
        fileno, reader = connection.link.transport.fileno, connection.context.reader
        self._began_with_s = self.every_s
        if reader is not None and fileno is not None:
            await reader.reading(fileno, self._read_once, every_s=self.every_s)
        else:
            await self._read_here()

    async def _read_here(self) -> None:
        await self._connection.link.transport.readable()
        if self._read_once(trio.current_time()) and self.every_s:
            await trio.sleep(self.every_s)

    def _read_once(self, now: float) -> bool:
        """Read what there is; whether to go on just so."""
        connection = self._connection
        got = connection.link.receive_now(now)
        if got is None:
            return True
        if not got:
            self._at_end = True
            return False
        wants_more = connection.drain(now)
        if wants_more and not self._greeting:  # the way nearly all reads go
            return self.every_s == self._began_with_s and not self._owes()
        connection.session.keep()
        if self._greeting and self._greeted():
            return False
        return self.every_s == self._began_with_s and not (self._owes() or self._holds())

    def _greeted(self) -> bool:
        """Whether it takes the connection's other tasks to go on."""
        return self._connection.handshake is not None or self._connection.link.busy

    def _owes(self) -> bool:
        link = self._connection.link
        return link.busy and link.owed > _OWED_MOST

    def _holds(self) -> bool:
        session = self._connection.session
        return session.undecided and session.core.held > _HELD_MOST

    async def _wait_for_room(self) -> None:
        """Read nothing more from a peer that does not listen, or that is not decided upon."""
        if self._owes():
            await self._connection.outgoing.relieved()
        while self._holds():
            await self._connection.decided.wait()
