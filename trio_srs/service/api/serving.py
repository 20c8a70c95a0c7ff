"""The API's listeners, the connections they bring, and how both end. Floor 3.

anycorn speaks HTTP on each connection. Its accept loop and its shutdown are not used: they know
no connection by itself, and so cannot end one that does not read. It and the application are made
when the server is ready, or for the first connection, if that is sooner.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.certificate import tls_context
from trio_srs.net.connections import Connections
from trio_srs.net.tcp import SocketOptions
from trio_srs.service.api.config import ApiConfig, OpenTo
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.make import ApiSections
from trio_srs.service.api.openness import ApiOpenError, has_say
from trio_srs.service.base import ListeningService, StopPhase
from trio_srs.wire.networks import is_loopback

if TYPE_CHECKING:
    from trio_srs.service.api.asgi_server import AsgiServer
    from trio_srs.service.api.transport import PatientStream

__all__ = ["ApiService"]

_log = logging.getLogger(__name__)

_BACKLOG: Final = 128
_PLAIN, _SECURE = "api", "api_https"
_OPTIONS: Final = SocketOptions(nodelay=True, keepalive_idle=60.0)
"""An answer is sent as head and body; without ``nodelay`` the body waits 40 ms for a client."""
_CALLED: Final = "a connection to the API"
_ROOM_S: Final = 0.1
"""How long one over the limit waits: somebody may have gone, and only not been seen to."""


def _make_server(context: ApiContext) -> AsgiServer:
    from trio_srs.service.api.asgi_server import make_server  # longer than all of the server

    return make_server(context)


class ApiService(ListeningService["_Connection"]):
    """Serves an ASGI application on any number of addresses."""

    def __init__(
        self,
        context: ApiContext,
        sections: ApiSections,
        make: Callable[[ApiContext], AsgiServer] = _make_server,
    ) -> None:
        """
        Args:
            sections: the configuration, of which some is told.
            make: makes the server of the application; it may be called in a thread.
        """
        self.context, self.sections = context, sections
        most = context.config.max_connections
        super().__init__(Acceptor(_PLAIN, _SECURE), Connections(most, _CALLED))
        self.room = trio.CapacityLimiter(most)
        self._make = make
        self._server: AsgiServer | None = None
        self._tls: ssl.SSLContext | None = None
        self._preparing: trio.Event | None = None

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            TlsConfigError: the certificate cannot be used.
            ListenError: one of them cannot be bound; all are closed again by :meth:`close`.
            ApiOpenError: everybody would reach it, and nothing says who may use it.
        """
        context, config, https = self.context, self.context.config, self.sections.api_https
        reached = [each for each in (*config.listen, *https.listen) if not _is_private(each)]
        context.is_reached = bool(reached)
        if reached and not has_say(config, context.access):
            self._check_open(config, reached[0])
        self._tls = tls_context(https) if https.listen else None
        await self.acceptor.bind(_PLAIN, config.listen, backlog=_BACKLOG)
        await self.acceptor.bind(_SECURE, https.listen, backlog=_BACKLOG)
        self.acceptor.tune(_OPTIONS)

    def _check_open(self, config: ApiConfig, address: Address) -> None:
        if config.unauthenticated is OpenTo.ANYWHERE:
            _log.warning("the API on %s is open to all who reach it: set api.token", address)
            return
        raise ApiOpenError(
            f"api.listen has {address}, where others reach it, and nothing says who may use the "
            'API: set api.token, or put a rule such as "allow api user alice" into access.rules, '
            'or say api.unauthenticated = "anywhere"'
        )

    @property
    def stop_phase(self) -> StopPhase:
        """Its clients are told how the sessions ended."""
        return StopPhase.WITNESSES

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now."""
        plain, secure = self.acceptor.urls(_PLAIN, "http"), self.acceptor.urls(_SECURE, "https")
        return {"api": [*plain, *secure]}

    def configure(self, sections: ApiSections, /) -> None:
        """Go on with another configuration: it holds for what begins."""
        self.context.config, self.sections = sections.api, sections
        self.connections.most = self.room.total_tokens = sections.api.max_connections

    async def prepare(self) -> None:
        """Make the application, in a thread: media go on meanwhile. Who asks sooner waits."""
        self._preparing = trio.Event()
        try:
            with self.context.hub.supervisor.containing("making the API"):
                self._server = await trio.to_thread.run_sync(self._make, self.context)
        finally:
            self._preparing.set()

    async def server(self) -> AsgiServer:
        """Who answers; it is made now if nobody has prepared it."""
        if self._preparing is not None:
            await self._preparing.wait()
        if self._server is None:
            self._server = self._make(self.context)
        if self.context.stopping.is_set():  # while it was made
            await self._server.stop()
        return self._server

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled."""
        context = self.context
        with context.bus.listening(context.listen):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(context.srs.run)
                await super().run(task_status=task_status)

    def accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        """Serve a connection, if there is room, be it after a moment."""
        if self.connections.take_in(sock):
            tls = self._tls if protocol == _SECURE else None
            self.connections.begin(_Connection(self, sock, tls))

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, answer what was asked, and end every connection.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        self.close()
        self.context.stopping.set()
        if self._server is not None:
            await self._server.stop()
        await self.connections.end(grace_s)


class _Connection:
    """One connection, from accepted to closed."""

    def __init__(
        self, service: ApiService, sock: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        self._service, self._sock, self._tls = service, sock, tls
        self._scope = trio.CancelScope()
        self._stream: PatientStream | None = None

    async def run(self) -> None:
        """Serve it, if there is room, be it after a moment."""
        room, has_room = self._service.room, False
        try:
            with self._scope, self._service.context.hub.supervisor.containing(_CALLED):
                with trio.move_on_after(_ROOM_S):
                    await room.acquire_on_behalf_of(self)
                    has_room = True
                if has_room:
                    await self._serve()
                else:
                    self._service.connections.turn_away(self._sock)
        finally:
            self._sock.close()
            if has_room:
                room.release_on_behalf_of(self)

    async def _serve(self) -> None:
        server = await self._service.server()
        self._stream = await server.take(self._sock, self._tls)
        await server.serve(self._stream)

    def cut(self) -> None:
        """End it now, whatever it is doing."""
        if self._stream is not None:
            self._stream.cut()
        self._scope.cancel()


def _is_private(address: Address) -> bool:
    return address.path is not None or is_loopback(address.host)
