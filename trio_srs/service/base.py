"""What a service is, and what every service is built on. Floor 3.

A service offers the streams of one server to one kind of peer. Services do not see each other:
what two of them need is lower, and what they share of one server is in :class:`Parts`.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import attrs
import trio

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
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.transport import Transport
from trio_srs.wire.url import StreamNameError

if TYPE_CHECKING:
    from trio_srs.hub.registry import SessionEntry
    from trio_srs.session.file_slice import FileSlice
    from trio_srs.session.http_events import HttpRequest
    from trio_srs.wire.url import StreamName

__all__ = [
    "Parts",
    "PortlessService",
    "PutTap",
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
_NOWHERE: Final[Mapping[str, Sequence[str]]] = {}
Sections = TypeVar("Sections", contravariant=True)


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
    heads: dict[object, tuple[str, bytes]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )
    """For who sends it: what went in front of it, and may again where it is the same; and in which
    second that was, as HTTP says it."""
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
