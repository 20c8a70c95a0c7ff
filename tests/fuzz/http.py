"""HTTP: any requests are answered or refused in words, any frames are passed over or end it, and
any ranges are of the file."""

from __future__ import annotations

from typing import Final

from tests.fuzz.reading import read
from trio_srs.session.base import NEED_DATA, NEED_DECISION
from trio_srs.session.http_events import HttpClosed, HttpEnd, HttpRequest
from trio_srs.session.http_server import BadRequestError, HttpLimits, HttpServerSession
from trio_srs.session.http_websocket import WebSocketClosed, WebSocketSession
from trio_srs.wire.http_range import RangeNotSatisfiableError, is_fresh, wanted_range
from trio_srs.wire.http_target import HttpTarget

REQUESTS: Final = tuple(
    text.replace("\n", "\r\n").encode()
    for text in (
        "GET /live/a.flv?t=1 HTTP/1.1\nHost: h\nConnection: keep-alive\n\n",
        "HEAD / HTTP/1.0\n\n",
        "OPTIONS * HTTP/1.1\nHost: h\nOrigin: http://o\n\n",
        "POST /a HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n4;x=y\nabcd\n0\n\n",
        "PUT /a HTTP/1.1\nHost: h\nContent-Length: 3\nExpect: 100-continue\n\nabcGET /\n\n",
        "GET / HTTP/1.1\nHost: h\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n",
    )
)
FRAMES: Final = (
    b"\x89\x83\0\0\0\0abc\x88\x82\0\0\0\0\x03\xe8", b"\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b",
    b"\x82\xfe\x00\x7e\0\0\0\0" + bytes(126), b"\x81\x03abc", b"\x81\x82\0\0\0\0\xff\xfe",
    b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", b"\xf1\x80\0\0\0\0", b"\x09\x80\0\0\0\0",
)  # fmt: skip
RANGES: Final = (
    b"bytes=0-1", b"bytes=-5", b"BYTES = 3 - ", b"bytes=5-2", b"bytes=0-0,2-", b"bytes=99-",
    b"bytes=0-1\nif\nW/\"if\"", b"bytes=0-\nother\n*",
)  # fmt: skip

_LIMITS: Final = HttpLimits(head_bytes=256, headers=6, unread_bytes=512)
_MOST: Final = 64
_FIELDS: Final = {
    "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def requests(data: bytes) -> None:
    """Everything that a client says, however it is cut."""
    step = 1 + len(data) // 3
    served = _serve([data])
    assert _serve([data[at : at + step] for at in range(0, len(data), step)]) == served


def _serve(slices: list[bytes]) -> tuple[list[str], bool]:
    """What was asked, and whether something was refused: why depends on how much of it is there."""
    session, asked, sent = HttpServerSession(_LIMITS, 0.0), list[str](), b""
    for each in slices:
        read(session.receive_data, each, 0.0, by=BadRequestError)
        read(_answer, session, asked, by=BadRequestError)
        sent += session.data_to_send()
    answers = sent.count(b"\r\n\r\nok") + sum(line.startswith("HEAD ") for line in asked)
    assert answers == len(asked)
    return asked, sent.count(b"HTTP/1.1 ") > answers


def _answer(session: HttpServerSession, asked: list[str]) -> None:
    """Until more is needed. Raises BadRequestError."""
    while True:
        event = session.next_event()
        if event is NEED_DATA or isinstance(event, HttpClosed):
            return
        if isinstance(event, HttpRequest):
            asked.append(event.line)
            assert ".." not in event.target.path.split("/")
            session.answer(405 if event.method == "CONNECT" else 200, {}, b"ok")
        elif isinstance(event, HttpEnd) or event is NEED_DECISION:
            session.next_request(0.0)


def frames(data: bytes) -> None:
    """Everything that a viewer says behind its handshake, however it is cut."""
    step = 1 + len(data) // 3
    closed, sent = _watch([data])
    again, sent_again = _watch([data[at : at + step] for at in range(0, len(data), step)])
    assert (closed is None) == (again is None)  # for which of several faults depends on the cut
    assert closed is not None or sent == sent_again
    assert len(sent) <= 200 + 2 * len(data)


def _watch(slices: list[bytes]) -> tuple[WebSocketClosed | None, bytes]:
    """How it was closed, and what was said."""
    request = HttpRequest("GET", HttpTarget(("a.flv",)), _FIELDS, "1.1", "GET /a.flv")
    session = WebSocketSession(request, max_message=_MOST)
    session.data_to_send()
    closed, sent = None, b""
    for each in slices:
        session.receive_data(each, 0.0)
        event = session.next_event()
        sent += session.data_to_send()
        if isinstance(event, WebSocketClosed):
            closed = closed or event
    return closed, sent


def ranges(data: bytes) -> None:
    """A range and two validators, of a file of nine bytes."""
    said, condition, match = [*data.decode("latin-1").split("\n", 2), "", ""][:3]
    headers = {"range": said, "if-none-match": match}
    if condition:
        headers["if-range"] = condition
    for size in (0, 9):
        found = read(wanted_range, headers, size, '"if"', by=RangeNotSatisfiableError)
        if found is not None:
            assert 0 <= found.start < found.end <= found.size == size
            assert found.content_range == f"bytes {found.start}-{found.end - 1}/{size}"
            assert found.length == found.end - found.start
    is_fresh(headers, '"if"')
