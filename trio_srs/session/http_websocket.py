"""A WebSocket connection to one viewer, after its HTTP request. Floor 1.

Media goes past this session, as frames that are shared by all viewers
(:func:`~trio_srs.wire.websocket.binary_head`). What is left is the handshake, what the viewer says,
and the close; reading those is the websockets library's part.
"""

from __future__ import annotations

import math
from codecs import IncrementalDecoder, getincrementaldecoder
from typing import Final, TypeAlias

import attrs
from websockets.datastructures import Headers as FieldList
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from trio_srs.errors import RefusedError
from trio_srs.session.base import NEED_DATA, Need
from trio_srs.session.http_events import HttpRequest

__all__ = [
    "WebSocketClosed",
    "WebSocketError",
    "WebSocketEvent",
    "WebSocketSession",
    "WebSocketVersionError",
]

_VERSION: Final = "13"
_ANY_REQUEST: Final = b"GET / HTTP/1.1\r\n\r\n"


class WebSocketError(RefusedError):
    """A request to go on with WebSocket messages that lacks what RFC 6455 asks for."""

    code = "websocket_error"
    http_status = 400


class WebSocketVersionError(WebSocketError):
    """A WebSocket handshake of a version other than 13, which alone is spoken (RFC 6455 4.4)."""

    code = "websocket_version"
    http_status = 426


@attrs.frozen
class WebSocketClosed:
    """The viewer closed, or broke the protocol; it has been answered."""

    code: int
    """RFC 6455 7.4.1; 1005 for none, 1006 for a connection that just ended."""
    reason: str
    by_peer: bool
    """Whether the viewer said so, rather than we."""


WebSocketEvent: TypeAlias = WebSocketClosed


class WebSocketSession:
    """Answers a viewer's pings and its close, and passes over whatever else it says.

    It keeps the promises of :class:`~trio_srs.session.base.Session`.

    Args:
        request: what was asked.
        rest: what the peer has said behind its request.
        max_message: the longest message believed, in bytes.
        server: what the answer says of us.

    Raises:
        WebSocketError: the request is no such handshake.
        WebSocketVersionError: it is one of another version.
    """

    def __init__(
        self, request: HttpRequest, rest: bytes = b"", *, max_message: int = 4096, server: str = ""
    ) -> None:
        # Viewers are sent no compressed frames and speak no subprotocol: players that asked for
        # none refuse a server that names one.
        protocol = ServerProtocol(max_size=max_message)
        fields = FieldList()
        for name, value in request.headers.items():
            fields[name] = value
        answer = protocol.accept(Request(request.target.path, fields, request.method))
        if answer.status_code != 101:
            why = protocol.handshake_exc
            is_ours = request.headers.get("sec-websocket-version", _VERSION) == _VERSION
            error = WebSocketError if is_ours else WebSocketVersionError
            raise error(f"this is no WebSocket handshake: {why}")
        if server:
            answer.headers["Server"] = server
        self._protocol = protocol
        self._text: IncrementalDecoder | None = None  # of the text that has begun
        protocol.send_response(answer)
        # Frames are not looked at before the bytes of some request: the real ones are long read.
        protocol.receive_data(_ANY_REQUEST + rest)

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the viewer sent; it is copied."""
        self._protocol.receive_data(bytes(data))

    def receive_end(self) -> None:
        """The viewer's side of the connection ended."""
        self._protocol.receive_eof()

    def keep(self) -> None:
        """Nothing to do: what was received has been copied."""

    def data_to_send(self) -> bytes:
        """What to send now: answers to pings, and the close."""
        return b"".join(self._protocol.data_to_send())

    def next_deadline(self) -> float:
        """Never: a viewer that takes nothing is found out by its socket."""
        return math.inf

    def on_time(self, now: float) -> None:
        """Nothing is ever due."""

    def next_event(self) -> WebSocketEvent | Need:
        """The close, once there is one; what the viewer says before is read and passed over."""
        protocol, said_close = self._protocol, False
        for event in protocol.events_received():
            if isinstance(event, Frame):
                said_close |= event.opcode is Opcode.CLOSE
                self._check_text(event)
        if said_close or protocol.state is not State.OPEN or protocol.close_expected():
            received, sent = protocol.close_rcvd, protocol.close_sent
            close = received or sent
            code = CloseCode.ABNORMAL_CLOSURE if close is None else close.code
            reason = "" if close is None else close.reason
            return WebSocketClosed(int(code), reason, received is not None)
        return NEED_DATA

    def _check_text(self, frame: Frame) -> None:
        """Text that is none fails the connection (RFC 6455 8.1), whoever reads it or not."""
        if frame.opcode is Opcode.TEXT:
            self._text = getincrementaldecoder("utf-8")()
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT) or self._text is None:
            return
        try:
            self._text.decode(bytes(frame.data), final=frame.fin)
        except UnicodeDecodeError as error:
            self._protocol.fail(CloseCode.INVALID_DATA, f"{error.reason} in a text")
        if frame.fin:
            self._text = None

    def close(self, code: int, reason: str) -> None:
        """Say why there is nothing more; at most 123 bytes of the reason are said."""
        if self._protocol.state is State.OPEN:
            cut = reason.encode()[:123].decode(errors="ignore")
            self._protocol.send_close(code, cut)
