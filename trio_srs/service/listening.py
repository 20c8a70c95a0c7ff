"""Services that listen: bound addresses, accepted connections, TLS and proxies. Floor 3.

What a service of one protocol adds is how it serves a connection.
"""

from __future__ import annotations

import logging
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import trio

from trio_srs.errors import RefusedError
from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections, Served
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls_accept import accept_tls
from trio_srs.net.transport import Transport
from trio_srs.service.base import StopPhase
from trio_srs.wire.networks import are_trusted

if TYPE_CHECKING:
    from trio_srs.net.tls_faults import TlsFault

_log = logging.getLogger(__name__)

__all__ = ["ListeningService", "SecureService"]

_PROXY_S: Final = 5.0
"""How long a proxy may take to say whose connection it passes on."""
ServedT = TypeVar("ServedT", bound=Served)


class ListeningService(ABC, Generic[ServedT]):
    """What all services have in common that accept connections, and serve each in a task.

    It is a :class:`~trio_srs.service.base.Service` but for its ``listen()``, which binds addresses
    to the acceptor. Connections outlive listeners: closing the listeners lets those that are served
    finish.

    Attributes:
        acceptor: where it listens, by protocol.
        connections: those that are served.
    """

    def __init__(self, acceptor: Acceptor, connections: Connections[ServedT]) -> None:
        self.acceptor, self.connections = acceptor, connections

    @property
    def stop_phase(self) -> StopPhase:
        """With the sessions that it brings, unless it says otherwise."""
        return StopPhase.SESSIONS

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now, by protocol."""
        return {protocol: self.acceptor.urls(protocol) for protocol in self.acceptor.listeners}

    @abstractmethod
    def accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        """Begin to serve a connection, if there is room; see :data:`.OnAccepted`."""

    def end_connections(self) -> None:
        """Let every connection end, in words that its peer hears: by default it is cut off."""
        self.connections.cut()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled; what is bound is listened to once this has started."""
        try:
            async with self.connections.serving() as nursery:
                nursery.start_soon(self.acceptor.run, self.accepted)
                task_status.started()
                try:
                    await trio.sleep_forever()
                finally:
                    self.connections.cut()
        finally:
            self.close()

    async def prepare(self) -> None:
        """Import what the first peer would wait for: by default nothing."""

    def close(self) -> None:
        """Stop listening; what is connected goes on. Idempotent."""
        self.acceptor.close()

    async def reopen(self) -> None:
        """Listen again where it did before :meth:`stop`, while it still runs.

        Raises:
            ListenError: somebody else listens there by now.
        """
        await self.acceptor.reopen()
        self.connections.start_soon(self.acceptor.run, self.accepted)

    async def finish(self) -> None:
        """Stop listening, and wait until the last connection has ended by itself."""
        self.close()
        await self.connections.over()

    async def stop(self, grace_s: float) -> None:
        """Stop listening, end every connection, and wait for that.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        self.close()
        self.end_connections()
        await self.connections.end(grace_s)


class SecureService(ListeningService[ServedT]):
    """One whose protocol is spoken inside TLS as well, each on addresses of its own.

    Args:
        plain: the protocol, as its URLs begin.
        secure: the same inside TLS.
        clients_begin: how clients of the protocol begin: who says that where TLS is spoken is told
            what to say instead.
        tls: makes what TLS needs, when there is an address for it. It may raise TlsConfigError.
    """

    def __init__(
        self,
        connections: Connections[ServedT],
        plain: str,
        secure: str,
        clients_begin: tuple[bytes, ...],
        tls: Callable[[], ssl.SSLContext | None],
    ) -> None:
        super().__init__(Acceptor(plain, secure), connections)
        self._plain, self._secure, self._clients_begin = plain, secure, clients_begin
        self._make_tls = tls
        self.has_tls_files = False
        """Whether the certificate is in files, which may have changed when the configuration is
        taken over again."""
        self.trusted_proxies: Sequence[str] = ()
        """Networks whose connections may begin with what a proxy says of its client."""
        self.tls_faults: Callable[[str, str], TlsFault | None] | None = None
        """What is to go wrong with the TLS of a peer, over a protocol; hardly ever anything."""
        self._tls: ssl.SSLContext | None = None

    async def bind(
        self,
        plain: Sequence[Address],
        secure: Sequence[Address],
        options: SocketOptions,
        backlog: int,
    ) -> None:
        """Bind all addresses of the configuration.

        Raises:
            TlsConfigError: the certificate cannot be used.
            ListenError: an address cannot be bound; all are closed again by :meth:`close`.
        """
        if secure:
            self._tls = self._make_tls()
        await self.acceptor.bind(self._plain, plain, backlog=backlog)
        await self.acceptor.bind(self._secure, secure, backlog=backlog)
        self.acceptor.tune(options)

    @cached_property
    def _expired(self) -> ssl.SSLContext:
        """With a certificate that was good until yesterday."""
        from datetime import timedelta

        from trio_srs.net.certificate import self_signed_context

        context = self_signed_context(lifetime=timedelta(days=-1))
        context.num_tickets = 0  # as where it is served over RTMPS
        return context

    def renew_tls(self) -> None:
        """Read the certificate and its key again, for connections that begin. Those that are wrong
        change nothing, and are logged."""
        if self._tls is None or not self.has_tls_files:
            return
        try:
            self._tls = self._make_tls()
        except RefusedError as error:
            _log.error("%s goes on with its certificate: %s", self._secure, error)

    def accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        """Serve a connection, if there is room."""
        if not self.connections.take_in(sock):
            return
        if are_trusted(peer, self.trusted_proxies):
            self.connections.start_soon(self._serve_proxied, sock, peer, protocol)
        else:
            self._serve_accepted(sock, peer, protocol)

    async def _serve_proxied(self, sock: socket.socket, peer: str, protocol: str) -> None:
        """Serve a connection that a proxy passes on, as its client's."""
        from trio_srs.net.proxied import read_client  # few are behind proxies

        is_served = False
        try:
            has_srs = protocol == "rtmp"
            client = await read_client(sock, peer, has_srs=has_srs, within_s=_PROXY_S)
            if client is not None and self.acceptor.is_open:
                self._serve_accepted(sock, client, protocol)
                is_served = True
        finally:
            if not is_served:
                sock.close()

    def _serve_accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        transport = SocketTransport(sock, peer)
        if protocol != self._secure:
            self.serve(transport, protocol)
            return
        context = self._tls
        assert context is not None  # it came with the addresses
        if self.tls_faults is not None and (fault := self.tls_faults(peer, protocol)) is not None:
            if fault.alert:
                from trio_srs.net.tls_faults import send_alert

                self.serve(transport, protocol, opening=send_alert(transport, fault))
                return
            context = self._expired
        encrypted, opening = accept_tls(transport, context, protocol, self._clients_begin)
        self.serve(encrypted, protocol, opening=opening)

    @abstractmethod
    def serve(
        self,
        transport: Transport,
        protocol: str,
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has.

        Args:
            opening: what to wait for, if anything, before the peer can be understood: the TLS
                handshake.
        """
