"""HTTP/1.1 requests on one connection, and their answers; heads are h11's part. Floor 1.

Made for answers without an end: the head of one is written here, and all that follows goes past
this session (:meth:`HttpServerSession.begin_endless`). Whole answers, and bodies of a known length,
keep the connection for the next request if the peer wants that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import ClassVar, Final, NoReturn, TypeAlias

import attrs
import h11

from trio_srs.errors import EndReason, ProtocolError
from trio_srs.session.base import NEED_DATA, NEED_DECISION, Need
from trio_srs.session.file_slice import Piece
from trio_srs.session.http_events import HttpBody, HttpClosed, HttpEnd, HttpRequest, joined
from trio_srs.session.http_plain import read_plain, write_head
from trio_srs.wire.http_target import HttpTarget, HttpTargetError

__all__ = [
    "BadRequestError",
    "HttpLimits",
    "HttpServerEvent",
    "HttpServerSession",
    "RequestTimeoutError",
]

Headers: TypeAlias = Mapping[str, str]
HttpServerEvent: TypeAlias = HttpRequest | HttpBody | HttpEnd | HttpClosed

_NO_HEADERS: Final[Headers] = {}
_QUOTED_MOST: Final = 200
"""Characters of what is wrong with a request, which may quote it."""
_FIRST_MOST: Final = 512
"""Bytes by which it is found out who it is that speaks no HTTP."""
_END: Final = HttpEnd()
_VERSIONS: Final = ("1.1", "1.0")


class BadRequestError(ProtocolError):
    """A request that is not HTTP/1.1, or more than the limits allow.

    The peer has been answered when this is raised; the connection is of no further use.
    """

    code = "bad_request"

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class RequestTimeoutError(ProtocolError):
    """A request was begun and not finished in time. The peer has been answered."""

    code = "request_timeout"
    end: ClassVar[EndReason] = EndReason.REQUEST_TIMEOUT


@attrs.frozen(kw_only=True)
class HttpLimits:
    """What one connection may ask of us."""

    head_bytes: int = 32 * 1024
    """The longest request line and headers together."""
    headers: int = 100
    """The most header fields."""
    unread_bytes: int = 128 * 1024
    """The most that may wait to be understood: two reads, and what a head may be is in it."""
    head_s: float = 10.0
    """How long a request's head may take from its first byte on."""
    idle_s: float = 60.0
    """How long a connection may wait without a request."""


def _told(code: str, text: str) -> Mapping[str, str]:
    return {"error": code, "detail": text}


class HttpServerSession:
    """One connection, as the server sees it.

    After :class:`~trio_srs.session.http_events.HttpRequest` answer with one of :meth:`answer`,
    :meth:`begin`, :meth:`begin_endless`, or take the connection with :meth:`hand_over`. It keeps
    the promises of :class:`~trio_srs.session.base.Session`.

    Attributes:
        plain_request: the next event, if it is a request that is all there, without a body, and
            neither is the last on its connection nor asks for anything but an answer.

    Args:
        limits: what the peer may do.
        now: the time, on the clock of all later calls.
        fields: asked, for each answer, for what every answer says, such as ``Server``.
        read_target: takes targets apart. It may raise HttpTargetError.
        told: the object by which a failure is told to the peer, of its code and what was wrong.
    """

    def __init__(
        self,
        limits: HttpLimits,
        now: float,
        fields: Callable[[], Headers] = dict,
        *,
        read_target: Callable[[str], HttpTarget] = HttpTarget.parse,
        told: Callable[[str, str], Mapping[str, str]] = _told,
    ) -> None:
        self._limits = limits
        self._fields = fields
        self._read_target, self._told = read_target, told
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._output: list[Piece] = []
        self._request: HttpRequest | None = None
        self._is_open = True  # for requests, on both sides
        self._failure: ProtocolError | None = None
        self._received = False  # anything since the last request
        self._is_idle = True  # h11 has seen nothing of the next
        self._deadline = now + limits.idle_s
        self._first: bytes | None = b""  # what came first, until it was a request
        self._unread = 0  # bytes since all that had come was understood
        self.plain_request: HttpRequest | None = None
        self._plain: HttpRequest | None = None  # one that h11 never sees
        self._is_end_due = False  # of that one
        self._behind = b""  # what came behind that
        self._is_chunked = False  # the answer to it

    # ---------------------------------------------------------------- bytes

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the peer sent; it is copied. After an endless answer it is passed over.

        Raises:
            BadRequestError: much more came than anybody waits for, behind a request.
        """
        if not self._is_open:
            return
        if self._is_idle and self._plain is None and len(data) <= self._limits.head_bytes:
            plain = read_plain(bytes(data), self._limits.headers, self._read_target)
            if plain is not None:  # h11 need not see it
                self._plain = self.plain_request = plain
                self._unread = len(data)
                return
        self._unread += len(data)
        if self._unread > self._limits.unread_bytes:
            raise BadRequestError(f"{self._unread} bytes that nobody waits for", 400)
        if self._first is not None and len(self._first) < _FIRST_MOST:
            self._first += data[:_FIRST_MOST]
        if self._plain is not None:
            self._behind += data
            return
        self._is_idle = False
        if self._request is None and not self._received:
            self._received, self._deadline = True, now + self._limits.head_s
        self._connection.receive_data(bytes(data))

    def receive_end(self) -> None:
        """The peer will send nothing more."""
        if self._is_open:
            self._connection.receive_data(b"")

    def keep(self) -> None:
        """Nothing to do: what was received has been copied."""

    def data_to_send(self) -> bytes:
        """What to send now; empty when there is nothing."""
        if not self._output:
            return b""
        return b"".join(map(bytes, self.pieces_to_send()))

    def pieces_to_send(self) -> list[Piece]:
        """The same, not joined: what bodies are made of is not copied, nor read from files."""
        pieces, self._output = self._output, []
        return pieces

    def next_deadline(self) -> float:
        """When the next request has to be here; infinite while there is one."""
        return self._deadline if self._is_open else math.inf

    def on_time(self, now: float) -> None:
        """Give up a peer whose request does not come; what is half said is answered with 408."""
        if not self._is_open or now < self._deadline:
            return
        if self._received:
            text = f"a request's head was not whole after {self._limits.head_s:g} s"
            self._fail(RequestTimeoutError(text), 408)
        else:
            self._is_open = False

    # --------------------------------------------------------------- events

    def next_event(self) -> HttpServerEvent | Need:
        """The next event, or what is needed first. Behind the end there is only the end.

        Raises:
            BadRequestError: the request is no HTTP, or beyond the limits; it has been answered.
            RequestTimeoutError: :meth:`on_time` found a request too slow; it has been answered.
        """
        if self._failure is not None:
            raise self._failure
        if not self._is_open:
            return HttpClosed()
        if self._plain is not None:
            return self._next_plain()
        try:
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            self._refuse(self._why(error), error.error_status_hint)
        match event:
            case h11.NEED_DATA:
                self._unread = 0
                return NEED_DATA
            case h11.PAUSED:
                return NEED_DECISION  # how to answer, or whether to go on
            case h11.Request():
                return self._begun(event)
            case h11.Data():
                return HttpBody(bytes(event.data))
            case h11.EndOfMessage():
                return HttpEnd()
            case _:
                self._is_open = False
                return HttpClosed()

    @property
    def awaits_request(self) -> bool:
        """Whether nothing of the next request has come, but for one that is :attr:`plain_request`
        and so all there."""
        return self._is_open and not self._received and self._request is None

    def _next_plain(self) -> HttpServerEvent | Need:
        asked, self.plain_request = self.plain_request, None
        if asked is not None:
            self._first, self._request, self._deadline = None, asked, math.inf
            self._is_end_due = True
            return asked
        if self._is_end_due:
            self._is_end_due = False
            return _END
        return NEED_DECISION

    def _why(self, error: h11.RemoteProtocolError) -> str:
        from trio_srs.wire.foreign_protocol import who_connected  # when somebody is at fault

        who = who_connected(self._first or b"", "HTTP")
        if who and not who.startswith("an HTTP client"):
            return who
        text = str(error).replace("bytearray(b", "(")  # as it quotes what it was given
        return f"the request is not HTTP/1.1: {text[:_QUOTED_MOST]}"

    def _begun(self, head: h11.Request) -> HttpRequest:
        self._check(head)
        headers = joined(head.headers)
        if "transfer-encoding" in headers and "content-length" in headers:
            # RFC 9112 6.3: where the body ends is a matter of opinion then.
            self._refuse("both Content-Length and Transfer-Encoding", 400)
        target, method = head.target.decode("latin-1"), head.method.decode("latin-1")
        is_of_server = (method, target) == ("OPTIONS", "*")  # RFC 9110 9.3.7
        try:
            parsed = self._read_target("/" if is_of_server else target)
        except HttpTargetError as error:
            self._refuse(str(error), 400)
        self._first = None
        self._request = HttpRequest(
            method, parsed, headers, head.http_version.decode("latin-1"), f"{method} {target}"
        )
        self._received, self._deadline = False, math.inf
        return self._request

    def _check(self, head: h11.Request) -> None:
        """What h11 lets through: it knows one version, and bounds only what is not whole yet."""
        limits, version = self._limits, head.http_version.decode("latin-1")
        if version not in _VERSIONS:
            self._refuse(f"HTTP/{version}, expected one of {', '.join(_VERSIONS)}", 505)
        if len(head.headers) > limits.headers:
            self._refuse(f"{len(head.headers)} header fields, at most {limits.headers} fit", 431)
        target = len(head.target)
        if target > limits.head_bytes:
            self._refuse(f"a target of {target} bytes, at most {limits.head_bytes} fit", 414)
        size = target + sum(len(name) + len(value) + 4 for name, value in head.headers)
        if size > limits.head_bytes:
            self._refuse(f"a head of {size} bytes, at most {limits.head_bytes} fit", 431)

    def _refuse(self, text: str, status: int) -> NoReturn:
        failure = BadRequestError(text, status)
        self._fail(failure, status)
        raise failure

    def _fail(self, failure: ProtocolError, status: int) -> None:
        """The connection is of no further use; say so in the peer's own terms."""
        self._is_open, self._failure = False, failure
        body = json.dumps(self._told(failure.code, str(failure))).encode() + b"\n"
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._output += (self._head(status, fields), body)

    # --------------------------------------------------------------- answers

    @property
    def has_failed(self) -> bool:
        """Whether a request was wrong, or its body: that has been answered, and nothing more can
        be."""
        return self._failure is not None

    def proceed(self) -> None:
        """Tell a peer that waits for it to send the body (``Expect: 100-continue``)."""
        if self._connection.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def answer(self, status: int, headers: Headers = _NO_HEADERS, body: bytes = b"") -> None:
        """Answer in one piece. HEAD is told the length of a body that it does not get."""
        self.begin(status, headers, len(body))
        if body:
            self.send_body(body)
        self.finish()

    def begin(self, status: int, headers: Headers, length: int | None) -> None:
        """Answer with a body of ``length`` bytes, which follow by :meth:`send_body`.

        Args:
            length: None: nobody knows; the body is sent in chunks, or to a peer that does not know
                those until the connection ends.
        """
        fields = {**self._fields(), **headers}
        if length is not None and status >= 200 and status not in {204, 304}:
            fields["Content-Length"] = str(length)
        if self._plain is not None:
            if length is None:
                fields["Transfer-Encoding"] = "chunked"
            self._is_chunked = length is None
            self._output.append(write_head(status, fields))
            return
        reason = HTTPStatus(status).phrase
        self._send(h11.Response(status_code=status, headers=list(fields.items()), reason=reason))

    def plain_head(self, status: int, headers: Headers, length: int) -> bytes:
        """What :meth:`begin` says to a :attr:`plain_request`; the same to all of one server, for as
        long as what every answer says is."""
        fields = {**self._fields(), **headers, "Content-Length": str(length)}
        return write_head(status, fields)

    def plain_answered(self, now: float) -> None:
        """What was :attr:`plain_request` is answered, past this session: its head was of
        :meth:`plain_head`. Another request may come."""
        self._first = self.plain_request = None
        if self._behind:
            self._next_after_plain(now)
        else:
            self._plain, self._deadline, self._unread = None, now + self._limits.idle_s, 0

    def _next_after_plain(self, now: float) -> None:
        self._plain, behind = None, self._behind
        self._deadline, self._unread = now + self._limits.idle_s, 0
        if behind:
            self._behind = b""
            self.receive_data(behind, now)

    def send_body(self, data: Piece) -> None:
        """The next bytes of a body; to HEAD nothing is sent."""
        if self._method == "HEAD" or not data:
            return
        if self._plain is None:
            self._send(h11.Data(data=bytes(data)))
        elif self._is_chunked:  # RFC 9112, 7.1
            self._output += (b"%x\r\n" % len(data), data, b"\r\n")
        else:
            self._output.append(data)

    def finish(self) -> None:
        """The answer is whole; if both sides agree, the next request may come."""
        if self._plain is None:
            self._send(h11.EndOfMessage())
        elif self._is_chunked:
            self._is_chunked = False
            if self._method != "HEAD":
                self._output.append(b"0\r\n\r\n")
        self._request = None

    def next_request(self, now: float) -> bool:
        """Be ready for another request, if there may be one.

        Call it when the answer is whole and the request's body has been read
        (:class:`~trio_srs.session.http_events.HttpEnd`).
        """
        connection = self._connection
        if self._plain is not None:
            self.plain_request, self._is_end_due = None, False
            self._next_after_plain(now)
            return True
        if connection.our_state is h11.DONE and connection.their_state is h11.DONE:
            connection.start_next_cycle()
            self._deadline = now + self._limits.idle_s
            # What came along with the last request is the beginning of this one.
            self._received = bool(connection.trailing_data[0])
            self._is_idle = not self._received
            return True
        self._is_open = False
        return False

    def begin_endless(self, status: int, headers: Headers = _NO_HEADERS) -> None:
        """Answer with a body that ends with the connection.

        Everything behind the head goes past this session. Nothing that the peer says is heard any
        more; to HEAD, the head is all there is.
        """
        self._is_open = False
        self._output.append(self._head(status, headers))

    def hand_over(self) -> bytes:
        """Let another protocol have the connection; what of it has come already is returned."""
        self._is_open = False
        data, _ = self._connection.trailing_data
        return data

    @property
    def _method(self) -> str:
        return "" if self._request is None else self._request.method

    def _send(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            self._output.append(data)

    def _head(self, status: int, headers: Headers) -> bytes:
        """The head of an answer after which the connection is closed.

        h11 would announce chunks to whoever speaks HTTP/1.1, which cost every piece of media a
        frame of its own and which players of an endless body do not need.
        """
        fields = {**self._fields(), **headers, "Connection": "close"}
        return write_head(status, fields)
