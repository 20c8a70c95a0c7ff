"""The RTMP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionBegan
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls_accept import accept_tls
from trio_srs.net.transport import Transport
from trio_srs.service.base import StopPhase
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.connection import Connection
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.lobby import Begun, Lobby

__all__ = ["RtmpService"]

_PLAIN_RTMP: Final = (b"\x03",)
"""How a client begins that speaks RTMP without TLS."""


class RtmpSection(Protocol):
    """The configuration, as far as it may change while the service runs."""

    @property
    def rtmp(self) -> RtmpConfig:
        """Its section."""
        ...


class RtmpService:
    """Serves RTMP and RTMPS on any number of addresses.

    Connections outlive listeners: closing the listeners lets the sessions finish.
    """

    def __init__(
        self,
        context: RtmpContext,
        rtmps: Sequence[Address] = (),
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """
        Args:
            rtmps: where to listen for RTMP inside TLS.
            tls: makes what that needs. It may raise TlsConfigError.
        """
        self.context = context
        self.acceptor = Acceptor("rtmp", "rtmps")
        self._rtmps, self._make_tls = rtmps, tls
        self._tls: ssl.SSLContext | None = None
        self._lobby = (
            None
            if context.reader is None
            else Lobby(context, context.reader, self._admit, self._left)
        )
        self._connections: Connections[Connection] = Connections(
            context.config.max_connections, others=() if self._lobby is None else self._lobby
        )

    @property
    def stop_phase(self) -> StopPhase:
        """It brings sessions."""
        return StopPhase.SESSIONS

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now, by protocol."""
        return {protocol: self.acceptor.urls(protocol) for protocol in self.acceptor.listeners}

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            TlsConfigError: the certificate cannot be used.
            ListenError: an address cannot be bound; all are closed again by :meth:`close`.
        """
        if self._rtmps:
            self._tls = self._make_tls()
        config = self.context.config
        await self.acceptor.bind("rtmp", config.listen, backlog=config.backlog)
        await self.acceptor.bind("rtmps", self._rtmps, backlog=config.backlog)
        self.acceptor.tune(socket_options(config))

    def configure(self, sections: RtmpSection, /) -> None:
        """Go on with another configuration: it holds for the connections that begin."""
        config = sections.rtmp
        if config.read_buffer != self.context.config.read_buffer:
            self.context.buffer = memoryview(bytearray(config.read_buffer))
        self.context.config = config
        self._connections.most = config.max_connections
        self.acceptor.tune(socket_options(config))

    def close(self) -> None:
        """Stop listening; connections go on. Idempotent."""
        self.acceptor.close()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled; what is bound is listened to once this has started."""
        try:
            async with self._connections.serving() as nursery:
                if self._lobby is not None:
                    nursery.start_soon(self._lobby.run)
                nursery.start_soon(self.acceptor.run, self._accepted)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self.close()

    def _accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        if not self._connections.take_in(sock):
            return
        transport = SocketTransport(sock, peer)
        if protocol == "rtmps":
            assert self._tls is not None  # it came with the addresses
            secure, opening = accept_tls(transport, self._tls, protocol, _PLAIN_RTMP)
            self.serve(secure, protocol, opening=opening)
        else:
            self.serve(transport, protocol)

    def serve(
        self,
        transport: Transport,
        protocol: str = "rtmp",
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has.

        Args:
            opening: see :class:`Connection`.
        """
        context = self.context
        entry = SessionEntry(
            context.registry.next_id(), protocol, transport.peer, trio.current_time()
        )
        context.registry.add(entry)
        fileno = transport.fileno
        if self._lobby is not None and fileno is not None:
            self._lobby.welcome(transport, fileno, entry)
        else:
            on_end = self._connections.is_closing
            self._connections.begin(Connection(transport, entry, context, opening, on_end=on_end))
        context.bus.tell(SessionBegan(session=entry.id, peer=entry.peer, protocol=protocol))

    def _admit(self, transport: Transport, entry: SessionEntry, begun: Begun) -> None:
        """Go on with a peer that was in the lobby."""
        on_end = self._connections.is_closing
        self._connections.begin(
            Connection(transport, entry, self.context, begun=begun, on_end=on_end)
        )

    def _left(self) -> None:
        """Somebody has left the lobby for good."""
        self._connections.check_empty()

    def _entries(self) -> list[SessionEntry]:
        """Of every peer that is served here, in the lobby or not."""
        return [it.entry for served in (self._connections, self._lobby or ()) for it in served]

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        await self._connections.over()

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, tell every connection, and wait until they are closed.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        self.close()
        for entry in self._entries():
            entry.end(EndReason.SHUTDOWN, "the server stops")
        await self._connections.end(grace_s)


def socket_options(config: RtmpConfig) -> SocketOptions:
    """What to ask of the kernel for each connection, as the configuration says."""
    return SocketOptions(
        nodelay=config.tcp_nodelay,
        keepalive_idle=config.tcp_keepalive,
        send_buffer=config.send_buffer,
        notsent_lowat=config.notsent_lowat,
    )
