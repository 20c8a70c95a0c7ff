"""Calls over HTTP/1.1 on one connection that is kept: a request, and its answer, one after the
other. Floor 1.

Answers that say nothing out of the ordinary are read here, and all others by h11, as in
:mod:`~trio_srs.session.http_plain`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import attrs
import h11

from trio_srs.errors import ProtocolError
from trio_srs.session.base import NEED_DATA, Need
from trio_srs.session.http_client import MAX_HEAD, HttpError
from trio_srs.session.http_events import joined

__all__ = ["HttpAnswer", "HttpAnswerTooLongError", "HttpCallSession"]

_PLAIN: Final = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2}) ([ -~]*)\r\n((?:[A-Za-z0-9-]+:[ -~\t]*\r\n)*)\r\n"
)
"""RFC 9112, 4 and 5, of an answer whose whole head came at once."""
_UNUSUAL: Final = frozenset({"transfer-encoding", "upgrade", "trailer"})
_NO_BODY: Final = frozenset({204, 304})
_BREAKS: Final = re.compile(r"[\r\n\0]")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


class HttpAnswerTooLongError(ProtocolError):
    """The body of an answer is longer than anybody wants to read."""

    code = "http_answer_too_long"


@attrs.frozen
class HttpAnswer:
    """A whole answer, of any status from 200 on."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case; equal names are joined by a comma."""
    body: bytes
    reason: str = ""
    """What the server says of the status in words."""
    body_began_at: float | None = None
    """When the first of the body came, on the clock of who received it; None if it is empty."""


class HttpCallSession:
    """A client's side of one connection: :meth:`call`, then :meth:`next_event` until there is an
    answer, and if :attr:`may_call` the next call.

    It keeps the promises of :class:`~trio_srs.session.base.Session`; time is nothing to it but
    what an answer tells of itself.

    Attributes:
        may_call: whether the answer to the last call is there, and another may be said.
        bytes_heard: how many have come of the answer to the last call.

    Args:
        most_bytes: the longest body that is taken.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._output = b""
        self._heard = bytearray()
        self._now = 0.0
        self._body_began_at: float | None = None
        self._reading: h11.Connection | None = None  # what reads an unusual answer
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._is_over = False
        self.may_call = True
        self.bytes_heard = 0

    def call(
        self,
        authority: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> None:
        """Say a POST, or without a body a GET.

        Args:
            authority: the ``Host`` header.
            headers: what else to say.

        Raises:
            ValueError: a field would break its line, and say something of its own.
        """
        said = {"Host": authority, **headers}
        if body is not None:
            said["Content-Length"] = str(len(body))
        method = "GET" if body is None else "POST"
        lines = [f"{method} {target} HTTP/1.1", *map(": ".join, said.items())]
        for line in lines:
            if _BREAKS.search(line):
                raise ValueError(f"{line!r} is no line of a head of HTTP: a field breaks it")
        head = "\r\n".join([*lines, "", ""])
        self._output += head.encode("latin-1") + (body or b"")
        self.may_call, self._heard = False, bytearray()
        self.bytes_heard, self._body_began_at = 0, None

    def data_to_send(self) -> bytes:
        """The bytes of the call when first asked for; nothing later."""
        data, self._output = self._output, b""
        return data

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the server sent; it is copied."""
        self.bytes_heard += len(data)
        self._now = now
        if self._reading is not None:
            self._reading.receive_data(bytes(data))
        else:
            self._heard += data

    def receive_end(self) -> None:
        """The server has closed: of a body without a length, that is the end."""
        self._is_over = True
        if self._reading is not None:
            self._reading.receive_data(b"")

    def keep(self) -> None:
        """Nothing to do: what was received has been copied."""

    def next_deadline(self) -> float:
        """Never: how long an answer may take is for the caller to say."""
        return math.inf

    def on_time(self, now: float) -> None:
        """Nothing is ever due."""

    def next_event(self) -> HttpAnswer | Need:
        """The answer, or that more bytes are needed.

        Raises:
            HttpError: what came is no HTTP, has a head of more than 64 KiB, or ended too early.
            HttpAnswerTooLongError: it has a longer body than is taken.
        """
        if self._reading is None:
            plain = self._read_plain()
            if plain is not None:
                return plain
            self._begin_reading()
        return self._read()

    # ------------------------------------------------------------------ plain

    def _read_plain(self) -> HttpAnswer | Need | None:
        """None if it is h11's to read."""
        heard = self._heard
        if b"\r\n\r\n" not in heard and not self._is_over and len(heard) < MAX_HEAD:
            return NEED_DATA
        found = _PLAIN.match(heard)
        fields = None if found is None else _fields(found[3])
        if found is None or fields is None:
            return None
        status, length = int(found[1]), fields.get("content-length", "0")
        if status in _NO_BODY or not _NUMBER.fullmatch(length):
            return None
        if "content-length" not in fields or int(length) > self._most_bytes:
            return None
        begin, end = found.end(), found.end() + int(length)
        if len(heard) > begin:
            self._hear_body()
        if len(heard) < end:
            return None if self._is_over else NEED_DATA
        # What comes behind it is the answer to nothing.
        self.may_call = len(heard) == end and fields.get("connection", "").lower() != "close"
        reason = found[2].decode("ascii")
        return HttpAnswer(status, fields, bytes(heard[begin:end]), reason, self._body_began_at)

    def _hear_body(self) -> None:
        if self._body_began_at is None:
            self._body_began_at = self._now

    # -------------------------------------------------------------------- h11

    def _begin_reading(self) -> None:
        self._reading = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._reading.send(h11.Request(method="POST", target="/", headers=[("Host", "x")]))
        self._reading.send(h11.EndOfMessage())
        self._reading.receive_data(bytes(self._heard))
        if self._is_over:
            self._reading.receive_data(b"")

    def _read(self) -> HttpAnswer | Need:
        assert self._reading is not None  # it has begun
        while True:
            try:
                event = self._reading.next_event()
            except h11.RemoteProtocolError as error:
                if not self.bytes_heard:
                    why = "the server closed the connection in place of an answer"
                else:
                    why = f"the server's answer is not HTTP/1.1, or broke off: {error}"
                raise HttpError(why) from error
            match event:
                case h11.NEED_DATA:
                    return NEED_DATA
                case h11.Response():
                    self._head = event
                case h11.Data():
                    self._hear_body()
                    self._body += event.data
                    if len(self._body) > self._most_bytes:
                        raise HttpAnswerTooLongError(
                            f"an answer of more than {self._most_bytes} bytes"
                        )
                case h11.EndOfMessage():
                    return self._finish()

    def _finish(self) -> HttpAnswer:
        assert self._head is not None  # h11 sees to it
        assert self._reading is not None
        is_done = self._reading.their_state is h11.DONE and not self._is_over
        self.may_call = is_done and not self._reading.trailing_data[0]
        head, body = self._head, bytes(self._body)
        reason = head.reason.decode("latin-1")
        answer = HttpAnswer(
            head.status_code, joined(head.headers), body, reason, self._body_began_at
        )
        self._reading, self._head = None, None
        self._body.clear()
        return answer


def _fields(said: bytes | bytearray) -> dict[str, str] | None:
    """Fields by name in lower case; None if they make the answer an unusual one."""
    fields: dict[str, str] = {}
    for line in said.decode().split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name in fields or name in _UNUSUAL:
            return None
        fields[name] = value.strip(" \t")
    return fields
