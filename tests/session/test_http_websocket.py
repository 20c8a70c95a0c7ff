"""A viewer goes on with WebSocket messages: it is answered, and what it says is passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from websockets.frames import Frame, Opcode

from trio_srs.session.base import NEED_DATA, Session
from trio_srs.session.http_events import HttpRequest
from trio_srs.session.http_websocket import (
    WebSocketClosed,
    WebSocketError,
    WebSocketSession,
    WebSocketVersionError,
)
from trio_srs.wire.http_target import HttpTarget

NOW = 5.0
FIELDS: Mapping[str, str] = {
    "host": "h",
    "connection": "keep-alive, Upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "sec-websocket-extensions": "permessage-deflate",
    "sec-websocket-protocol": "flv",
}


def asked(method: str = "GET", **changed: str | None) -> HttpRequest:
    fields = {**FIELDS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    kept = {name: value for name, value in fields.items() if value is not None}
    return HttpRequest(method, HttpTarget(("live", "a.flv")), kept, "1.1", "GET /live/a.flv")


def opened(rest: bytes = b"") -> WebSocketSession:
    session = WebSocketSession(asked(), rest)
    session.data_to_send()
    return session


def said(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def test_the_handshake_is_answered_with_the_bytes_of_the_rfc() -> None:
    session: Session = WebSocketSession(asked(), server="us")
    lines = session.data_to_send().split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 101 Switching Protocols"
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in lines  # RFC 6455 1.3
    assert b"Server: us" in lines


def test_no_subprotocol_and_no_compression_is_agreed_on() -> None:
    answer = WebSocketSession(asked()).data_to_send().lower()
    assert b"sec-websocket-protocol" not in answer
    assert b"sec-websocket-extensions" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        asked(sec_websocket_key=None),
        asked(sec_websocket_key="c2hvcnQ="),
        asked(sec_websocket_version="8"),
        asked(sec_websocket_version=None),
        asked(connection="keep-alive"),
        asked(upgrade="h2c"),
        asked(method="POST"),
    ],
)
def test_what_is_no_handshake_is_refused(request_: HttpRequest) -> None:
    with pytest.raises(WebSocketError, match="no WebSocket handshake: "):
        WebSocketSession(request_)


@pytest.mark.parametrize(
    ("version", "error"), [("8", WebSocketVersionError), (None, WebSocketError)]
)
def test_another_version_is_refused_apart(version: str | None, error: type[WebSocketError]) -> None:
    with pytest.raises(WebSocketError) as refused:
        WebSocketSession(asked(sec_websocket_version=version))
    assert type(refused.value) is error


def test_pings_are_answered_also_those_said_with_the_request() -> None:
    session = WebSocketSession(asked(), said(Opcode.PING, b"early"))
    assert session.data_to_send().partition(b"\r\n\r\n")[2] == Frame(
        Opcode.PONG, b"early"
    ).serialize(mask=False)
    session.receive_data(memoryview(said(Opcode.PING, b"late")), NOW)
    session.keep()
    assert session.next_event() is NEED_DATA
    assert session.data_to_send() == Frame(Opcode.PONG, b"late").serialize(mask=False)


def test_what_a_viewer_says_is_passed_over() -> None:
    session = opened()
    session.receive_data(said(Opcode.TEXT, b"hello"), NOW)
    session.receive_data(said(Opcode.BINARY, b"\0" * 4096), NOW)
    session.receive_data(said(Opcode.PONG), NOW)
    assert session.next_event() is NEED_DATA
    assert session.data_to_send() == b""
    assert session.next_deadline() == math.inf
    session.on_time(NOW)


def test_text_may_be_cut_within_a_letter_and_bytes_need_be_no_text() -> None:
    session = opened()
    session.receive_data(said(Opcode.TEXT, b"\xc3", fin=False) + said(Opcode.CONT, b"\xa9"), NOW)
    session.receive_data(said(Opcode.BINARY, b"\xff", fin=False) + said(Opcode.CONT, b"\xff"), NOW)
    assert session.next_event() is NEED_DATA
    assert session.data_to_send() == b""


def test_a_close_is_answered_and_told() -> None:
    session = opened()
    session.receive_data(said(Opcode.CLOSE, b"\x03\xe9bye"), NOW)
    assert session.next_event() == WebSocketClosed(1001, "bye", by_peer=True)
    assert session.data_to_send() == Frame(Opcode.CLOSE, b"\x03\xe9bye").serialize(mask=False)
    session.close(1000, "too late")
    assert session.data_to_send() == b""


def test_a_close_without_a_code_is_one() -> None:
    session = opened()
    session.receive_data(said(Opcode.CLOSE), NOW)
    assert session.next_event() == WebSocketClosed(1005, "", by_peer=True)


def test_a_connection_that_just_ends_was_not_closed() -> None:
    session = opened()
    session.receive_end()
    assert session.next_event() == WebSocketClosed(1006, "", by_peer=False)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (Frame(Opcode.PING, b"").serialize(mask=False), 1002),
        (b"\x83\x80\0\0\0\0", 1002),
        (b"\xf2\x80\0\0\0\0", 1002),
        (said(Opcode.CONT, b"x"), 1002),
        (said(Opcode.TEXT, b"x", fin=False) + said(Opcode.TEXT, b"x"), 1002),
        (said(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
        (said(Opcode.TEXT, b"\xff"), 1007),
        (said(Opcode.TEXT, b"\xc3", fin=False) + said(Opcode.CONT, b"x"), 1007),
        (said(Opcode.TEXT, b"x\xc3"), 1007),
        (said(Opcode.BINARY, b"\0" * 4097), 1009),
        (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),
        (
            said(Opcode.TEXT, b"x" * 4000, fin=False) + said(Opcode.CONT, b"x" * 4000, fin=False),
            1009,
        ),
    ],
    ids=[
        "unmasked",
        "reserved",
        "rsv",
        "stray",
        "interleaved",
        "utf8",
        "no text",
        "no text in parts",
        "half a letter",
        "big",
        "huge",
        "fragments",
    ],
)
def test_hostile_frames_end_the_connection_with_the_code_of_the_fault(
    frames: bytes, code: int
) -> None:
    session = opened()
    session.receive_data(frames, NOW)
    event = session.next_event()
    assert isinstance(event, WebSocketClosed)
    assert (event.code, event.by_peer) == (code, False)
    assert session.data_to_send()[:2] != b""
    session.receive_data(said(Opcode.PING, b"x" * 100), NOW)  # nothing is heard any more
    assert session.data_to_send() == b""


def test_a_server_says_why_there_is_nothing_more() -> None:
    session = opened()
    session.close(1001, "é" * 100)
    data = session.data_to_send()
    assert data[:4] == b"\x88\x7c\x03\xe9"
    assert len(data[4:].decode()) == 61
    event = session.next_event()
    assert isinstance(event, WebSocketClosed)
    assert (event.code, event.by_peer) == (1001, False)
