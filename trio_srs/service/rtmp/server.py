"""The RTMP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import logging
import socket
import ssl
from typing import Final

import trio

from trio_srs.errors import EndReason
from trio_srs.net.address import Address
from trio_srs.net.listen import Listener, open_listeners
from trio_srs.net.tcp import SocketOptions, SocketTransport, apply
from trio_srs.net.tls import TlsHandshakeError, TlsTransport
from trio_srs.net.transport import Transport
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.connection import Connection
from trio_srs.service.rtmp.context import RtmpContext

__all__ = ["RtmpService"]

_log = logging.getLogger(__name__)

_LOBBY: Final = 64
"""Connections over the limit that are told so at once; more than these are just closed."""


class RtmpService:
    """Serves RTMP and RTMPS on any number of addresses.

    Connections outlive listeners: closing the listeners lets the sessions finish.
    """

    def __init__(self, context: RtmpContext) -> None:
        self.context = context
        self.listeners: dict[str, list[Listener]] = {"rtmp": [], "rtmps": []}
        self._tls: ssl.SSLContext | None = None
        self._connections: trio.Nursery | None = None
        self._open: set[Connection] = set()
        self._nobody = trio.Event()

    async def listen(
        self,
        rtmp: tuple[Address, ...],
        rtmps: tuple[Address, ...],
        tls: ssl.SSLContext | None,
    ) -> None:
        """Bind every address.

        Raises:
            ListenError: one of them cannot be bound; all are closed again by :meth:`close`.
        """
        self._tls = tls
        backlog = self.context.config.backlog
        for protocol, addresses in (("rtmp", rtmp), ("rtmps", rtmps)):
            for address in addresses:
                self.listeners[protocol] += await open_listeners(address, backlog=backlog)

    def close(self) -> None:
        """Stop listening; connections go on. Idempotent."""
        for listeners in self.listeners.values():
            for listener in listeners:
                listener.close()

    async def run(self) -> None:
        """Accept and serve until cancelled; what is bound is listened to from here on."""
        async with trio.open_nursery() as connections:
            self._connections = connections
            try:
                async with trio.open_nursery() as accepting:
                    for protocol, listeners in self.listeners.items():
                        for listener in listeners:
                            accepting.start_soon(self._accept, listener, protocol)
            finally:
                self.close()

    async def _accept(self, listener: Listener, protocol: str) -> None:
        def handle(sock: socket.socket) -> None:
            self._handle(sock, protocol)

        def on_trouble(error: OSError, pause_s: float) -> None:
            _log.warning(
                "cannot accept on %s: %s; trying again in %g s",
                listener.address,
                error.strerror,
                pause_s,
            )

        try:
            await listener.serve(handle, on_trouble=on_trouble)
        except trio.ClosedResourceError:
            return  # closed on purpose: see close()

    def _handle(self, sock: socket.socket, protocol: str) -> None:
        config = self.context.config
        if len(self.context.registry) >= config.max_connections + _LOBBY:
            _log.warning("closed a connection unheard: more than %d", config.max_connections)
            sock.close()
            return
        apply(sock, socket_options(config))
        assert self._connections is not None
        transport = SocketTransport(sock)
        if protocol == "rtmps":
            self._connections.start_soon(self._serve_tls, transport)
        else:
            self.serve(transport, protocol)

    async def _serve_tls(self, raw: SocketTransport) -> None:
        """Shake hands in TLS first, within the time a handshake may take in all."""
        assert self._tls is not None
        transport = TlsTransport(raw, self._tls, server_side=True)
        try:
            with trio.fail_after(self.context.config.handshake_timeout):
                await transport.handshake()
        except (TlsHandshakeError, OSError, trio.TooSlowError) as error:
            why = str(error) or "too slow"
            _log.info("no TLS handshake with %s: %s", raw.peer, why)
            raw.reset()
        else:
            self.serve(transport, "rtmps")

    def serve(self, transport: Transport, protocol: str = "rtmp") -> None:
        """Serve one connection in the background, whatever kind of transport it has."""
        assert self._connections is not None
        self._connections.start_soon(self._serve, Connection(transport, protocol, self.context))

    async def _serve(self, connection: Connection) -> None:
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            if not self._open:
                self._nobody.set()
                self._nobody = trio.Event()

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        while self._open:
            await self._nobody.wait()

    async def stop(self) -> None:
        """Stop accepting, tell every connection, and wait until they are closed."""
        self.close()
        for connection in list(self._open):
            connection.end(EndReason.SHUTDOWN, "the server stops")
        await self.finish()


def socket_options(config: RtmpConfig) -> SocketOptions:
    """What to ask of the kernel for each connection, as the configuration says."""
    return SocketOptions(
        nodelay=config.tcp_nodelay,
        keepalive_idle=config.tcp_keepalive,
        send_buffer=config.send_buffer,
        notsent_lowat=config.notsent_lowat,
    )
