"""The HTTP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import trio

from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls_accept import accept_tls
from trio_srs.net.transport import Transport
from trio_srs.service.base import StopPhase
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.http.connection import HttpConnection
from trio_srs.service.http.context import HttpContext

__all__ = ["HttpService"]

_PLAIN = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ")


class HttpSection(Protocol):
    """The configuration, as far as it may change while the service runs."""

    @property
    def http(self) -> HttpConfig:
        """The section ``[http]`` of the configuration."""
        ...


class HttpService:
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
        self._https, self._make_tls = https, tls
        self._tls: ssl.SSLContext | None = None
        self._acceptor = Acceptor("http", "https")
        self._connections: Connections[HttpConnection] = Connections(
            context.config.max_connections, "an HTTP connection"
        )

    @property
    def stop_phase(self) -> StopPhase:
        """It brings viewers and publishers."""
        return StopPhase.SESSIONS

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now, by protocol."""
        return {protocol: self._acceptor.urls(protocol) for protocol in ("http", "https")}

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            TlsConfigError: the certificate cannot be used.
            ListenError: an address cannot be bound; all are closed again by :meth:`close`.
        """
        if self._https:
            self._tls = self._make_tls()
        config = self.context.config
        await self._acceptor.bind("http", config.listen, backlog=config.backlog)
        await self._acceptor.bind("https", self._https, backlog=config.backlog)
        self._tune()

    def _tune(self) -> None:
        self._acceptor.tune(
            SocketOptions(nodelay=True, keepalive_idle=self.context.config.tcp_keepalive)
        )

    def configure(self, sections: HttpSection, /) -> None:
        """Go on with another configuration: it holds for what begins from now on."""
        self.context.config = sections.http
        self._connections.most = sections.http.max_connections
        self._tune()

    def close(self) -> None:
        """Stop listening; connections go on. Idempotent."""
        self._acceptor.close()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled; what is bound is listened to once this has started."""
        try:
            async with self._connections.serving() as nursery:
                nursery.start_soon(self._acceptor.run, self._accepted)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self.close()

    def _accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        if not self._connections.take_in(sock):
            return
        transport: Transport = SocketTransport(sock, peer)
        opening: Callable[[], Awaitable[None]] | None = None
        if protocol == "https":
            assert self._tls is not None  # it came with the addresses
            transport, opening = accept_tls(transport, self._tls, "https", _PLAIN)
        self.serve(transport, protocol, opening=opening)

    def serve(
        self,
        transport: Transport,
        protocol: str = "http",
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has."""
        self._connections.begin(HttpConnection(transport, self.context, protocol, opening))

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        for connection in self._connections:
            connection.finish()
        await self._connections.over()

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, end every connection, and wait until they are closed."""
        self.close()
        for connection in self._connections:
            connection.end()
        await self._connections.end(grace_s)
