"""FLV over HTTP, as a player reads it. Floor 6."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.media.report import Conduct
from trio_srs.net.dial import dial
from trio_srs.net.link import Link
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.net.transport import Transport
from trio_srs.session.base import Need
from trio_srs.session.http_client import HttpClientEvent, HttpClientSession
from trio_srs.session.http_events import HttpBody, HttpHead
from trio_srs.version import VERSION
from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.flv.tag_messages import message_of
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.url import UrlError

__all__ = ["HttpFlvFeed", "HttpStatusError", "open_http_flv"]

_BUFFER: Final = 256 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200


class HttpStatusError(PeerError):
    """The server answered with something else than the stream. The text has its words."""

    code = "http_status"


class _Exchange:
    """One request on a connection of its own."""

    def __init__(self, url: HttpUrl, transport: Transport, settings: ClientSettings) -> None:
        self._session = HttpClientSession(
            url.authority, url.target, {"User-Agent": f"trio-srs/{VERSION}"}
        )
        self._link = Link(
            transport,
            self._session,
            buffer=memoryview(bytearray(_BUFFER)),
            stalled_after=settings.stalled_after_s,
            on_work=_nobody,
        )

    async def head(self) -> HttpHead:
        """Ask, and wait for the head of the answer. Raises PeerError."""
        self._link.flush()
        await self._link.drained()
        event = await self.next_event()
        assert isinstance(event, HttpHead)  # h11 sees to it
        return event

    async def next_event(self) -> HttpClientEvent:
        """The next event. Raises PeerError."""
        while isinstance(event := self._session.next_event(), Need):
            if not await self._link.receive():
                self._session.receive_end()
        return event

    def close(self) -> None:
        self._link.transport.close()
        self._link.reset()


class HttpFlvFeed:
    """A stream that a server sends as FLV over HTTP: iterate over its messages.

    Attributes:
        target: the URL for messages, without its parameters, which may be secret.
        conduct: how the server behaves.
        end: why the iteration ended; None while it goes on.
        ended: the same in words.
    """

    def __init__(self, target: str, exchange: _Exchange, server: str | None) -> None:
        self.target = target
        self.conduct = Conduct(flow="HTTP-FLV", client=server)
        self.end: EndReason | None = None
        self.ended = ""
        self._exchange = exchange
        self._flv = FlvReader()

    def __aiter__(self) -> Self:
        """Iterate over audio, video and data messages."""
        return self

    async def __anext__(self) -> Message:
        """The next message.

        Raises:
            StopAsyncIteration: the server has sent it all.
            FlvError: it is no FLV.
            HttpError: the answer broke off.
            PeerGoneError: the connection broke.
        """
        while self.end is None:
            if (tag := self._flv.next_tag()) is not None:
                return message_of(tag)
            match await self._exchange.next_event():
                case HttpBody(data):
                    self._flv.feed(data)
                case _:
                    self.end, self.ended = EndReason.PEER_FIN, "the server ended the answer"
        raise StopAsyncIteration


@asynccontextmanager
async def open_http_flv(url: HttpUrl, settings: ClientSettings) -> AsyncIterator[HttpFlvFeed]:
    """Ask for a stream; the block begins when the server has begun to answer.

    One redirect is followed.

    Raises:
        DialError: there is no connection.
        HttpStatusError: the answer is no stream, or one redirect too many.
        NoAnswerError: the server did not answer in time.
        PeerError: anything else the other side did.
    """
    deadline = trio.current_time() + settings.timeout_s
    exchange, head = await _ask(url, settings, deadline)
    try:
        if head.status in _REDIRECTS and "location" in head.headers:
            exchange.close()
            url = _redirected(url, head.headers["location"])
            exchange, head = await _ask(url, settings, deadline)
        if head.status != _OK:
            raise HttpStatusError(f"{url.shown}: the server answered {_in_words(head)}")
        yield HttpFlvFeed(url.shown, exchange, head.headers.get("server"))
    finally:
        exchange.close()


def _redirected(url: HttpUrl, location: str) -> HttpUrl:
    try:
        return url.join(location)
    except UrlError as error:
        raise HttpStatusError(f"{url.shown}: the server sends us elsewhere: {error}") from error


async def _ask(
    url: HttpUrl, settings: ClientSettings, deadline: float
) -> tuple[_Exchange, HttpHead]:
    """Connect and ask; the connection is the caller's to close."""
    left = max(deadline - trio.current_time(), 0.001)
    tls = (settings.tls or ssl.create_default_context()) if url.scheme == "https" else None
    transport = await dial(url.host, url.port, timeout=left, tls=tls)
    exchange = _Exchange(url, transport, settings)
    try:
        with trio.CancelScope(deadline=deadline):
            return exchange, await exchange.head()
    except BaseException:
        exchange.close()
        raise
    exchange.close()
    raise NoAnswerError(f"{url.shown}: no answer within {settings.timeout_s:g} s")


def _in_words(head: HttpHead) -> str:
    words = f"{head.status} {head.reason}".rstrip()
    where = head.headers.get("location")
    if head.status in _REDIRECTS and where is not None:
        return f"{words} (to {where}): only one redirect is followed"
    return words


def _nobody() -> None:
    """Nobody waits for room to write in: the request is all there is, and it is waited for."""
