"""An RTMP client: connect to a server, ask, and have the answer. Floor 2.

What comes after that is in :mod:`~trio_srs.net.rtmp_publisher` and
:mod:`~trio_srs.net.rtmp_player`, for tools, tests and relays alike.

Whatever the network or the server does wrong is a :class:`~trio_srs.errors.PeerError` with
the server's name and words in it. How long anything may take besides connecting is for the
caller's cancel scopes to say.
"""

from __future__ import annotations

import secrets
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import ClassVar, Final, Literal, TypeVar

import attrs
import trio

from trio_srs.errors import PeerError
from trio_srs.net.dial import dial
from trio_srs.net.link import Link
from trio_srs.net.nursery import ungrouped
from trio_srs.net.transport import Transport
from trio_srs.session.base import Need
from trio_srs.session.rtmp_client import ClientOptions, RtmpClientSession
from trio_srs.session.rtmp_events import (
    HandshakeDone,
    PlayStarted,
    PublishStarted,
    Refused,
    RtmpClientEvent,
    StatusReceived,
)
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES, HandshakeKind
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusLevel
from trio_srs.wire.url import RtmpUrl, UrlError

__all__ = [
    "DEFAULT_SETTINGS",
    "ClientSettings",
    "NoAnswerError",
    "RtmpClient",
    "ServerClosedError",
    "ServerRefusedError",
    "client_tls",
    "open_client",
]

_BUFFER: Final = 256 * 1024


class ServerRefusedError(PeerError):
    """The server said no. The text has its code and its sentence."""

    code = "server_refused"

    def __init__(self, target: str, status: str, description: str) -> None:
        super().__init__(
            f"{target}: {status}: {description}" if description else f"{target}: {status}"
        )
        self.status, self.description = status, description


class ServerClosedError(PeerError):
    """The server ended the connection, or the publish, before we did."""

    code = "server_closed"


class NoAnswerError(PeerError):
    """The server was reached and did not answer in time."""

    code = "no_answer"


@attrs.frozen(kw_only=True)
class ClientSettings:
    """How to connect, and for how long to wait for what."""

    timeout_s: float = 10.0
    """For all of it: name lookup, connecting, TLS, handshake, and the answer to our request."""
    stalled_after_s: float = 10.0
    """Without one byte taken by the server, while we have something to send."""
    finish_timeout_s: float = 5.0
    """For the server to close the connection, after we said that we have published it all."""
    tls: ssl.SSLContext | None = None
    """For ``rtmps://``; :func:`client_tls` makes one. None trusts what the system trusts."""
    digest: bool = False
    """Offer the digest form of the handshake, as Flash did."""
    buffer_ms: int = 3000
    """What a player says it buffers."""


ClientT = TypeVar("ClientT", bound="RtmpClient")
DEFAULT_SETTINGS: Final = ClientSettings()


def client_tls(*, insecure: bool = False) -> ssl.SSLContext:
    """A context that trusts the system's authorities, or, if ``insecure``, anybody at all."""
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class RtmpClient:
    """One connection to a server, as publisher or as player.

    Attributes:
        url: what was asked for.
        target: the same for messages, without its parameters, as they may be secret.
        handshake: the kind of handshake, once it is done.
        statuses: what the server said besides its answers, in order.
    """

    purpose: ClassVar[Literal["publish", "play"]]
    session_type: ClassVar[type[RtmpClientSession]] = RtmpClientSession

    def __init__(self, url: RtmpUrl, transport: Transport, settings: ClientSettings) -> None:
        self.url = url
        self.target = _without_parameters(url)
        self.settings = settings
        self.handshake: HandshakeKind | None = None
        self.statuses: list[StatusReceived] = []
        self.session = self.session_type(
            random=secrets.token_bytes(RANDOM_BYTES),
            now=trio.current_time(),
            options=ClientOptions(
                app=url.app,
                tc_url=url.tc_url,
                stream=url.stream_key,
                purpose=self.purpose,
                digest=settings.digest,
                buffer_ms=settings.buffer_ms,
            ),
        )
        self.link = Link(
            transport,
            self.session,
            buffer=memoryview(bytearray(_BUFFER)),
            stalled_after=settings.stalled_after_s,
            on_work=self._on_work,
        )
        self._early: deque[Message] = deque()
        self._work = trio.Event()
        self._changed = trio.Event()
        self._failure: PeerError | None = None

    # ------------------------------------------------------------- in the background

    def _on_work(self) -> None:
        self._work.set()

    async def _write(self) -> None:
        """Send what is owed, whenever something is."""
        while True:
            await self._work.wait()
            self._work = trio.Event()
            await self.link.drained()
            self._change()

    async def _guard(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run a background task; the peer's fault in it is raised by who waits for the peer."""
        try:
            await run()
        except PeerError as error:
            self._fail(error)

    def _fail(self, error: PeerError) -> None:
        self._failure = self._failure or error
        self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _drained(self) -> None:
        """Wait until the server has taken what we said. Raises PeerError."""
        await trio.lowlevel.checkpoint()
        self._check()
        while self.link.busy:
            await self._changed.wait()
            self._check()

    # ---------------------------------------------------------------- what comes in

    async def _next_event(self) -> RtmpClientEvent | None:
        """The next event, or None when the server has closed the connection."""
        while True:
            event = self.session.next_event()
            if not isinstance(event, Need):
                break
            self.link.flush()
            if not await self.link.receive():
                return None
        match event:
            case HandshakeDone(kind):
                self.handshake = kind
            case StatusReceived(level=StatusLevel.ERROR, code=code, description=description):
                raise ServerRefusedError(self.target, code, description)
            case StatusReceived():
                self.statuses.append(event)
            case Refused(code, description):
                raise ServerRefusedError(self.target, code, description)
        return event

    async def _ask(self, deadline: float) -> None:
        """Shake hands and ask; return when the server has accepted. Raises PeerError."""
        with trio.CancelScope(deadline=deadline) as patience:
            await self._asked()
        if patience.cancelled_caught:
            raise NoAnswerError(
                f"{self.target}: no answer to our {self.purpose} "
                f"within {self.settings.timeout_s:g} s"
            )

    async def _asked(self) -> None:
        self.session.begin()
        self.link.flush()
        while True:
            event = await self._next_event()
            if event is None:
                raise self._closed(f"before it answered our {self.purpose}")
            if isinstance(event, PublishStarted | PlayStarted):
                return
            if isinstance(event, Message):  # some servers begin before they say so
                self._early.append(event)
                return

    # ---------------------------------------------- what the two do differently

    async def _listen(self) -> None:
        """Run in the background from the server's answer on."""

    async def finish(self) -> None:
        """End in good order; called when the block ends in good order. Raises PeerError."""

    async def _leave(self) -> None:
        """Close, with nothing left in the background."""

    def _closed(self, when: str) -> ServerClosedError:
        last = self.statuses[-1:]
        said = "".join(
            f": {part}" for each in last for part in (each.code, each.description) if part
        )
        return ServerClosedError(f"{self.target}: the server closed the connection {when}{said}")


@asynccontextmanager
async def open_client(
    role: type[ClientT], url: RtmpUrl | str, settings: ClientSettings = DEFAULT_SETTINGS
) -> AsyncIterator[ClientT]:
    """Connect, and be a client of this kind; the block begins when the server has accepted.

    Leaving the block ends it in good order (:meth:`RtmpClient.finish`); an exception in it closes
    the connection at once.

    Raises:
        UrlError: not an RTMP URL, or one without a stream name.
        DialError: there is no connection.
        ServerRefusedError: the server said no.
        NoAnswerError: the server did not answer in time.
        PeerError: anything else the other side did.
    """
    if isinstance(url, str):
        url = RtmpUrl.parse(url)
    if not url.stream:
        raise UrlError(f"{_without_parameters(url)} names no stream: expected .../app/stream")
    deadline = trio.current_time() + settings.timeout_s
    client = role(url, await _dial(url, settings), settings)
    try:
        async with ungrouped(), trio.open_nursery() as background:
            background.start_soon(client._guard, client._write)
            await client._ask(deadline)
            background.start_soon(client._guard, client._listen)
            yield client
            await client.finish()
            background.cancel_scope.cancel()
        await client._leave()
    finally:
        client.link.transport.close()


async def _dial(url: RtmpUrl, settings: ClientSettings) -> Transport:
    tls = None
    if url.scheme == "rtmps":
        tls = settings.tls or client_tls()
    return await dial(url.host, url.port, timeout=settings.timeout_s, tls=tls)


def _without_parameters(url: RtmpUrl) -> str:
    return str(attrs.evolve(url, app=url.app.partition("?")[0], query=""))
