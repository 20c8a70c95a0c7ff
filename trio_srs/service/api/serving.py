"""The API's listeners, the connections they bring, and how both end. Floor 3.

anycorn speaks HTTP on each connection. Its accept loop and its shutdown are not used: they know
no connection by itself, and so cannot end one that does not read.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import trio
from anycorn import Config
from anycorn.typing import ConnectionState
from anycorn.utils import wrap_app
from anycorn.worker_context import WorkerContext

from trio_srs.net.address import Address
from trio_srs.net.listen import Listener, open_listeners
from trio_srs.net.tcp import SocketOptions
from trio_srs.service.api.connection import ShortServer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.make import ApiSections
from trio_srs.service.api.names import Asgi
from trio_srs.service.api.transport import PatientStream
from trio_srs.service.base import StopPhase

__all__ = ["ApiService"]

_log = logging.getLogger(__name__)

_BACKLOG: Final = 128
_OPTIONS: Final = SocketOptions(nodelay=True, keepalive_idle=60.0)
"""An answer is sent as head and body; without ``nodelay`` the body waits 40 ms for a client."""
_LOOPBACK: Final = ("127.", "::1", "localhost")
_SPARE: Final = 64
"""Connections over the limit that wait for room; more than these are closed at once."""
_ROOM_S: Final = 0.1
"""How long they wait: somebody may have gone, and only not been seen to."""
_REQUESTS: Final = 1_000_000
"""Requests on one connection before it is closed: in effect no limit."""


class ApiService:
    """Serves an ASGI application, made for the same context, on any number of addresses."""

    def __init__(self, context: ApiContext, app: Asgi) -> None:
        self.context = context
        self.listeners: list[Listener] = []
        self._app = wrap_app(app, 0, "asgi")
        self._worker = WorkerContext(None)
        self._settings = _settings()
        self._nursery: trio.Nursery | None = None
        self._open: set[_Connection] = set()
        self._nobody = trio.Event()
        self._served = 0
        self._room = trio.Event()

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            ListenError: one of them cannot be bound; all are closed again by :meth:`close`.
        """
        for address in self.context.config.listen:
            for listener in await open_listeners(address, backlog=_BACKLOG):
                listener.tune(_OPTIONS)
                self.listeners.append(listener)
            if self.context.config.token is None and not _is_private(address):
                _log.warning("the API on %s is open to all who reach it: set api.token", address)

    @property
    def stop_phase(self) -> StopPhase:
        """Its clients are told how the sessions ended."""
        return StopPhase.WITNESSES

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now."""
        return {"api": [each.address.reachable.url("http") for each in self.listeners]}

    def configure(self, sections: ApiSections, /) -> None:
        """Go on with another configuration: it holds for what begins."""
        self.context.config = sections.api

    def close(self) -> None:
        """Stop accepting. Idempotent."""
        for listener in self.listeners:
            listener.close()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled."""
        context = self.context
        try:
            with context.bus.listening(context.counters.listen):
                await self._serve_all(task_status)
        finally:
            self._nursery = None
            self.close()

    async def _serve_all(self, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for listener in self.listeners:
                nursery.start_soon(self._accept, listener)
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._cut_all()

    async def _accept(self, listener: Listener) -> None:
        def on_trouble(error: OSError, pause_s: float) -> None:
            why = error.strerror or str(error)
            _log.warning("cannot accept on %s: %s; again in %g s", listener.address, why, pause_s)

        with contextlib.suppress(trio.ClosedResourceError):  # on purpose: see close()
            await listener.serve(self._handle, on_trouble=on_trouble)

    def _handle(self, sock: socket.socket, _peer: str) -> None:
        if len(self._open) >= self.context.config.max_connections + _SPARE:
            self._turn_away(sock)
            return
        assert self._nursery is not None  # nobody accepts before run() or after it
        connection = _Connection(sock)
        self._open.add(connection)  # now, so that a stop in the next moment finds it
        self._nursery.start_soon(self._serve, connection)

    def _turn_away(self, sock: socket.socket) -> None:
        most = self.context.config.max_connections
        _log.warning("closed a connection to the API unheard: more than %d", most)
        sock.close()

    async def _find_room(self) -> bool:
        """Whether one more is served, be it after a moment. Who is served counts until it ends."""
        most = self.context.config.max_connections
        with trio.move_on_after(_ROOM_S):
            while self._served >= most:
                await self._room.wait()
        has_room = self._served < most
        self._served += has_room
        return has_room

    def _leave_room(self) -> None:
        self._served -= 1
        self._room.set()
        self._room = trio.Event()

    async def _serve(self, connection: _Connection) -> None:
        is_served = False
        try:
            with connection.scope:
                is_served = await self._find_room()
                if not is_served:
                    self._turn_away(connection.sock)
                    return
                stream = connection.stream = await PatientStream.over(connection.sock)
                state = ConnectionState({})
                await ShortServer(self._app, self._settings, self._worker, state, stream).run()
        except Exception:  # no reason for others to suffer
            _log.exception("a bug ended a connection to the API")
        finally:
            connection.sock.close()
            self._open.discard(connection)
            if is_served:
                self._leave_room()
            if not self._open:
                self._nobody.set()
                self._nobody = trio.Event()

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        while self._open:
            await self._nobody.wait()

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, answer what was asked, and end every connection.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        self.close()
        self.context.stopping.set()
        await self._worker.terminated.set()  # closes those that are idle, and each when answered
        with trio.move_on_after(grace_s):
            await self.finish()
        self._cut_all()

    def _cut_all(self) -> None:
        for connection in list(self._open):
            connection.cut()


@attrs.define(eq=False)
class _Connection:
    sock: socket.socket
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    stream: PatientStream | None = None

    def cut(self) -> None:
        """End it now, whatever it is doing."""
        if self.stream is not None:
            self.stream.cut()
        self.scope.cancel()


def _settings() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = _log
    config.include_server_header = False
    config.keep_alive_max_requests = _REQUESTS
    return config


def _is_private(address: Address) -> bool:
    return address.path is not None or address.host.startswith(_LOOPBACK)
