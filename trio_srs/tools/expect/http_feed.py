"""A stream over HTTP, as a player reads it: FLV, MPEG-TS or fragmented MP4. Floor 6."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import chain
from typing import Final, Self

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.media.report import Conduct, Oddity
from trio_srs.net.dial import dial
from trio_srs.net.link import Link
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.net.transport import Transport
from trio_srs.session.base import Need
from trio_srs.session.http_client import HttpClientEvent, HttpClientSession
from trio_srs.session.http_events import HttpBody, HttpHead
from trio_srs.tools.expect.container_reader import ContainerReader, container_reader
from trio_srs.version import VERSION
from trio_srs.wire.container import Container, UnknownContainerError, find_container
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.url import UrlError

__all__ = ["HttpFeed", "HttpStatusError", "open_http"]

_BUFFER: Final = 256 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_MOST_WORDS: Final = 2000
"""Bytes that are read of an answer that is no stream."""
_SENTENCES: Final = ("detail", "message", "title", "error")
"""Fields of JSON in which servers say what is wrong, the most telling first (RFC 9457; ours)."""
_FLOWS: Final = {
    Container.FLV: "HTTP-FLV",
    Container.TS: "HTTP-TS",
    Container.MP4: "HTTP-MP4",
}
CONTENT_TYPES: Final = {
    "video/x-flv": Container.FLV,
    "video/flv": Container.FLV,
    "video/mp2t": Container.TS,
    "video/mp4": Container.MP4,
    "audio/mp4": Container.MP4,
}
"""What servers call these; whatever they say, the first bytes decide."""


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


class HttpFeed:
    """A stream that a server sends over HTTP: iterate over its messages.

    Attributes:
        target: the URL for messages, without its parameters, which may be secret.
        container: what the stream is in; None before the server has sent enough of it to tell.
        end: why the iteration ended; None while it goes on.
        ended: the same in words.
    """

    def __init__(self, target: str, exchange: _Exchange, fields: Mapping[str, str]) -> None:
        """
        Args:
            fields: of the head of the answer, by names in lower case.
        """
        self.target = target
        self.container: Container | None = None
        self.end: EndReason | None = None
        self.ended = ""
        self._server = fields.get("server")
        self._type = fields.get("content-type", "").partition(";")[0].strip().lower()
        self._exchange = exchange
        self._reader: ContainerReader | None = None
        self._head = b""
        self._messages: Iterator[Message] = iter(())

    @property
    def has_messages(self) -> bool:
        """Whether the messages are the server's, and not made of what is in another container."""
        return self._reader is None or self._reader.has_messages

    @property
    def conduct(self) -> Conduct:
        """How the server behaves, as far as it was read."""
        if self._reader is None or self.container is None:
            return Conduct(flow="HTTP", client=self._server)
        odd = self._reader.oddities()
        if CONTENT_TYPES.get(self._type, self.container) is not self.container:
            detail = f"Content-Type {self._type}, and it is {self.container}"
            odd = (Oddity(code="content_type", detail=detail), *odd)
        return Conduct(flow=_FLOWS[self.container], client=self._server, oddities=odd)

    def __aiter__(self) -> Self:
        """Iterate over audio, video and data messages."""
        return self

    async def __anext__(self) -> Message:
        """The next message.

        Raises:
            StopAsyncIteration: the server has sent it all.
            UnknownContainerError: it is no stream, or none that is read.
            FlvError: it is FLV that cannot be read on.
            HttpError: the answer broke off.
            PeerGoneError: the connection broke.
        """
        while (message := next(self._messages, None)) is None:
            if self.end is not None:
                raise StopAsyncIteration
            match await self._exchange.next_event():
                case HttpBody(data):
                    self._messages = self._read(data)
                case _:
                    self.end, self.ended = EndReason.PEER_FIN, "the server ended the answer"
                    self._messages = self._finish()
        return message

    def _read(self, data: bytes) -> Iterator[Message]:
        if self._reader is None:
            data = self._head = self._head + data
            self._find(is_all=False)
        return iter(()) if self._reader is None else self._reader.feed(data)

    def _finish(self) -> Iterator[Message]:
        if self._reader is not None:
            return self._reader.finish()
        self._find(is_all=True)
        assert self._reader is not None  # or an error says why not
        return chain(self._reader.feed(self._head), self._reader.finish())

    def _find(self, *, is_all: bool) -> None:
        """Find out what it is. Raises UnknownContainerError."""
        may_be_inside = CONTENT_TYPES.get(self._type) is Container.TS
        try:
            self.container = find_container(self._head, may_be_inside=may_be_inside, is_all=is_all)
        except UnknownContainerError as error:
            said = f"Content-Type {self._type}" if self._type else "no Content-Type"
            raise UnknownContainerError(f"{self.target} ({said}): {error}") from error
        if self.container is not None:
            self._reader = container_reader(self.container)


@asynccontextmanager
async def open_http(url: HttpUrl, settings: ClientSettings) -> AsyncIterator[HttpFeed]:
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
            words = await _said(exchange, head, deadline)
            raise HttpStatusError(f"{url.shown}: the server answered {_in_words(head)}{words}")
        yield HttpFeed(url.shown, exchange, head.headers)
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


async def _said(exchange: _Exchange, head: HttpHead, deadline: float) -> str:
    """What an answer that is no stream says beyond its status, as the end of a sentence."""
    body = b""
    with suppress(PeerError), trio.CancelScope(deadline=deadline):
        while len(body) < _MOST_WORDS:
            match await exchange.next_event():
                case HttpBody(data):
                    body += data
                case _:
                    break
    kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
    words = _of_json(body) if kind.endswith("json") else ""
    if kind == "text/plain":
        words = body[:_MOST_WORDS].decode(errors="replace")
    line = words.strip().partition("\n")[0].strip()
    return f": {line}" if line and line.isprintable() else ""


def _of_json(body: bytes) -> str:
    """The sentence in what servers answer where something is wrong; empty if there is none."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    fields = said if isinstance(said, dict) else {}
    return next((it for key in _SENTENCES if isinstance(it := fields.get(key), str)), "")


def _nobody() -> None:
    """Nobody waits for room to write in: the request is all there is, and it is waited for."""
