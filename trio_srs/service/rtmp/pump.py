"""The receive pump: a connection's bytes to events, and media straight into logs. Floor 3."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from trio_srs.net.link import PeerClosedError
from trio_srs.net.read_pause import ReadPause
from trio_srs.net.read_source import After
from trio_srs.net.reading import read_from
from trio_srs.session.base import NEED_DATA, NEED_TURN, Need
from trio_srs.session.rtmp_events import RtmpServerEvent
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Pump"]

_IN_A_TURN: Final = 64
"""Events, nearly all of them media, between two turns of others: one read may bring 64 KiB, which
is a dozen frames, or a dozen thousand messages of a few bytes at 5 us each."""
_HELD_MOST: Final = 64 * 1024
"""Bytes read on while a decision is pending: enough to notice that the peer went away."""
_OWED_MOST: Final = 256 * 1024
"""Answers owed to a peer before we stop listening to it."""


class Pump:
    """Reads one connection until its peer closes it.

    Plain sockets are read by the server's shared reader, inline, while the connection's task is
    parked here; what is not a plain socket is waited for here. Either way an error is raised here,
    and so ends this connection and no other.

    Attributes:
        pause: how long to pause when all that had come is read, once a publish asks for merged
            reading.
        unfinished: whether there is more to understand of what was received, when others have
            had their turn.
    """

    __slots__ = ("_began_with_s", "_connection", "pause", "unfinished")

    def __init__(self, connection: Connection) -> None:
        self.pause = ReadPause()
        self.unfinished = False
        self._connection = connection
        self._began_with_s = 0.0

    def read(self) -> Awaitable[None]:
        """Receive, understand, and put media where it goes, for as long as that goes on just so.

        Raises:
            PeerError: the peer closed the connection, broke it, or broke the protocol.
        """
        if self._owes() or self._holds():
            return self._read_when_there_is_room()
        return self._read_on()

    def _read_on(self) -> Awaitable[None]:
        connection = self._connection
        self._began_with_s = self.pause.length_s
        return read_from(
            connection.link.transport,
            connection.context.reader,
            self._read_once,
            every_s=self._began_with_s,
            at_once=self.unfinished,
            is_live=bool(connection.sinks),
        )

    def _read_once(self, now: float) -> After:
        """Read what there is, or go on with what is there; and how to go on."""
        connection = self._connection
        after = After.AGAIN
        if not self.unfinished:
            link = connection.link
            got = link.receive_now(now)
            if got == 0:
                raise PeerClosedError(PeerClosedError.TEXT)
            if self._began_with_s:
                is_to_pause = self.pause.note_read(filled=got == link.most)
            else:  # behind a read that is filled by half there is more, or soon will be
                is_to_pause = got is None or 2 * got < link.most
            if is_to_pause:
                after = After.WAIT
            if got is None:
                return After.WAIT if self._goes_on() else After.OVER
        if self.drain(now):  # the way nearly all reads go
            goes_on = self.pause.length_s == self._began_with_s and not connection.link.busy
            if not goes_on and not self._goes_on():
                return After.OVER
            reader = connection.context.reader
            if after is After.WAIT and reader is not None and reader.is_busy and self._is_alone():
                return After.UNHURRIED
            return after
        connection.session.keep()
        if self._holds() or not self._goes_on():
            return After.OVER
        return After.AGAIN if self.unfinished else after

    def drain(self, now: float) -> bool:
        """Act on what the session understands of what it has, as far as one turn allows; then
        send answers.

        Returns:
            whether all of it was understood: nothing waits for a decision or another turn.
        """
        connection = self._connection
        try:
            event = self._act(now)
        finally:  # what came before an error is sent as well
            for lease in connection.sinks.values():
                if lease.stream.feed.dirty:
                    lease.push()
        if connection.session.core.out:
            connection.link.flush()
        if connection.owes_beginning:
            connection.send_beginning()
        self.unfinished = event is NEED_TURN
        return event is NEED_DATA

    def _act(self, now: float) -> RtmpServerEvent | Need:
        """Act on one event after the other, as far as one turn allows; what came last."""
        connection = self._connection
        session, sinks = connection.session, connection.sinks
        left = _IN_A_TURN
        while left:
            if sinks:  # the short way, for nearly all that ever comes
                taken, is_all = session.take_media(connection.takers, now, left)
                if is_all:
                    return NEED_DATA
                left -= taken
                if not left:
                    break
            event = session.next_event()
            left -= 1
            if type(event) is Message:
                lease = sinks.get(event.stream_id)
                if lease is not None:
                    lease.append(event, now)
            elif isinstance(event, Need):
                return event
            else:
                connection.on_event(event)
                if connection.has_ended:
                    return event
        return NEED_TURN

    def _is_alone(self) -> bool:
        """Whether it publishes, and nobody waits for that."""
        sinks = self._connection.sinks
        if not sinks or self._began_with_s:
            return False
        for lease in sinks.values():  # noqa: SIM110 - one, and a generator takes as long as this
            if lease.stream.is_awaited:
                return False
        return True

    def _goes_on(self) -> bool:
        """Whether the next read is to be made just as this one."""
        return self.pause.length_s == self._began_with_s and not self._owes()

    def _owes(self) -> bool:
        link = self._connection.link
        return link.busy and link.owed > _OWED_MOST

    def _holds(self) -> bool:
        session = self._connection.session
        return session.undecided and session.core.held > _HELD_MOST

    async def _read_when_there_is_room(self) -> None:
        """Read nothing more from a peer that does not listen, or that is not decided upon; then
        read once, as a player that takes much may owe something again by then."""
        if self._owes():
            await self._connection.outgoing.relieved()
        while self._holds():
            await self._connection.decision()
        await self._read_on()
