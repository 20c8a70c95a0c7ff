"""One HTTP connection: requests, one after the other, until one of them takes it over. Floor 3.

Who answers a request, and how a refusal is said, is for the service that it is of.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import attrs
import trio

from trio_srs.errors import PeerError, ProtocolError, RefusedError
from trio_srs.hub.supervisor import Supervisor
from trio_srs.net.connections import Connections
from trio_srs.net.link import Link, PeerClosedError
from trio_srs.net.read_source import After
from trio_srs.net.reading import read_from
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.transport import Transport
from trio_srs.session.base import Need
from trio_srs.session.http_events import HttpClosed, HttpRequest
from trio_srs.session.http_server import (
    HttpLimits,
    HttpServerEvent,
    HttpServerSession,
)
from trio_srs.wire.networks import are_trusted, forwarded_for

__all__ = ["NO_FIELDS", "Handler", "ReadyHandler", "WebConnection", "WebTerms"]

_log = logging.getLogger(__name__)

NO_FIELDS: Final[Mapping[str, str]] = {}
_FORWARDED: Final = "x-forwarded-for"


class Handler(Protocol):
    """What serves one request."""

    async def handle(self) -> None:
        """Answer it, to the end.

        Raises:
            RefusedError: it is not granted, and has not been answered.
            PeerError: the client is gone, or did what it may not.
        """
        ...

    def end(self) -> None:
        """The server stops; returns at once."""
        ...


class ReadyHandler(Handler, Protocol):
    """One whose answer may be known, so that it takes no time."""

    def send_now(self, now: float) -> bool:
        """If it is, send it, all at once, to a plain request: what the client does not take is owed
        to it, and the session is ready for another. Whether it is known."""
        ...


@attrs.frozen(kw_only=True)
class WebTerms:
    """What the clients of a service may do, and how long that may take."""

    limits: HttpLimits
    opening_s: float
    """The TLS handshake."""
    stalled_s: float
    """Taking nothing of what is sent."""
    close_s: float
    """Reading the end of an answer, before the connection is cut off."""


class WebConnection(ABC):
    """One client, from accepted to closed.

    Attributes:
        link: to the client; what is written to it when an answer goes past the session.
        protocol: ``http`` or ``https``.
        room: where it is served: it may have to make room while it asks for nothing.

    Args:
        session: what understands the client.
        buffer: what to receive into: it is empty again before another task runs.
        reader: reads for all connections that wait for a request, where the platform can.
        supervisor: is told of bugs.
        opening: what to wait for before the client can be understood: the TLS handshake.
    """

    def __init__(
        self,
        transport: Transport,
        session: HttpServerSession,
        terms: WebTerms,
        *,
        protocol: str,
        buffer: memoryview,
        reader: SharedReader | None,
        supervisor: Supervisor,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.session, self.protocol, self.reader = session, protocol, reader
        self.link: Link[HttpServerSession] = Link(
            transport, session, buffer=buffer, stalled_after=terms.stalled_s, on_work=self._busy
        )
        self.on_work: Callable[[], None] | None = None
        self.room: Connections[Any] | None = None
        self._opening, self._opening_s = opening, terms.opening_s
        self._patience_s = terms.close_s
        self._supervisor = supervisor
        self._scope = trio.CancelScope()
        self._waiting = self._patience = trio.CancelScope()
        self._is_stopping = self._is_closed = False
        self._handler: Handler | None = None
        self._found: Handler | None = None
        """Who answers the request that was read, if that is known."""

    # ------------------------------------------------- of the service it is of

    @abstractmethod
    async def find_handler(self, asked: HttpRequest) -> Handler:
        """Who answers a request. Raises RefusedError: nobody does."""

    @abstractmethod
    def find_ready(self, asked: HttpRequest) -> ReadyHandler | None:
        """Who answers it, if that is known without waiting for anything. Raises RefusedError:
        nobody does."""

    @abstractmethod
    def refuse(self, asked: HttpRequest, refusal: RefusedError) -> None:
        """Say no, and why."""

    @property
    @abstractmethod
    def trusted_proxies(self) -> Sequence[str]:
        """Networks of proxies that are believed whose clients they serve."""

    # --------------------------------------------------------------- lifetime

    async def run(self) -> None:
        """Answer requests until the client leaves, misbehaves, or is told to go.

        Nothing that the client does, and no bug in serving it, gets out of here.
        """
        try:
            with self._scope:
                await self._serve()
                if self._waiting.cancelled_caught:  # nothing is owed to anybody
                    self.link.transport.close()
                else:
                    await self.link.close(self._patience_s)
        except PeerError:
            pass  # whoever counts for more than a request is told of by its own session
        except Exception as bug:  # of ours, and no reason for others to suffer
            peer = self.link.transport.peer
            self._supervisor.report(f"a connection from {peer}", bug)
        finally:
            if self._is_closed:
                self.link.transport.close()
            self.link.reset()

    async def _serve(self) -> None:
        try:
            if self._opening is not None:
                with trio.move_on_after(self._opening_s) as patience:
                    await self._opening()
                if patience.cancelled_caught:
                    return
            while await self._serve_one():
                pass
        except PeerError:
            # What was wrong with a request has been said to the session: it still goes out.
            await self.link.close(self._patience_s)
            raise

    async def _serve_one(self) -> bool:
        """One request and its answer, behind any number that were answered at once; whether there
        may be another one."""
        self._say_idle(True)
        with trio.CancelScope() as self._waiting:
            try:
                await self._answer_at_once()
                if self._is_stopping:
                    return False
                event = await self.next_event()
            except ProtocolError as error:  # nobody else tells of it
                _log.info("a bad request of %s: %s", self.link.transport.peer, error)
                raise
        self._say_idle(False)
        if self._waiting.cancelled_caught or not isinstance(event, HttpRequest):
            return False
        found, self._found = self._found, None
        if self.reader is not None:  # an answer may take long
            self.reader.read_live()
        try:
            self._handler = found or await self.find_handler(event)
            await self._handler.handle()
        except RefusedError as refusal:
            self.refuse(event, refusal)
        finally:
            self._handler = None
        await self.flush()
        while (event := await self.next_event(waits=False)) and not isinstance(event, HttpClosed):
            pass  # what is left of the request's body, if it has come
        return not self._is_stopping and self.session.next_request(trio.current_time())

    # ----------------------------------------------------------- at once

    async def _answer_at_once(self) -> None:
        """Answer requests for which that takes no time, without a task switch for each, until
        something comes that takes this task."""
        session, link, reader = self.session, self.link, self.reader
        while session.awaits_request and not self._is_stopping:
            if link.busy and not self._drains:
                await link.drained()
                continue
            has_one = link.busy or session.plain_request is not None
            until = link.stalls_at if link.busy else session.next_deadline()
            with trio.CancelScope(deadline=until) as self._patience:
                await read_from(link.transport, reader, self._read_once, at_once=has_one)
            if not self._patience.cancelled_caught:
                if not link.busy:
                    return
            elif link.busy:
                link.check_stalled(trio.current_time())
            elif session.next_deadline() <= trio.current_time():
                return

    @property
    def _drains(self) -> bool:
        """Whether the shared reader knows as well when the client takes what it is owed: then no
        task is woken for each part of an answer."""
        return self.reader is not None and self.link.transport.fileno is not None

    def _owing(self) -> After:
        """The client has not taken all of an answer."""
        if not self._drains:
            return After.OVER
        # The clock is not set anew for each part: who looks when it is time sees what was taken.
        self._patience.deadline = min(self._patience.deadline, self.link.stalls_at)
        return After.DRAIN

    def _read_once(self, now: float) -> After:
        """Read what has come, and answer it if that takes no time; or send what is left of an
        answer."""
        session, link = self.session, self.link
        if link.busy:
            return self._answered() if link.pay() else After.DRAIN
        if self._is_stopping:
            return After.OVER
        asked = session.plain_request
        if asked is None:
            got = link.receive_now(now)
            if got is None:
                return After.WAIT
            if not got:
                session.receive_end()
            asked = session.plain_request
            if asked is None:
                return After.OVER
        try:
            found = self.find_ready(asked)
        except RefusedError as refusal:
            session.next_event()
            self.refuse(asked, refusal)
            self.send_pieces()
            session.next_request(now)
        else:
            if found is None or not found.send_now(now):
                self._found = found
                return After.OVER
        return self._owing() if link.busy else self._answered()

    def _answered(self) -> After:
        """The client has all of an answer."""
        if self._is_stopping:
            return After.OVER
        return After.WAIT if self.session.plain_request is None else After.AGAIN

    def _say_idle(self, idle: bool) -> None:
        """Whether a request is waited for, with or without a part of it."""
        if self.room is not None:
            self.room.is_idle(self, idle=idle)

    def end(self) -> None:
        """The server stops: whoever waits is let go, whoever is served is told."""
        self.finish()
        if self._handler is not None:
            self._handler.end()

    def finish(self) -> None:
        """No other request is taken; the one that is being answered is, to its end."""
        self._is_stopping = True
        if not self.link.busy:
            self._waiting.cancel()

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between this connection and its own, while it is answered."""
        self.link.interpose(wrap)

    def cut_off(self, _detail: str, *, is_reset: bool) -> None:
        """End it at once, in good order or not: a fault that was asked for does."""
        self._is_closed = not is_reset
        self._scope.cancel()

    def cut(self) -> None:
        """Wait for nothing any more that the client could still do."""
        self._patience_s = 0.0
        self._scope.cancel()

    def client_of(self, request: HttpRequest) -> str:
        """The address of who asks: of the peer, or, behind proxies that are trusted, of the last
        one that they name and is none of them. Its port is not known then, and 0."""
        peer, proxies = self.link.transport.peer, self.trusted_proxies
        if not are_trusted(peer, proxies):
            return peer
        return forwarded_for(request.headers.get(_FORWARDED, ""), proxies) or peer

    # ---------------------------------------------------------------- bytes

    def _busy(self) -> None:
        if self.on_work is not None:
            self.on_work()

    async def next_event(self, *, waits: bool = True) -> HttpServerEvent | None:
        """The next event of the request; None if there is none yet, or an answer is due first.

        Args:
            waits: whether to wait for more bytes where they are needed.

        Raises:
            PeerError: what came is no HTTP, came too late, or the connection broke.
        """
        session, link = self.session, self.link
        while isinstance(event := session.next_event(), Need):
            if event is not Need.DATA or not waits:
                return None
            await self.flush()
            got = None
            with trio.CancelScope(deadline=session.next_deadline()):
                got = await link.receive()
            if got is None:
                session.on_time(trio.current_time())
            elif not got:
                if self._handler is not None:  # it cannot even be told
                    raise PeerClosedError(PeerClosedError.TEXT)
                session.receive_end()
        return event

    def send_pieces(self) -> None:
        """Send what the session has to say, as far as the client takes it, and owe the rest."""
        pieces = self.session.pieces_to_send()
        if pieces:
            self.link.say_all(pieces)

    async def flush(self) -> None:
        """Send what the session has to say, and wait until it is taken."""
        self.send_pieces()
        if self.link.busy:
            await self.link.drained()
