"""What a peer's request began: the common life of a publish and a play. Floor 3."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.end import End
from trio_srs.hub.session_requests import Request
from trio_srs.service.rtmp.connect import said_name

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Activity"]


class Activity(ABC):
    """A request to publish or to play on one message stream, and what came of it.

    Two things end it: what it waits for in :meth:`run`, and :meth:`finish`, which gives back,
    at once and exactly once, whatever it holds by then, and tells the bus.

    Attributes:
        stream_id: the message stream.
        name: the stream name as the peer said it.
        request: what is told of it to those who ask about the session.
    """

    word: ClassVar[str]
    """``publish`` or ``play``."""

    def __init__(self, connection: Connection, stream_id: int, name: str) -> None:
        self.stream_id = stream_id
        self.name = name
        self.request = Request(
            self.word, said_name(connection, name), stream_id, trio.current_time()
        )
        self._connection = connection
        self._scope = trio.CancelScope()

    async def run(self) -> None:
        """Decide, and go on until the peer is done with it.

        Raises:
            PeerError: it cannot go on, and neither can the connection.
        """
        connection = self._connection
        try:
            with self._scope:
                await self._run()
        except RefusedError as refusal:
            connection.refuse(self.request, refusal)
            connection.go_on()
        finally:
            connection.over(self)

    @abstractmethod
    async def _run(self) -> None:
        """Decide, hold, and watch. Raises RefusedError before it was accepted, never after."""

    @abstractmethod
    def finish(self, end: End) -> None:
        """Give back what is held and tell the bus how it ended. Idempotent, and cannot wait."""

    def close(self, end: End) -> None:
        """End it because the peer said so; its name and its reader are gone when this returns."""
        self.finish(end)
        self._scope.cancel()
