"""What a service is, and what every service is built on. Floor 3.

A service offers the streams of one server to one kind of peer. Services do not see each other:
what two of them need is lower, and what they share of one server is in :class:`Parts`.
"""

from __future__ import annotations

import enum
import logging
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.access import AccessControl
from trio_srs.hub.announce import NAME_MOST, announce_connected, note_origin
from trio_srs.hub.bus import Bus
from trio_srs.hub.directory import EventLog, SessionDirectory
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.hub import Hub
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import MadeFiles
from trio_srs.hub.namespace_keeping import NamespaceKeeping
from trio_srs.hub.reports import Reports
from trio_srs.hub.resolution import Rules, find_name
from trio_srs.hub.steering import Steering
from trio_srs.hub.supervisor import Supervisor
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections, Served
from trio_srs.net.reading import SharedReader
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.net.tls_accept import accept_tls
from trio_srs.net.transport import Transport
from trio_srs.wire.networks import are_trusted
from trio_srs.wire.url import StreamNameError

if TYPE_CHECKING:
    from trio_srs.hub.registry import SessionEntry
    from trio_srs.net.tls_faults import TlsFault
    from trio_srs.session.file_slice import FileSlice
    from trio_srs.session.http_events import HttpRequest
    from trio_srs.wire.url import StreamName

_log = logging.getLogger(__name__)

__all__ = [
    "ListeningService",
    "Parts",
    "PortlessService",
    "PutTap",
    "SecureService",
    "Service",
    "StopPhase",
    "WebAnswer",
    "WebClient",
    "WebRoute",
    "WebSections",
    "connect_web",
    "find_web_name",
    "web_access_request",
]

_GZIP_LEVEL: Final = 5
_PROXY_S: Final = 5.0
"""How long a proxy may take to say whose connection it passes on."""
_NOWHERE: Final[Mapping[str, Sequence[str]]] = {}
Sections = TypeVar("Sections", contravariant=True)
ServedT = TypeVar("ServedT", bound=Served)


PutTap: TypeAlias = "Callable[[Transport, SessionEntry], Transport]"
"""Puts a tap on the connection of a session that begins; what is used in place of the transport."""


class StopPhase(enum.IntEnum):
    """When a service ends while its server stops: those of one phase together, the lowest first."""

    SESSIONS = 1
    """It brings publishers, players or viewers."""
    WITNESSES = 2
    """It tells what became of the sessions, so it is there until the last of them has ended."""


@attrs.frozen(kw_only=True)
class Parts:
    """What the services of one server share: wired, and not yet started."""

    server_name: str
    """Name and version, for peers."""
    rules: Rules
    access: AccessControl
    supervisor: Supervisor
    """Runs whatever is no session's, and is told of bugs."""
    hub: Hub
    bus: Bus
    registry: SessionDirectory
    journal: EventLog
    reports: Reports
    waiting: Waiting
    srs_ids: SrsIds
    """What SRS's clients know this server, its hosts and streams by."""
    turns: Turns
    """For those who ask about everything."""
    reader: SharedReader | None
    """Reads for all connections, where the platform can."""
    addresses: Callable[[], Mapping[str, Sequence[str]]]
    """The URLs that the server listens on now, by protocol."""
    faults: FaultInjection = attrs.field(factory=FaultInjection)
    """What it does wrong on purpose, if anything."""
    keeping: NamespaceKeeping = attrs.field(factory=NamespaceKeeping)
    """Its namespaces, if there were ever any."""
    steering: Steering | None = None
    """How the configuration is changed; None where nobody does that."""
    made_files: MadeFiles = attrs.field(factory=MadeFiles)
    """Told by whoever makes files of streams, for whoever wants to know."""
    web_routes: list[WebRoute] = attrs.field(factory=list)
    """What is served under paths of its own where HTTP is served: a service adds its route."""
    settling: list[Callable[[], Awaitable[None]]] = attrs.field(factory=list)
    """Each waits until what was noted so far is in files: whoever writes them adds that."""
    taps: list[PutTap] = attrs.field(factory=list)
    """What is put on each RTMP connection that begins: whoever wants to see its bytes adds that."""


@attrs.frozen(kw_only=True)
class WebClient:
    """Who asks by HTTP."""

    peer: str
    """Its address."""
    protocol: str
    """``http`` or ``https``."""


@attrs.frozen(kw_only=True)
class WebAnswer:
    """What is answered to a GET. What HTTP adds, conditions, ranges, coding, HEAD and CORS, is left
    to whoever sends it."""

    content_type: str
    chunks: Sequence[bytes | FileSlice]
    """The body, to be joined."""
    cache_control: str
    etag: str = ""
    """In its quotation marks; empty: there are no conditions."""
    is_text: bool = False
    """Whether it is worth to be sent in gzip to who takes that."""
    has_ranges: bool = False
    """Whether parts of it may be asked for."""
    status: int = 200
    heads: dict[object, bytes] = attrs.field(factory=dict, init=False, eq=False, repr=False)
    """For who sends it: what went in front of it, and may again where it is the same."""
    rest: AsyncGenerator[bytes, None] | None = None
    """What follows while it is made, and of which nobody knows yet how long it will be. Then there
    is neither a tag nor a range nor another coding of it."""

    @cached_property
    def packed(self) -> bytes:
        """The body in gzip."""
        import gzip  # when somebody wants it

        return gzip.compress(b"".join(map(bytes, self.chunks)), _GZIP_LEVEL, mtime=0)


class WebRoute(Protocol):
    """Answers requests for some paths."""

    @property
    def stream_ending(self) -> str:
        """What is behind the name of a stream to have it in this form; empty: none, or off."""
        ...

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        """Answer GET or HEAD, now or later; None: the path is none of this route's.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """
        ...


class WebSections(Protocol):
    """What of a configuration is asked for by what is served where HTTP is."""

    @property
    def serves_http(self) -> bool:
        """Whether HTTP is served anywhere, with TLS or without."""
        ...


class Service(Protocol[Sections]):
    """One service, from bound to stopped. ``Sections`` is the configuration as far as it reads it.

    The order of calls: :meth:`listen`, :meth:`run`, in a process of its own :meth:`prepare`, any
    number of :meth:`configure`, :meth:`finish` or :meth:`stop`, at any time :meth:`close`.
    """

    @property
    def stop_phase(self) -> StopPhase:
        """When it ends while the server stops."""
        ...

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """Where it listens now, by protocol, with the real ports."""
        ...

    async def listen(self) -> None:
        """Bind every address of the configuration.

        Raises:
            RefusedError: one cannot be bound, or something that it needs cannot be used. What was
                bound is closed by :meth:`close`.
        """
        ...

    async def run(self, *, task_status: trio.TaskStatus[None] = ...) -> None:
        """Accept and serve until cancelled; it has started when all that is bound is heard."""
        ...

    async def prepare(self) -> None:
        """Import and make what the first peer would otherwise wait for: the server has said that it
        is ready."""
        ...

    def configure(self, config: Sections, /) -> None:
        """Go on with another configuration: it holds for what begins from now on."""
        ...

    def close(self) -> None:
        """Stop listening; what is connected goes on. Idempotent."""
        ...

    async def finish(self) -> None:
        """Stop listening, and wait until the last connection has ended by itself."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Stop listening, end every connection in words that its peer hears, and wait for that.

        Args:
            grace_s: how long that may take; what is still open then is cut off.
        """
        ...


class PortlessService:
    """What services have in common that listen nowhere: they serve where others do, or hear what
    becomes of sessions."""

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """None: there is no port to name."""
        return _NOWHERE

    async def listen(self) -> None:
        """There is nothing to bind."""

    def close(self) -> None:
        """There is nothing to close."""


class ListeningService(ABC, Generic[ServedT]):
    """What all services have in common that accept connections, and serve each in a task.

    It is a :class:`Service` but for :meth:`Service.listen`, which binds addresses to the acceptor.
    Connections outlive listeners: closing the listeners lets those that are served finish.

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
        """Stop listening, end every connection, and wait for that; see :meth:`Service.stop`."""
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


def find_web_name(
    rules: Rules, asked: HttpRequest, scheme: str, app: str, name: str
) -> tuple[str, StreamName]:
    """What RTMP would call the URL of an application, and the stream that is asked for there.

    Raises:
        RefusedError: that is no name, or its virtual host is switched off.
    """
    if set("?#") & set(app + name):
        shown = f"{app}/{name}"[:NAME_MOST]
        raise StreamNameError(f"{shown!r} has a ? or # in it")
    params = urlencode(asked.target.query, quote_via=quote)
    url = f"{scheme}://{asked.host or 'localhost'}/{app}"
    return url, find_name(rules, url, app, f"{name}?{params}")


def web_access_request(
    rules: Rules, entry: SessionEntry, asked: HttpRequest, scheme: str, app: str, name: str
) -> AccessRequest:
    """The request for a stream, in whatever form, with all that can be known of who makes it.

    Args:
        entry: the session that it is made in.
        scheme: ``http`` or ``https``.
        app, name: as they are asked for in the path.

    Raises:
        StreamNameError: that is no name.
    """
    url, said = find_web_name(rules, asked, scheme, app, name)
    request = AccessRequest(
        session=entry.id,
        peer=entry.peer,
        protocol=entry.protocol,
        tls=scheme == "https",
        vhost=said.vhost,
        app=said.app,
        name=said.name,
        params=said.params,
        query=said.query,
        tc_url=url,
        page_url=asked.headers.get("referer", ""),
        client=asked.headers.get("user-agent", "")[:NAME_MOST],
        authorization=asked.headers.get("authorization", ""),
    )
    note_origin(entry, url, request.page_url)
    return request


async def connect_web(
    access: AccessControl, bus: Bus, entry: SessionEntry, request: AccessRequest
) -> AccessRequest:
    """Ask whether a session may connect, and tell that it did; the request, with what that granted.

    Raises:
        RefusedError: no.
    """
    granted = await access.connect(attrs.evolve(request, name=""))
    announce_connected(bus, entry, vhost=request.vhost, app=request.app, client=request.client)
    return attrs.evolve(request, granted=granted)
