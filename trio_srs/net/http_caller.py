"""Calls over HTTP to any servers, on connections that are kept for the next. Floor 2."""

from __future__ import annotations

import math
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

import attrs
import trio

from trio_srs.errors import PeerError
from trio_srs.net.dial import DialError, dial
from trio_srs.net.link import Link
from trio_srs.session.base import Need
from trio_srs.session.http_calls import HttpAnswer, HttpCallSession
from trio_srs.wire.http_url import HttpUrl

__all__ = ["AnswerLateError", "HttpCaller", "NoConnectionError"]

_BUFFER: Final = 64 * 1024
_Origin: TypeAlias = "tuple[str, str, int]"
"""Scheme, host and port: what has to be the same for two calls to share a connection."""


class NoConnectionError(PeerError):
    """A call did not get as far as the server. The text says why."""

    code = "no_connection"


class AnswerLateError(PeerError):
    """A server did not give the whole of its answer in time. The text says how much of it."""

    code = "answer_late"


@attrs.define(eq=False)
class _Line:
    """One connection, in use or kept."""

    origin: _Origin
    link: Link[HttpCallSession]
    idle_since: float = 0.0

    @property
    def session(self) -> HttpCallSession:
        return self.link.session

    def close(self) -> None:
        self.link.transport.close()
        self.link.reset()


class HttpCaller:
    """Makes calls, each on a connection of its own, which the next one may have.

    Args:
        most: connections at once; a call beyond that waits for another one's.
        keep_s: how long a connection is kept that nobody uses.
        most_bytes: the longest body of an answer that is taken.
        tls: makes what ``https`` needs, when it is needed.
    """

    def __init__(
        self, most: int, keep_s: float, most_bytes: int, tls: Callable[[], ssl.SSLContext]
    ) -> None:
        self._most, self._keep_s, self._most_bytes, self._tls = most, keep_s, most_bytes, tls
        self._room = trio.Semaphore(most)
        self._buffer = memoryview(bytearray(_BUFFER))
        self._kept: dict[_Origin, deque[_Line]] = {}
        self._count = 0  # of those that are kept

    async def call(
        self,
        url: HttpUrl,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        connect_s: float,
        answer_s: float = math.inf,
    ) -> HttpAnswer:
        """POST a body, or GET where there is none.

        A GET on a connection that was kept, and that breaks before anything of an answer has
        come, is made once more on a new one: the server had closed it meanwhile (RFC 9112, 9.3.1).

        Args:
            connect_s: how long it may take to be connected, and to have room for that.
            answer_s: how long the whole answer may take from then on.

        Raises:
            NoConnectionError: the server cannot have heard of it.
            AnswerLateError: the answer was not there in time.
            PeerError: the connection broke, or what came is no answer; the server may have heard.
        """
        deadline = trio.current_time() + connect_s
        await self._enter(deadline, connect_s)
        try:
            kept = self._kept_to(url)
            if kept is not None:
                try:
                    return await self._call(kept, url, headers, body, answer_s)
                except PeerError as error:
                    is_late = isinstance(error, AnswerLateError)
                    if is_late or body is not None or kept.session.bytes_heard:
                        raise
            line = await self._open(url, deadline)
            return await self._call(line, url, headers, body, answer_s)
        finally:
            self._room.release()

    async def _call(
        self,
        line: _Line,
        url: HttpUrl,
        headers: Mapping[str, str],
        body: bytes | None,
        answer_s: float,
    ) -> HttpAnswer:
        """Have it answered on a connection, which is kept if it may be."""
        answer = None
        try:
            if answer_s == math.inf:
                answer = await _answered(line, url, headers, body)
            else:
                with trio.move_on_after(answer_s):
                    answer = await _answered(line, url, headers, body)
        finally:
            if answer is not None and line.session.may_call:
                self._keep(line)
            else:
                line.close()
        if answer is None:
            heard = line.session.bytes_heard
            what = f"{heard} bytes of an answer and no end" if heard else "no answer"
            raise AnswerLateError(f"{url.shown}: {what} within {answer_s:g} s")
        return answer

    async def _enter(self, deadline: float, connect_s: float) -> None:
        with suppress(trio.WouldBlock):
            self._room.acquire_nowait()
            return
        has_room = False
        with trio.move_on_at(deadline):
            await self._room.acquire()
            has_room = True
        if not has_room:
            raise NoConnectionError(f"no connection was free within {connect_s:g} s")

    def _kept_to(self, url: HttpUrl) -> _Line | None:
        """A connection that is kept, and that the server has not closed."""
        lines = self._kept.get((url.scheme, url.host, url.port))
        while lines:
            line = lines.pop()
            self._count -= 1
            if trio.current_time() - line.idle_since < self._keep_s and self._is_silent(line):
                return line
            line.close()
        return None

    def _is_silent(self, line: _Line) -> bool:
        """Whether nothing came on a connection that is kept: what could come is its end."""
        try:
            line.link.transport.receive_into(self._buffer)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def _open(self, url: HttpUrl, deadline: float) -> _Line:
        if self._count and self._count + self._room_taken > self._most:
            self._close_oldest()
        tls = self._tls() if url.scheme == "https" else None
        patience_s = max(0.0, deadline - trio.current_time())
        try:
            transport = await dial(url.host, url.port, timeout=patience_s, tls=tls)
        except DialError as error:
            raise NoConnectionError(str(error)) from error
        session = HttpCallSession(self._most_bytes)
        link = Link(
            transport, session, buffer=self._buffer, stalled_after=math.inf, on_work=_nobody
        )
        return _Line((url.scheme, url.host, url.port), link)

    @property
    def _room_taken(self) -> int:
        return self._most - self._room.value

    def _keep(self, line: _Line) -> None:
        line.idle_since = trio.current_time()
        self._kept.setdefault(line.origin, deque()).append(line)
        self._count += 1

    def _close_oldest(self) -> None:
        oldest = min(filter(None, self._kept.values()), key=lambda lines: lines[0].idle_since)
        oldest.popleft().close()
        self._count -= 1

    def close_idle(self, for_s: float = 0.0) -> None:
        """Close the connections that nobody has used for so long."""
        until = trio.current_time() - for_s
        for origin, lines in list(self._kept.items()):
            while lines and lines[0].idle_since <= until:
                lines.popleft().close()
                self._count -= 1
            if not lines:
                del self._kept[origin]


async def _answered(
    line: _Line, url: HttpUrl, headers: Mapping[str, str], body: bytes | None
) -> HttpAnswer:
    session, link = line.session, line.link
    session.call(url.authority, url.target, headers, body)
    link.flush()
    if link.busy:
        await link.drained()
    while isinstance(event := session.next_event(), Need):
        if not await link.receive():
            session.receive_end()
    return event


def _nobody() -> None:
    """Whoever calls waits for what is owed by itself."""
