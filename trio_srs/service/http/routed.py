"""What another service answers, sent as HTTP wants it. Floor 3."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.net.link import PeerClosedError
from trio_srs.net.read_source import After
from trio_srs.net.reading import watching
from trio_srs.service.base import WebAnswer
from trio_srs.service.web.date import http_date
from trio_srs.session.file_slice import FileSlice, Piece
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_range import (
    RangeNotSatisfiableError,
    is_fresh,
    takes_gzip,
    wanted_range,
)

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection
    from trio_srs.service.http.context import Fields

__all__ = ["RoutedAnswer"]

_NO_HEAD: Final = ("", b"")


class StoppedWaitingError(RefusedError):
    """What was asked for was waited for, and the server stops."""

    code = "server_is_stopping"
    http_status = 503


class RoutedAnswer:
    """One answer to one client, as soon as it is there and at the client's pace.

    Args:
        answer: it, or what to wait for.
    """

    def __init__(
        self,
        connection: HttpConnection,
        asked: HttpRequest,
        answer: WebAnswer | Awaitable[WebAnswer],
    ) -> None:
        self._connection, self._asked, self._answer = connection, asked, answer
        self._waiting: trio.CancelScope | None = None

    def end(self) -> None:
        """The server stops: nothing is waited for any more; what is begun is sent."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def handle(self) -> None:
        """Send it. Raises RefusedError, and PeerError if the client is gone."""
        answer = self._answer
        if inspect.isawaitable(answer):
            answer = await self._wait(answer)
        _write_answer(self._connection, self._asked, answer)
        self._connection.send_pieces()
        if answer.rest is not None and self._asked.method != "HEAD":
            await self._send_rest(answer.rest)
            self._connection.session.finish()

    async def _wait(self, waiting: Awaitable[WebAnswer]) -> WebAnswer:
        """Wait for the answer, unless the client leaves before it is there."""
        link, reader = self._connection.link, self._connection.context.reader
        error: Exception | None = None
        scope = self._waiting = trio.CancelScope()

        def look(now: float) -> After:
            if link.receive_now(now) == 0:
                raise PeerClosedError(PeerClosedError.TEXT)
            return After.WAIT  # there is another request, which has time

        def fail(wrong: Exception) -> None:
            nonlocal error
            error = wrong
            scope.cancel()

        with scope:
            async with watching(link.transport, reader, look, fail):
                return await waiting
        if error is not None:
            raise error
        raise StoppedWaitingError("the server stops")

    def send_now(self, now: float) -> bool:
        """Send what is there already, and all of it; see :meth:`.ReadyHandler.send_now`."""
        connection, asked, answer = self._connection, self._asked, self._answer
        if not isinstance(answer, WebAnswer) or answer.rest is not None:
            return False
        pieces = _plain_answer(connection, asked, answer)
        if pieces is not None:
            connection.session.plain_answered(now)
            connection.link.say_all(pieces)
        else:
            connection.session.next_event()
            _write_answer(connection, asked, answer)
            connection.send_pieces()
            connection.session.next_request(now)
        return True

    async def _send_rest(self, rest: AsyncGenerator[bytes, None]) -> None:
        connection = self._connection
        async with aclosing(rest) as pieces:
            async for data in pieces:
                connection.session.send_body(data)
                await connection.flush()


def _plain_answer(
    connection: HttpConnection, asked: HttpRequest, answer: WebAnswer
) -> Sequence[Piece] | None:
    """All that is said to a plain request (:attr:`.HttpServerSession.plain_request`); None if that
    depends on what the client has, or wants of it."""
    headers = asked.headers
    if "range" in headers or "if-none-match" in headers or asked.method != "GET":
        return None
    packed = answer.is_text and takes_gzip(headers)
    body = (answer.packed,) if packed else answer.chunks
    key = packed, connection.context.cors(asked)
    date, head = answer.heads.get(key, _NO_HEAD)
    if date != (now := http_date()):
        fields, size = _fields(answer, key[1], packed=packed), sum(map(len, body))
        head = connection.session.plain_head(answer.status, fields, size)
        answer.heads[key] = now, head
    return head, *body


def _write_answer(connection: HttpConnection, asked: HttpRequest, answer: WebAnswer) -> None:
    """Say all of it that is there, or the part that is wanted; and if nothing follows, that this is
    the end."""
    session, cors = connection.session, connection.context.cors(asked)
    if answer.etag and is_fresh(asked.headers, answer.etag):
        session.answer(304, _fields(answer, cors))
        return
    size, packed = sum(map(len, answer.chunks)), answer.is_text and takes_gzip(asked.headers)
    if packed:
        session.answer(answer.status, _fields(answer, cors, packed=True), answer.packed)
        return
    start, end, status, fields = 0, size, answer.status, _fields(answer, cors)
    if answer.has_ranges:
        try:
            part = wanted_range(asked.headers, size, answer.etag)
        except RangeNotSatisfiableError as refusal:
            unknown = {"Content-Range": f"bytes */{size}"}
            connection.answer(asked, 416, unknown, f"{refusal}\n".encode())
            return
        if part is not None:
            start, end, status = part.start, part.end, 206
            fields["Content-Range"] = part.content_range
    session.begin(status, fields, end - start if answer.rest is None else None)
    for data in answer.chunks if end - start == size else _between(answer.chunks, start, end):
        session.send_body(data)
    if answer.rest is None or asked.method == "HEAD":
        session.finish()


def _fields(answer: WebAnswer, cors: Fields, *, packed: bool = False) -> dict[str, str]:
    """What is said with it, whatever of it was asked for."""
    fields = {"Content-Type": answer.content_type, "Cache-Control": answer.cache_control}
    fields |= cors
    if answer.etag:
        fields["ETag"] = f"W/{answer.etag}" if packed else answer.etag
    if answer.is_text:
        fields["Vary"] = ", ".join(filter(None, (fields.get("Vary"), "Accept-Encoding")))
    if answer.has_ranges:
        fields["Accept-Ranges"] = "bytes"
    if packed:
        fields["Content-Encoding"] = "gzip"
    return fields


def _between(
    chunks: Iterable[bytes | FileSlice], start: int, end: int
) -> Iterator[memoryview | FileSlice]:
    """The bytes from ``start`` up to ``end``, which are those of the chunks and no copies."""
    pos = 0
    for chunk in chunks:
        low, high = max(start - pos, 0), min(end - pos, len(chunk))
        pos += len(chunk)
        if low < high:
            view = chunk if isinstance(chunk, FileSlice) else memoryview(chunk)
            yield view[low:high]
