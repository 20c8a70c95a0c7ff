"""One HTTP/1.1 request and its answer, as a client sees them; the bytes are h11's part. Floor 1.

Made for answers without an end, such as FLV over HTTP: what of a body has come is handed on at
once, chunked or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

import h11

from trio_srs.errors import ProtocolError
from trio_srs.session.base import NEED_DATA, Need
from trio_srs.session.http_events import HttpBody, HttpEnd, HttpHead, joined

__all__ = ["HttpClientEvent", "HttpClientSession", "HttpError"]

MAX_HEAD: Final = 64 * 1024


class HttpError(ProtocolError):
    """The server's answer is no HTTP, or broke off. The text says what was wrong."""

    code = "http_error"


HttpClientEvent: TypeAlias = HttpHead | HttpBody | HttpEnd


class HttpClientSession:
    """A GET on a connection of its own: say it, then ask for events until the end.

    It keeps the promises of :class:`~trio_srs.session.base.Session`; time is nothing to it.

    Args:
        authority: the ``Host`` header.
        target: path and query.
        headers: what else to say.
    """

    def __init__(
        self, authority: str, target: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        said = {"Host": authority, "Connection": "close", "Accept": "*/*", **(headers or {})}
        request = h11.Request(method="GET", target=target, headers=list(said.items()))
        first, last = self._connection.send(request), self._connection.send(h11.EndOfMessage())
        self._output = (first or b"") + (last or b"")
        self._is_over = False

    def data_to_send(self) -> bytes:
        """The bytes of the request when first asked for; nothing later."""
        data, self._output = self._output, b""
        return data

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the server sent; it is copied."""
        self._feed(bytes(data))

    def receive_end(self) -> None:
        """The server has closed: of a body without a length, that is the end."""
        self._feed(b"")

    def _feed(self, data: bytes) -> None:
        if not self._is_over:
            self._connection.receive_data(data)

    def keep(self) -> None:
        """Nothing to do: what was received has been copied."""

    def next_deadline(self) -> float:
        """Never: how long an answer may take is for the caller to say."""
        return math.inf

    def on_time(self, now: float) -> None:
        """Nothing is ever due."""

    def next_event(self) -> HttpClientEvent | Need:
        """The next event, or that more bytes are needed.

        Behind the end there is nothing but more of the end.

        Raises:
            HttpError: what came is no HTTP, has a head of more than 64 KiB, or ended too early.
        """
        while not self._is_over:
            try:
                event = self._connection.next_event()
            except h11.RemoteProtocolError as error:
                self._is_over = True
                raise HttpError(
                    f"the server's answer is not HTTP/1.1, or broke off: {error}"
                ) from error
            match event:
                case h11.NEED_DATA:
                    return NEED_DATA
                case h11.Response():
                    reason = event.reason.decode("latin-1")
                    return HttpHead(event.status_code, reason, joined(event.headers))
                case h11.Data():
                    return HttpBody(bytes(event.data))
                case h11.InformationalResponse():
                    continue
                case _:  # the end of the message, the connection, or of HTTP on it
                    self._is_over = True
        return HttpEnd()
