"""The RTMP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

import trio

from trio_srs.errors import EndReason, ProtocolError
from trio_srs.hub.bus import SessionBegan
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.address import Address
from trio_srs.net.link import PeerGoneError
from trio_srs.net.listen import Listener, open_listeners
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls import TlsHandshakeError, TlsTransport
from trio_srs.net.transport import Transport
from trio_srs.service.base import StopPhase
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.connection import Connection
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.lobby import Begun, Lobby
from trio_srs.wire.stranger import who_connected

__all__ = ["RtmpService"]

_log = logging.getLogger(__name__)

_SPARE: Final = 64
"""Connections over the limit that are told so at once; more than these are just closed."""
_TLS: Final = b"\x16"
_RTMP: Final = b"\x03"
_COMPLAIN_EVERY_S: Final = 10.0
"""How often the log says that accepting fails, while it does."""


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
        self._rtmps, self._make_tls = rtmps, tls
        self.listeners: dict[str, list[Listener]] = {"rtmp": [], "rtmps": []}
        self._tls: ssl.SSLContext | None = None
        self._connections: trio.Nursery | None = None
        self._open: set[Connection] = set()
        self._ended: dict[Connection, None] = {}
        """Those of them that are only being closed, oldest first."""
        self._lobby = (
            Lobby(context, context.reader, self._admit, self._check_empty)
            if context.reader is not None
            else None
        )
        self._nobody = trio.Event()

    @property
    def stop_phase(self) -> StopPhase:
        """It brings sessions."""
        return StopPhase.SESSIONS

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now, by protocol."""
        return {
            protocol: [each.address.reachable.url(protocol) for each in listeners]
            for protocol, listeners in self.listeners.items()
        }

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            TlsConfigError: the certificate cannot be used.
            ListenError: an address cannot be bound; all are closed again by :meth:`close`.
        """
        if self._rtmps:
            self._tls = self._make_tls()
        config = self.context.config
        for protocol, addresses in (("rtmp", config.listen), ("rtmps", self._rtmps)):
            for address in addresses:
                opened = await open_listeners(address, backlog=config.backlog)
                self.listeners[protocol] += opened
        self._tune()

    def _tune(self) -> None:
        options = socket_options(self.context.config)
        for listeners in self.listeners.values():
            for listener in listeners:
                listener.tune(options)

    def configure(self, sections: RtmpSection, /) -> None:
        """Go on with another configuration: it holds for the connections that begin."""
        config = sections.rtmp
        if config.read_buffer != self.context.config.read_buffer:
            self.context.buffer = memoryview(bytearray(config.read_buffer))
        self.context.config = config
        self._tune()

    def close(self) -> None:
        """Stop listening; connections go on. Idempotent."""
        for listeners in self.listeners.values():
            for listener in listeners:
                listener.close()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled; what is bound is listened to once this has started."""
        try:
            async with trio.open_nursery() as connections:
                self._connections = connections
                if self._lobby is not None:
                    connections.start_soon(self._lobby.run)
                for protocol, listeners in self.listeners.items():
                    for listener in listeners:
                        connections.start_soon(self._accept, listener, protocol)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._connections = None
            self.close()

    async def _accept(self, listener: Listener, protocol: str) -> None:
        complained_at = -math.inf

        def handle(sock: socket.socket, peer: str) -> None:
            self._handle(sock, peer, protocol)

        def on_trouble(error: OSError, pause_s: float) -> None:
            nonlocal complained_at
            now = trio.current_time()
            if now - complained_at >= _COMPLAIN_EVERY_S:
                complained_at = now
                why = error.strerror or str(error)
                _log.warning(
                    "cannot accept on %s: %s; trying again every %g s",
                    listener.address,
                    why,
                    pause_s,
                )

        with contextlib.suppress(trio.ClosedResourceError):  # on purpose: see close()
            await listener.serve(handle, on_trouble=on_trouble)

    def _handle(self, sock: socket.socket, peer: str, protocol: str) -> None:
        if not self._has_room():
            most = self.context.config.max_connections
            _log.warning("closed a connection unheard: more than %d", most)
            sock.close()
            return
        transport = SocketTransport(sock, peer)
        if protocol == "rtmps":
            assert self._tls is not None  # it came with the addresses
            secure = TlsTransport(transport, self._tls, server_side=True)
            self.serve(secure, protocol, opening=lambda: _shake_hands(secure))
        else:
            self.serve(transport, protocol)

    def _has_room(self) -> bool:
        """Whether one more can be heard. Whoever is gone, or was refused, makes room at once."""
        most = self.context.config.max_connections + _SPARE
        if len(self._open) + len(self._lobby or ()) < most:
            return True
        oldest = next(iter(self._ended), None)
        if oldest is None:
            return False
        del self._ended[oldest]
        oldest.cut()
        return True

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
            self._begin(Connection(transport, entry, self.context, opening, on_end=self._note_end))
        context.bus.tell(SessionBegan(session=entry.id, peer=entry.peer, protocol=protocol))

    def _admit(self, transport: Transport, entry: SessionEntry, begun: Begun) -> None:
        """Go on with a peer that was in the lobby."""
        self._begin(Connection(transport, entry, self.context, begun=begun, on_end=self._note_end))

    def _note_end(self, connection: Connection) -> None:
        """It has ended, and will be closed politely, if there is time."""
        self._ended[connection] = None

    def _begin(self, connection: Connection) -> None:
        assert self._connections is not None  # nobody accepts before run() or after it
        self._open.add(connection)  # now, so that a stop in the next moment finds it
        self._connections.start_soon(self._serve, connection)

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self._ended.pop(connection, None)
            self._check_empty()

    def _entries(self) -> list[SessionEntry]:
        """Of every peer that is served here, in the lobby or not."""
        open_ones = [connection.entry for connection in self._open]
        return open_ones if self._lobby is None else open_ones + [it.entry for it in self._lobby]

    def _check_empty(self) -> None:
        if not self._open and not self._lobby:
            self._nobody.set()
            self._nobody = trio.Event()

    async def finish(self) -> None:
        """Stop accepting, and wait until the last connection has ended by itself."""
        self.close()
        while self._open or self._lobby:
            await self._nobody.wait()

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, tell every connection, and wait until they are closed.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        self.close()
        for entry in self._entries():
            entry.end(EndReason.SHUTDOWN, "the server stops")
        with trio.move_on_after(grace_s):
            await self.finish()
        for connection in list(self._open):
            connection.cut()


async def _shake_hands(transport: TlsTransport) -> None:
    """Agree on TLS, or say whose fault it is that we cannot."""
    try:
        await transport.handshake()
    except TlsHandshakeError as error:
        who = _stranger(error.heard)
        raise ProtocolError(f"{who} ({error})" if who else str(error)) from error
    except OSError as error:
        raise PeerGoneError(error.strerror or str(error)) from error


def _stranger(first: bytes) -> str:
    """Who speaks no TLS; empty for those who do, and for whom nobody knows."""
    if first[:1] == _TLS:
        return ""
    return who_connected(first, "RTMPS", "it has to say rtmps://" if first[:1] == _RTMP else "")


def socket_options(config: RtmpConfig) -> SocketOptions:
    """What to ask of the kernel for each connection, as the configuration says."""
    return SocketOptions(
        nodelay=config.tcp_nodelay,
        keepalive_idle=config.tcp_keepalive,
        send_buffer=config.send_buffer,
        notsent_lowat=config.notsent_lowat,
    )
