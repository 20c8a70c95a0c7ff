"""What a peer's request began: the common life of a publish and a play. Floor 3."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.end import End
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.playing import Playing
from trio_srs.hub.publishing import Publishing
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.hub.session_requests import Request
from trio_srs.service.rtmp.connect import access_request, said_name

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Activity"]


class Activity(ABC):
    """A request to publish or to play on one message stream, and what came of it.

    It has a task while somebody is asked or waited for, and none to go on. Two things end it: what
    its connection learns by :meth:`check`, and :meth:`finish`, which gives back, at once and
    exactly once, whatever it holds by then, and tells the bus.

    Attributes:
        stream_id: the message stream.
        name: the stream name as the peer said it.
        request: what is told of it to those who ask about the session.
    """

    __slots__ = ("_connection", "_deciding", "name", "request", "stream_id")

    word: ClassVar[str]
    """``publish`` or ``play``."""

    def __init__(self, connection: Connection, stream_id: int, name: str) -> None:
        self.stream_id = stream_id
        self.name = name
        self.request = Request(
            self.word, said_name(connection, name), stream_id, trio.current_time()
        )
        self._connection = connection
        self._deciding: trio.CancelScope | None = None  # while a task does

    def begin(self) -> None:
        """Decide: at once, if nobody has to be asked or waited for; what lies behind the request
        is read next then."""
        connection = self._connection
        try:
            asked = access_request(connection, self.name)
            stream = connection.context.access.as_asked(asked)
            held = None if stream is None else self._hold(self._granted(stream))
            if held is not None and held.can_begin:
                held.begin()
                self._began(held)
                return
        except RefusedError as refusal:
            self._refuse(refusal)
            return
        self._deciding = trio.CancelScope()
        connection.start(partial(self._decide, asked))

    async def _decide(self, asked: AccessRequest) -> None:
        connection, scope = self._connection, self._deciding
        assert scope is not None  # it was made just now
        is_over = True
        try:
            with scope:
                stream = await self._ask(asked)
                connection.let_media_pass()
                held = self._hold(self._granted(stream))
                await held.enter()
                self._began(held)
                is_over = False
        except RefusedError as refusal:
            connection.refuse(self.request, refusal)
        finally:
            self._deciding = None
            if is_over:
                connection.over(self)
        connection.go_on()

    def _granted(self, stream: ResolvedStream) -> ResolvedStream:
        # What was asked for may be a key, if a gate knows it by another name.
        self.request.stream, self.request.account = stream.key, stream.account
        return stream

    def _refuse(self, refusal: RefusedError) -> None:
        self._connection.refuse(self.request, refusal)
        self._connection.over(self)

    @abstractmethod
    async def _ask(self, request: AccessRequest) -> ResolvedStream:
        """Which stream the gates grant. Raises RefusedError."""

    @abstractmethod
    def _hold(self, stream: ResolvedStream) -> Playing | Publishing:
        """What it is to hold, not begun."""

    @abstractmethod
    def _began(self, held: Playing | Publishing) -> None:
        """It holds that: the peer is told yes."""

    @abstractmethod
    def check(self, now: float) -> float:
        """Whether it may go on; when to ask again.

        Raises:
            PeerError: it cannot, and neither can the connection.
        """

    @abstractmethod
    def finish(self, end: End) -> None:
        """Give back what is held and tell the bus how it ended. Idempotent, and cannot wait."""

    def close(self, end: End) -> None:
        """End it because the peer said so; its name and its reader are gone when this returns."""
        self.finish(end)
        if self._deciding is not None:
            self._deciding.cancel()
