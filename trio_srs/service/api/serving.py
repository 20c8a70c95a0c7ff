"""The API's listeners, the connections they bring, and how both end. Floor 3.

The application is made when the server is ready, or for the first request, if that is sooner.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.net.address import Address
from trio_srs.net.certificate import tls_context
from trio_srs.net.connections import Connections
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.tcp import SocketOptions
from trio_srs.net.transport import Transport
from trio_srs.service.api.config import ApiConfig, OpenTo
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.make import ApiSections
from trio_srs.service.api.openness import ApiOpenError, has_say
from trio_srs.service.base import StopPhase
from trio_srs.service.listening import SecureService
from trio_srs.wire.networks import is_loopback

if TYPE_CHECKING:
    from trio_srs.service.api.connection import ApiConnection
    from trio_srs.service.api.names import Asgi
    from trio_srs.service.api.plain_requests import PlainAnswer, PlainRequest

__all__ = ["ApiService"]

_log = logging.getLogger(__name__)

_BACKLOG: Final = 128
_READ_BYTES: Final = 64 * 1024
_PLAIN, _SECURE = "api", "api_https"
_SCHEMES: Final = {_PLAIN: "http", _SECURE: "https"}
_OPTIONS: Final = SocketOptions(nodelay=True, keepalive_idle=60.0)
"""An answer may be sent in pieces; without ``nodelay`` the next waits 40 ms for a client."""
_PLAIN_HTTP: Final = (b"GET ", b"HEAD ", b"POST ", b"PATCH ", b"DELETE ", b"OPTIONS ")
"""How a client begins that speaks HTTP without TLS."""
_CALLED: Final = "a connection to the API"
_CONNECTION: Final = "trio_srs.service.api.connection"


_AtOnce = Callable[["PlainRequest"], "PlainAnswer | None"]


def _make_app(context: ApiContext) -> Asgi:
    from trio_srs.service.api.app import make_app  # longer than all of the server

    import_module(_CONNECTION)
    return make_app(context)


class ApiService(SecureService["ApiConnection"]):
    """Serves an ASGI application on any number of addresses.

    Attributes:
        buffer: what every connection receives into: it is empty again before another task runs.
        reader: reads for all connections that wait for a request, where the platform can.
        answer_at_once: answers a plain request if that takes next to no time; None until there is
            an application that can.
    """

    def __init__(
        self,
        context: ApiContext,
        sections: ApiSections,
        make: Callable[[ApiContext], Asgi] = _make_app,
        reader: SharedReader | None = None,
    ) -> None:
        """
        Args:
            sections: the configuration, of which some is told.
            make: makes the application; it may be called in a thread.
        """
        self.context, self.sections, self.reader = context, sections, reader
        self.buffer = memoryview(bytearray(_READ_BYTES))
        most, https = context.config.max_connections, sections.api_https
        connections: Connections[ApiConnection] = Connections(most, _CALLED)
        super().__init__(connections, _PLAIN, _SECURE, _PLAIN_HTTP, lambda: tls_context(https))
        self.has_tls_files = https.certificate is not None
        self.trusted_proxies = context.config.trusted_proxies
        self.room = trio.CapacityLimiter(most)
        self._make = make
        self._app: Asgi | None = None
        self.answer_at_once: _AtOnce | None = None
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
        await self.bind(config.listen, https.listen, _OPTIONS, _BACKLOG)

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
        return {
            "api": [
                url for name, scheme in _SCHEMES.items() for url in self.acceptor.urls(name, scheme)
            ]
        }

    def configure(self, sections: ApiSections, /) -> None:
        """Go on with another configuration: it holds for what begins."""
        self.context.config, self.sections = sections.api, sections
        self.connections.most = self.room.total_tokens = sections.api.max_connections
        self.trusted_proxies = sections.api.trusted_proxies
        self.renew_tls()

    async def prepare(self) -> None:
        """Make the application, in a thread: media go on meanwhile. Who asks sooner waits."""
        self._preparing = trio.Event()
        try:
            with self.context.hub.supervisor.containing("making the API"):
                self._begin_with(await trio.to_thread.run_sync(self._make, self.context))
        finally:
            self._preparing.set()

    async def app(self) -> Asgi:
        """Who answers; it is made now if nobody has prepared it."""
        if self._preparing is not None:
            await self._preparing.wait()
        if self._app is None:
            self._begin_with(self._make(self.context))
            assert self._app is not None
        return self._app

    def _begin_with(self, app: Asgi) -> None:
        self._app, self.answer_at_once = app, getattr(app, "answer_at_once", None)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled."""
        context = self.context
        with context.bus.listening(context.listen):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(context.srs.run)
                await super().run(task_status=task_status)

    def serve(
        self,
        transport: Transport,
        protocol: str = _PLAIN,
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has."""
        from trio_srs.service.api.connection import ApiConnection  # see prepare

        self.connections.begin(ApiConnection(transport, self, _SCHEMES[protocol], opening))

    def end_connections(self) -> None:
        """Let go who asks for nothing, and each of the others when it is answered."""
        self.context.stopping.set()
        for connection in self.connections:
            connection.finish()


def _is_private(address: Address) -> bool:
    return address.path is not None or is_loopback(address.host)
