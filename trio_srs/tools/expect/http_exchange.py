"""One request over HTTP on its own connection, and what servers say that refuse it. Floor 6."""

from __future__ import annotations

import json
import ssl
from contextlib import suppress
from typing import Final

import trio

from trio_srs.errors import PeerError
from trio_srs.net.dial import dial
from trio_srs.net.link import Link
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.net.transport import Transport
from trio_srs.session.base import Need
from trio_srs.session.http_client import HttpClientEvent, HttpClientSession
from trio_srs.session.http_events import HttpBody, HttpHead
from trio_srs.version import VERSION
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

__all__ = ["REDIRECTS", "HttpExchange", "HttpStatusError", "ask", "redirected", "refusal"]

_BUFFER: Final = 256 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_WORDS: Final = 2000
"""Bytes that are read of an answer that is no stream."""
_SENTENCES: Final = ("detail", "message", "title", "error")
"""Fields of JSON in which servers say what is wrong, the most telling first (RFC 9457; ours)."""


class HttpStatusError(PeerError):
    """The server answered with something else than the stream. The text has its words."""

    code = "http_status"


class HttpExchange:
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


def redirected(url: HttpUrl, location: str) -> HttpUrl:
    """Where a redirect leads. Raises HttpStatusError."""
    try:
        return url.join(location)
    except UrlError as error:
        raise HttpStatusError(f"{url.shown}: the server sends us elsewhere: {error}") from error


async def ask(
    url: HttpUrl, settings: ClientSettings, deadline: float
) -> tuple[HttpExchange, HttpHead]:
    """Connect and ask; the connection is the caller's to close. Raises PeerError."""
    left = max(deadline - trio.current_time(), 0.001)
    tls = (settings.tls or ssl.create_default_context()) if url.scheme == "https" else None
    transport = await dial(url.host, url.port, timeout=left, tls=tls)
    exchange = HttpExchange(url, transport, settings)
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
    if head.status in REDIRECTS and where is not None:
        return f"{words} (to {where}): only one redirect is followed"
    return words


async def refusal(
    url: HttpUrl, exchange: HttpExchange, head: HttpHead, deadline: float
) -> HttpStatusError:
    """What is wrong with an answer that is not 200, in the server's words."""
    words = await _said(exchange, head, deadline)
    return HttpStatusError(f"{url.shown}: the server answered {_in_words(head)}{words}")


async def _said(exchange: HttpExchange, head: HttpHead, deadline: float) -> str:
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
