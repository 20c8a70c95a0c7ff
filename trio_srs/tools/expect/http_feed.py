"""A stream over HTTP, as a player reads it: FLV, MPEG-TS or fragmented MP4. Floor 6."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import chain
from typing import Final, Self

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.media.report import Conduct, Oddity
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.session.http_events import HttpBody
from trio_srs.tools.expect.container_reader import ContainerReader, container_reader
from trio_srs.tools.expect.http_exchange import REDIRECTS, HttpExchange, ask, redirected, refusal
from trio_srs.wire.container import Container, UnknownContainerError, find_container
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.rtmp.message import Message

__all__ = ["HttpFeed", "ListedElsewhereError", "open_http"]

_OK: Final = 200
_FLOWS: Final = {
    Container.FLV: "HTTP-FLV",
    Container.TS: "HTTP-TS",
    Container.MP4: "HTTP-MP4",
}
_PLAYLIST: Final = b"#EXTM3U"
_MANIFEST: Final = b"<MPD"
_MOST_HEAD: Final = 2000
CONTENT_TYPES: Final = {
    "video/x-flv": Container.FLV,
    "video/flv": Container.FLV,
    "video/mp2t": Container.TS,
    "video/mp4": Container.MP4,
    "audio/mp4": Container.MP4,
}
"""What servers call these; whatever they say, the first bytes decide."""


class ListedElsewhereError(PeerError):
    """The answer is a playlist or a manifest: what is to be looked at is what it lists."""

    code = "listed_elsewhere"


class HttpFeed:
    """A stream that a server sends over HTTP: iterate over its messages.

    Attributes:
        target: the URL for messages, without its parameters, which may be secret.
        container: what the stream is in; None before the server has sent enough of it to tell.
        end: why the iteration ended; None while it goes on.
        ended: the same in words.
    """

    def __init__(self, target: str, exchange: HttpExchange, fields: Mapping[str, str]) -> None:
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
            ListedElsewhereError: it is a playlist or a manifest.
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
        if self._head.startswith(_PLAYLIST) or _MANIFEST in self._head[:_MOST_HEAD]:
            raise ListedElsewhereError(f"{self.target} is a list of segments")
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
    exchange, head = await ask(url, settings, deadline)
    try:
        if head.status in REDIRECTS and "location" in head.headers:
            exchange.close()
            url = redirected(url, head.headers["location"])
            exchange, head = await ask(url, settings, deadline)
        if head.status != _OK:
            raise await refusal(url, exchange, head, deadline)
        yield HttpFeed(url.shown, exchange, head.headers)
    finally:
        exchange.close()
