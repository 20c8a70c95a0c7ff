"""The HTTP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.net.address import Address
from trio_srs.net.connections import Connections
from trio_srs.net.tcp import SocketOptions
from trio_srs.net.transport import Transport
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.http.context import HttpContext
from trio_srs.service.listening import SecureService

if TYPE_CHECKING:
    from trio_srs.hub.fault_injection import FaultWork
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["HttpService"]

_PLAIN_HTTP: Final = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ")
"""How a client begins that speaks HTTP without TLS."""
_CONNECTION: Final = "trio_srs.service.http.connection"


class HttpSection(Protocol):
    """The configuration, as far as it may change while the service runs."""

    @property
    def http(self) -> HttpConfig:
        """The section ``[http]`` of the configuration."""
        ...


class HttpService(SecureService["HttpConnection"]):
    """Serves HTTP and HTTPS on any number of addresses."""

    def __init__(
        self,
        context: HttpContext,
        https: Sequence[Address] = (),
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """
        Args:
            https: where to listen for HTTP inside TLS.
            tls: makes what that needs. It may raise TlsConfigError.
        """
        self.context = context
        self._https = https
        connections: Connections[HttpConnection] = Connections(
            context.config.max_connections, "an HTTP connection"
        )
        super().__init__(connections, "http", "https", _PLAIN_HTTP, tls)
        self.trusted_proxies = context.config.trusted_proxies
        if context.faults is not None:
            context.faults.on_begin.append(self._may_fail)

    async def listen(self) -> None:
        """Bind every address of the configuration; see :meth:`bind`."""
        config = self.context.config
        await self.bind(config.listen, self._https, self._options, config.backlog)

    @property
    def _options(self) -> SocketOptions:
        return SocketOptions(nodelay=True, keepalive_idle=self.context.config.tcp_keepalive)

    async def prepare(self) -> None:
        """Import what serves a connection."""
        import_module(_CONNECTION)

    def configure(self, sections: HttpSection, /) -> None:
        """Go on with another configuration: it holds for what begins from now on."""
        self.context.config = sections.http
        self.connections.most = sections.http.max_connections
        self.trusted_proxies = sections.http.trusted_proxies
        self.renew_tls()
        self.acceptor.tune(self._options)

    def _may_fail(self, work: FaultWork) -> None:
        """The first fault was asked for: those who are connected may meet it as well."""
        self.tls_faults = work.tls_fault
        for connection in self.connections:
            work.adopt_client(connection)
            if connection.media is not None:
                work.adopt(connection.media)

    def serve(
        self,
        transport: Transport,
        protocol: str = "http",
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has."""
        from trio_srs.service.http.connection import HttpConnection  # see prepare

        connection = HttpConnection(transport, self.context, protocol, opening)
        connection.room = self.connections
        faults = self.context.faults
        if faults is not None and faults.work is not None:
            faults.work.adopt_client(connection)
        self.connections.begin(connection)

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        for connection in self.connections:
            connection.finish()
        await self.connections.over()

    def end_connections(self) -> None:
        """Tell everybody that is served, and let go who waits."""
        for connection in self.connections:
            connection.end()
