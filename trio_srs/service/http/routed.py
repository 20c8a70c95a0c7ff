"""What another service answers, sent as HTTP wants it. Floor 3."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Iterable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import RefusedError
from trio_srs.net.link import PeerClosedError
from trio_srs.net.reading import After, watching
from trio_srs.service.base import WebAnswer
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_range import (
    RangeNotSatisfiableError,
    is_fresh,
    takes_gzip,
    wanted_range,
)

if TYPE_CHECKING:
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["RoutedAnswer"]


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
        self._waiting = trio.CancelScope()

    def end(self) -> None:
        """The server stops: nothing is waited for any more; what is begun is sent."""
        self._waiting.cancel()

    async def handle(self) -> None:
        """Send it. Raises RefusedError, and PeerError if the client is gone."""
        answer = self._answer
        if inspect.isawaitable(answer):
            answer = await self._wait(answer)
        self._write(answer)
        self._connection.send_pieces()
        if answer.rest is not None and self._asked.method != "HEAD":
            await self._send_rest(answer.rest)
            self._connection.session.finish()

    async def _wait(self, waiting: Awaitable[WebAnswer]) -> WebAnswer:
        """Wait for the answer, unless the client leaves before it is there."""
        link, reader = self._connection.link, self._connection.context.reader
        error: Exception | None = None

        def look(now: float) -> After:
            if link.receive_now(now) == 0:
                raise PeerClosedError(PeerClosedError.TEXT)
            return After.WAIT  # there is another request, which has time

        def fail(wrong: Exception) -> None:
            nonlocal error
            error = wrong
            self._waiting.cancel()

        with self._waiting:
            async with watching(link.transport, reader, look, fail):
                return await waiting
        if error is not None:
            raise error
        raise StoppedWaitingError("the server stops")

    @property
    def is_ready(self) -> bool:
        """Whether all of it is there."""
        answer = self._answer
        return isinstance(answer, WebAnswer) and answer.rest is None

    def send_now(self) -> None:
        """Send what is ready, all at once: what the client does not take is owed to it."""
        assert isinstance(self._answer, WebAnswer)  # it is ready
        self._write(self._answer)
        self._connection.send_pieces()

    def _write(self, answer: WebAnswer) -> None:
        """Say all of it that is there, and if nothing follows, that this is the end."""
        connection, asked = self._connection, self._asked
        fields = {
            "Content-Type": answer.content_type,
            "Cache-Control": answer.cache_control,
            **connection.context.cors(asked),
        }
        if answer.etag:
            fields["ETag"] = answer.etag
        if answer.packed is not None:
            fields["Vary"] = ", ".join(filter(None, (fields.get("Vary"), "Accept-Encoding")))
        if answer.etag and is_fresh(asked.headers, answer.etag):
            connection.session.answer(304, fields)
            return
        size = sum(map(len, answer.chunks))
        start, end, status = 0, size, answer.status
        if answer.has_ranges:
            fields["Accept-Ranges"] = "bytes"
            try:
                part = wanted_range(asked.headers, size, answer.etag)
            except RangeNotSatisfiableError as refusal:
                unknown = {"Content-Range": f"bytes */{size}"}
                connection.answer(asked, 416, unknown, f"{refusal}\n".encode())
                return
            if part is not None:
                start, end, status = part.start, part.end, 206
                fields["Content-Range"] = part.content_range
        if answer.packed is not None and takes_gzip(asked.headers):
            fields |= {"Content-Encoding": "gzip"}
            if answer.etag:
                fields["ETag"] = f"W/{answer.etag}"
            connection.session.answer(status, fields, answer.packed)
            return
        connection.session.begin(status, fields, end - start if answer.rest is None else None)
        for data in answer.chunks if end - start == size else _between(answer.chunks, start, end):
            connection.session.send_body(data)
        if answer.rest is None or asked.method == "HEAD":
            connection.session.finish()

    async def _send_rest(self, rest: AsyncGenerator[bytes, None]) -> None:
        connection = self._connection
        async with aclosing(rest) as pieces:
            async for data in pieces:
                connection.session.send_body(data)
                await connection.flush()


def _between(chunks: Iterable[bytes], start: int, end: int) -> Iterator[memoryview]:
    """The bytes from ``start`` up to ``end``, which are those of the chunks and no copies."""
    pos = 0
    for chunk in chunks:
        low, high = max(start - pos, 0), min(end - pos, len(chunk))
        pos += len(chunk)
        if low < high:
            yield memoryview(chunk)[low:high]
