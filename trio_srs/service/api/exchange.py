"""One request to an ASGI application, and its answer, on a connection of ours. Floor 3.

Source: the ASGI specification, version 2.4 of its HTTP messages (asgi.readthedocs.io).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import trio

from trio_srs.errors import PeerError
from trio_srs.net.link import PeerClosedError
from trio_srs.net.read_source import After
from trio_srs.net.reading import read_from
from trio_srs.session.http_events import HttpBody, HttpRequest, joined
from trio_srs.wire.networks import UNIX

if TYPE_CHECKING:
    from trio_srs.service.api.names import Asgi
    from trio_srs.service.api.plain_requests import PlainAnswer
    from trio_srs.service.web.connection import WebConnection

__all__ = ["AsgiExchange", "ReadyExchange", "peer_of"]

_GONE: Final[Mapping[str, Any]] = {"type": "http.disconnect"}
_ASGI: Final = {"version": "3.0", "spec_version": "2.4"}
_LENGTH: Final = "content-length"


class AsgiExchange:
    """Lets an application answer one request.

    Args:
        app: the application, as soon as it is there.
    """

    def __init__(
        self,
        connection: WebConnection,
        asked: HttpRequest,
        app: Callable[[], Awaitable[Asgi]],
    ) -> None:
        self._connection, self._asked, self._app = connection, asked, app
        self._scope = trio.CancelScope()
        self._is_heard = False  # all of the request
        self._head: tuple[int, dict[str, str]] | None = None  # of the answer, until it is said
        self._is_whole = False  # the answer
        self._waiting = trio.CancelScope()  # for the client to be gone
        self._is_gone = False  # the client, as the application was told
        self._error: PeerError | None = None

    def end(self) -> None:
        """Nothing: the application has its own way to know that the server stops."""

    async def handle(self) -> None:
        """Have it answered.

        Raises:
            PeerError: the client has gone, or what it says is no HTTP.
            RuntimeError: the application has not said all of its answer.
        """
        app = await self._app()
        with self._scope:
            await app(self._asgi_scope(), self._receive, self._send)
        if self._error is not None:
            raise self._error
        if self._is_gone and not self._is_whole:  # nobody is owed the rest of it
            raise PeerClosedError(PeerClosedError.TEXT)
        if not self._is_whole:
            raise RuntimeError(f"the answer to {self._asked.line[:200]} was not finished")

    def _asgi_scope(self) -> dict[str, Any]:
        connection, asked = self._connection, self._asked
        method, _, target = asked.line.partition(" ")
        front = len(asked.target.authority)  # of a whole URL, which is the path's business alone
        if front:
            target = "/" + target.partition("://")[2][front:].removeprefix("/")
        path, _, query = target.partition("?")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": asked.version,
            "method": method,
            "scheme": connection.protocol,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": _encoded(asked.headers),
            "client": peer_of(connection.client_of(asked)),
            "server": peer_of(connection.link.transport.local),
        }

    async def _receive(self) -> Mapping[str, Any]:
        """The next of the body; behind it, that the client has gone, or has its answer."""
        connection = self._connection
        if self._is_heard:
            return await self._wait_until_gone()
        try:
            connection.session.proceed()
            event = await connection.next_event()
        except PeerClosedError:  # it may hear yet what is wrong with half a body
            self._is_gone = True
            return _GONE
        except PeerError as error:
            await self._give_up(error)
        if isinstance(event, HttpBody):
            return {"type": "http.request", "body": event.data, "more_body": True}
        self._is_heard = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _wait_until_gone(self) -> Mapping[str, Any]:
        connection = self._connection
        link = connection.link

        def look(now: float) -> After:
            # There may be another request, which has time.
            return After.OVER if link.receive_now(now) == 0 else After.WAIT

        try:
            with trio.CancelScope() as self._waiting:
                if not self._is_whole:  # else the next of its requests is none of this one's
                    await read_from(link.transport, connection.reader, look)
                    self._is_gone = True
        except PeerError as error:
            await self._give_up(error)
        return _GONE

    async def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            fields = joined(message.get("headers", ()))
            self._head = message["status"], fields
            return
        session, body = self._connection.session, message.get("body", b"")
        is_last = not message.get("more_body", False)
        if self._head is not None:
            (status, fields), self._head = self._head, None
            said = fields.pop(_LENGTH, None)
            length = int(said) if said is not None else len(body) if is_last else None
            session.begin(status, fields, length)
        session.send_body(body)
        if is_last:
            session.finish()
            self._is_whole = True
            self._waiting.cancel()
        self._connection.send_pieces()
        if self._connection.link.busy:
            try:
                await self._connection.link.drained()
            except PeerError as error:
                await self._give_up(error)

    async def _give_up(self, error: PeerError) -> None:
        """End the application: there is nobody whom it could answer."""
        self._error = error
        self._scope.cancel()
        await trio.sleep_forever()


class ReadyExchange:
    """Says an answer that is there."""

    def __init__(self, connection: WebConnection, answer: PlainAnswer) -> None:
        self._connection, self._answer = connection, answer

    def end(self) -> None:
        """Nothing: it is said at once."""

    async def handle(self) -> None:
        """Nobody asks for this."""
        raise AssertionError(self._answer.status)

    def send_now(self, now: float) -> bool:
        """Say it: that is always possible."""
        session, answer = self._connection.session, self._answer
        head = session.plain_head(answer.status, answer.fields, len(answer.body))
        session.plain_answered(now)
        self._connection.link.say_all((head, answer.body))
        return True


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def peer_of(address: str) -> tuple[str, int] | None:
    """Host and port of an address as it is shown; None for one without."""
    if address == UNIX:
        return None
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
