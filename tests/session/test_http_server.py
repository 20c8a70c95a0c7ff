"""A server hears HTTP requests and answers them, whole, in parts or without an end."""

from __future__ import annotations

import json
import math

import h11
import pytest

from trio_srs.errors import EndReason, ProtocolError
from trio_srs.session.base import NEED_DATA, NEED_DECISION, Session
from trio_srs.session.http_events import HttpBody, HttpClosed, HttpEnd, HttpRequest
from trio_srs.session.http_server import (
    BadRequestError,
    HttpLimits,
    HttpServerEvent,
    HttpServerSession,
    RequestTimeoutError,
)
from trio_srs.wire.http_target import HttpTarget

NOW = 5.0
GET = b"GET /live/a.flv HTTP/1.1\r\nHost: cdn.test:80\r\n\r\n"
LIMITS = HttpLimits(head_bytes=1024, headers=10, head_s=10.0, idle_s=60.0)


def session(*said: bytes) -> HttpServerSession:
    made = HttpServerSession(LIMITS, NOW, lambda: {"Server": "us"})
    for data in said:
        made.receive_data(memoryview(data), NOW)
        made.keep()
    return made


def request_of(server: HttpServerSession) -> HttpRequest:
    event = server.next_event()
    assert isinstance(event, HttpRequest)
    return event


def events(server: HttpServerSession) -> list[HttpServerEvent]:
    """All events up to the next need, or the end."""
    heard: list[HttpServerEvent] = []
    while isinstance(event := server.next_event(), (HttpRequest, HttpBody, HttpEnd)):
        heard.append(event)
    return heard


def answered(server: HttpServerSession) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """First line, headers and body of what there is to send."""
    head, _, body = server.data_to_send().partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return line, dict(field.split(b": ", 1) for field in fields), body


def test_a_request_is_heard_however_it_is_cut() -> None:
    server: Session
    server = peer = session()
    for at in range(len(GET)):
        assert peer.next_event() is NEED_DATA
        server.receive_data(GET[at : at + 1], NOW)
    request = request_of(peer)
    assert (request.method, request.target.segments) == ("GET", ("live", "a.flv"))
    assert (request.host, request.version, request.line) == (
        "cdn.test", "1.1", "GET /live/a.flv",
    )  # fmt: skip
    assert not request.wants_websocket


@pytest.mark.parametrize(
    ("said", "host"),
    [
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "::1"),
        (b"GET http://other.test/ HTTP/1.1\r\nHost: cdn.test\r\n\r\n", "other.test"),
        (b"GET / HTTP/1.0\r\n\r\n", ""),
    ],
)
def test_the_host_is_who_was_asked(said: bytes, host: str) -> None:
    assert request_of(session(said)).host == host


def test_the_server_as_a_whole_may_be_asked_what_it_can() -> None:
    request = request_of(session(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert (request.target.path, request.line) == ("/", "OPTIONS *")


@pytest.mark.parametrize("fields", ["Host: a", "Host: a\r\nTE: trailers"])
def test_a_service_may_take_targets_apart_and_tell_failures_in_its_own_way(fields: str) -> None:
    def made() -> HttpServerSession:
        return HttpServerSession(
            LIMITS,
            NOW,
            read_target=HttpTarget.undecoded,
            told=lambda code, text: {"code": code, "why": text},
        )

    server = made()
    server.receive_data(f"GET /a/%2F HTTP/1.1\r\n{fields}\r\n\r\n".encode(), NOW)
    assert request_of(server).target.segments == ("/a/%2F",)
    server = made()
    server.receive_data(f"GET a HTTP/1.1\r\n{fields}\r\n\r\n".encode(), NOW)
    with pytest.raises(BadRequestError, match="is no path"):
        server.next_event()
    _, _, body = answered(server)
    assert json.loads(body)["code"] == "bad_request"


def test_a_whole_answer_keeps_the_connection() -> None:
    server = session(GET)
    request_of(server)
    assert server.next_event() == HttpEnd()
    server.answer(404, {"Content-Type": "application/json"}, b"{}\n")
    line, fields, body = answered(server)
    assert line == b"HTTP/1.1 404 Not Found"
    assert fields == {
        b"Server": b"us",
        b"Content-Type": b"application/json",
        b"Content-Length": b"3",
    }
    assert body == b"{}\n"
    assert server.data_to_send() == b""
    assert server.next_request(NOW)
    server.receive_data(GET, NOW)
    assert request_of(server).line == "GET /live/a.flv"


def test_what_is_said_behind_a_request_waits_for_its_answer() -> None:
    server = session(GET + GET)
    assert [type(event) for event in events(server)] == [HttpRequest, HttpEnd]
    assert server.next_event() is NEED_DECISION
    server.answer(200, body=b"one")
    assert server.next_event() is NEED_DECISION  # until the caller goes on
    assert server.next_request(NOW)
    assert server.next_deadline() == NOW + LIMITS.idle_s
    assert [type(event) for event in events(server)] == [HttpRequest, HttpEnd]


def test_only_so_much_may_wait_behind_a_request() -> None:
    server = session(GET)
    request_of(server)
    server.receive_data(bytes(LIMITS.unread_bytes - len(GET)), NOW)
    with pytest.raises(BadRequestError, match="131073 bytes that nobody waits for"):
        server.receive_data(b"x", NOW)
    server.answer(400)  # it can still be told
    assert answered(server)[0] == b"HTTP/1.1 400 Bad Request"


def test_a_body_of_any_length_may_come_to_who_reads_it() -> None:
    server = session(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n")
    request_of(server)
    for _ in range(10):
        server.receive_data(bytes(60_000), NOW)
        assert [type(event) for event in events(server)] == [HttpBody]


@pytest.mark.parametrize(
    "head", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"]
)
def test_who_does_not_ask_to_go_on_is_let_go(head: bytes) -> None:
    server = session(head)
    request_of(server)
    assert server.next_event() == HttpEnd()
    server.answer(200, body=b"x")
    assert answered(server)[1][b"Connection"] == b"close"
    assert not server.next_request(NOW)
    assert server.next_event() == HttpClosed()


def test_a_body_is_heard_with_a_length_and_in_chunks() -> None:
    head = b"POST /live/a.flv HTTP/1.1\r\nHost: h\r\n"
    whole = session(head + b"Content-Length: 3\r\n\r\nabc")
    assert events(whole)[1:] == [HttpBody(b"abc"), HttpEnd()]
    chunked = session(head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert events(chunked)[1:] == [HttpBody(b"abc"), HttpEnd()]


def test_who_waits_to_be_told_to_send_is_told() -> None:
    server = session(
        b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    )
    request_of(server)
    server.proceed()
    server.proceed()
    assert server.data_to_send() == b"HTTP/1.1 100 \r\n\r\n"
    server.receive_data(b"abc", NOW)
    assert events(server) == [HttpBody(b"abc"), HttpEnd()]


def test_a_body_that_was_not_read_is_not_taken_for_a_request() -> None:
    server = session(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 90\r\n\r\n" + GET)
    request_of(server)
    server.answer(403)
    assert answered(server)[0] == b"HTTP/1.1 403 Forbidden"
    assert not server.next_request(NOW)
    assert server.next_event() == HttpClosed()


def test_a_known_length_is_sent_in_parts() -> None:
    server = session(GET)
    request_of(server)
    server.begin(206, {"Content-Range": "bytes 0-3/9"}, 4)
    server.send_body(b"ab")
    server.send_body(b"cd")
    server.finish()
    line, fields, body = answered(server)
    assert line == b"HTTP/1.1 206 Partial Content"
    assert (fields[b"Content-Length"], body) == (b"4", b"abcd")


@pytest.mark.parametrize("status", [204, 304])
def test_what_has_no_body_says_no_length(status: int) -> None:
    server = session(GET)
    request_of(server)
    server.answer(status)
    assert b"Content-Length" not in answered(server)[1]


def test_head_is_told_the_length_only() -> None:
    server = session(GET.replace(b"GET", b"HEAD"))
    request_of(server)
    assert server.next_event() == HttpEnd()
    server.begin(200, {}, 5)
    server.send_body(b"hello")
    server.finish()
    _, fields, body = answered(server)
    assert (fields[b"Content-Length"], body) == (b"5", b"")
    assert server.next_request(NOW)
    server.receive_data(GET.replace(b"GET", b"HEAD"), NOW)
    request_of(server)
    server.answer(200, body=b"hello")
    assert answered(server)[2] == b""


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_endless_answer_is_a_head_and_then_not_ours(version: bytes) -> None:
    server = session(b"GET /a HTTP/" + version + b"\r\nHost: h\r\n\r\n")
    request_of(server)
    server.begin_endless(200, {"Content-Type": "video/x-flv"})
    line, fields, body = answered(server)
    assert line == b"HTTP/1.1 200 OK"
    assert fields == {b"Server": b"us", b"Content-Type": b"video/x-flv", b"Connection": b"close"}
    assert body == b""
    server.receive_data(GET, NOW)
    server.receive_end()
    assert server.next_event() == HttpClosed()
    assert server.next_deadline() == math.inf
    assert server.data_to_send() == b""


def test_another_protocol_gets_what_came_behind_the_request() -> None:
    head = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    server = session(head + b"\x89\x80")
    assert request_of(server).wants_websocket
    assert server.hand_over() == b"\x89\x80"
    assert server.next_event() == HttpClosed()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET /../a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /a HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 10 + b"\r\n", 431),
        (b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET /" + b"a" * 2000, 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 1100 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 900 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
        (
            b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        ),
    ],
)  # fmt: skip
def test_what_is_no_request_is_answered_and_the_connection_of_no_more_use(
    said: bytes, status: int
) -> None:
    server = session(said)
    with pytest.raises(BadRequestError) as caught:
        server.next_event()
    assert caught.value.status == status
    line, fields, body = answered(server)
    assert line.split(b" ")[1] == str(status).encode()
    assert fields[b"Connection"] == b"close"
    assert int(fields[b"Content-Length"]) == len(body)
    assert json.loads(body) == {"error": "bad_request", "detail": str(caught.value)}
    assert server.has_failed
    assert len(body) < 400
    with pytest.raises(ProtocolError):
        server.next_event()
    assert server.next_deadline() == math.inf


@pytest.mark.parametrize(
    ("said", "who"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "a TLS client"),
        (b"\x03\0\0\0\0", "an RTMP client without TLS"),
        (b"SSH-2.0-x\r\n\r\n", "an SSH client"),
    ],
)
def test_who_speaks_something_else_is_named(said: bytes, who: str) -> None:
    server = session(said)
    with pytest.raises(BadRequestError, match=f"{who} connected to the HTTP port"):
        server.next_event()


def test_who_has_said_a_request_is_not_taken_for_somebody_else() -> None:
    server = session(GET)
    request_of(server)
    assert server.next_event() == HttpEnd()
    server.answer(200)
    server.next_request(NOW)
    server.receive_data(b"\x16\x03\x01", NOW)
    with pytest.raises(BadRequestError, match=r"not HTTP/1\.1"):
        server.next_event()


def test_a_broken_body_is_told_behind_its_request() -> None:
    head = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = session(head + b"zz\r\n")
    request_of(server)
    with pytest.raises(BadRequestError, match=r"not HTTP/1\.1"):
        server.next_event()


def test_what_is_no_head_is_quoted_as_it_came() -> None:
    with pytest.raises(BadRequestError) as caught:
        session(b"GET / HTTP/1.1\r\nHost : h\r\n\r\n").next_event()
    assert str(caught.value) == "the request is not HTTP/1.1: illegal header line: ('Host : h')"


def test_a_client_that_goes_before_its_request_is_whole_is_not_a_fault_of_an_idle_one() -> None:
    idle = session()
    idle.receive_end()
    assert idle.next_event() == HttpClosed()
    half = session(GET[:20])
    half.receive_end()
    with pytest.raises(BadRequestError):
        half.next_event()


def test_a_slow_head_is_answered_and_an_idle_connection_just_ends() -> None:
    slow = session(GET[:20])
    assert slow.next_deadline() == NOW + LIMITS.head_s
    slow.on_time(NOW + 9.9)
    assert slow.next_event() is NEED_DATA
    slow.receive_data(GET[20:21], NOW + 9.9)  # another byte buys no time
    slow.on_time(NOW + 10)
    with pytest.raises(RequestTimeoutError, match="after 10 s") as caught:
        slow.next_event()
    assert caught.value.end is EndReason.REQUEST_TIMEOUT
    assert answered(slow)[0] == b"HTTP/1.1 408 Request Timeout"
    slow.on_time(NOW + 100)
    assert slow.data_to_send() == b""

    idle = session()
    assert idle.next_deadline() == NOW + LIMITS.idle_s
    idle.on_time(NOW + 60)
    assert idle.next_event() == HttpClosed()
    assert idle.data_to_send() == b""


def test_a_request_that_is_being_answered_has_no_deadline() -> None:
    server = session(GET)
    request_of(server)
    assert server.next_deadline() == math.inf
    server.on_time(NOW + 1e6)
    assert server.next_event() == HttpEnd()


def test_half_of_a_next_request_has_the_deadline_of_a_head() -> None:
    server = session(GET + GET[:10])
    request_of(server)
    assert server.next_event() == HttpEnd()
    server.answer(200)
    assert server.next_request(NOW + 1)
    server.receive_data(GET[10:11], NOW + 2)
    server.on_time(NOW + 1 + LIMITS.idle_s)
    with pytest.raises(RequestTimeoutError):
        server.next_event()


def test_no_answer_is_torn_by_what_a_client_reads() -> None:
    server = session(GET)
    request_of(server)
    server.answer(200, {"Content-Type": "text/plain"}, b"hello")
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(server.data_to_send())
    response = client.next_event()
    assert isinstance(response, h11.Response)
    data = client.next_event()
    assert isinstance(data, h11.Data)
    assert bytes(data.data) == b"hello"


@pytest.mark.parametrize("is_plain", [True, False], ids=["plain", "of h11"])
def test_an_answer_is_the_same_whoever_read_the_request(is_plain: bool) -> None:
    cut = len(GET) if is_plain else 9
    server = session(GET[:cut], *([] if is_plain else [GET[cut:]]))
    assert (server.plain_request is not None) is is_plain
    assert [type(each) for each in events(server)] == [HttpRequest, HttpEnd]
    server.answer(200, {"X": "y"}, b"body")
    line, fields, body = answered(server)
    assert (line, body) == (b"HTTP/1.1 200 OK", b"body")
    assert fields == {b"Server": b"us", b"X": b"y", b"Content-Length": b"4"}
    assert server.next_request(NOW)
    assert server.awaits_request
    assert server.next_deadline() == NOW + LIMITS.idle_s


@pytest.mark.parametrize("is_plain", [True, False], ids=["plain", "of h11"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_body_of_unknown_length_is_sent_in_chunks(is_plain: bool, method: bytes) -> None:
    asked = GET.replace(b"GET", method)
    server = session(*([asked] if is_plain else [asked[:9], asked[9:]]))
    assert isinstance(server.next_event(), HttpRequest)
    server.begin(200, {}, None)
    for data in (b"abc", b"", b"d" * 20):
        server.send_body(data)
    server.finish()
    _, fields, body = answered(server)
    assert fields[b"Transfer-Encoding"] == b"chunked"
    assert body == (b"3\r\nabc\r\n14\r\n" + b"d" * 20 + b"\r\n0\r\n\r\n") * (method == b"GET")


def test_what_comes_behind_a_plain_request_is_heard_when_that_is_answered() -> None:
    server = session(GET, GET[:5], GET[5:])
    for _ in range(2):
        assert isinstance(server.next_event(), HttpRequest)
        server.answer(204)
        assert server.next_request(NOW)
    assert server.next_event() is NEED_DATA


def test_a_body_is_not_taken_for_a_request() -> None:
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(GET)
    server = session(head)
    assert request_of(server).method == "POST"
    server.answer(403)
    server.receive_data(GET, NOW)
    assert server.plain_request is None
    assert isinstance(server.next_event(), HttpBody)


def test_a_plain_request_is_answered_without_a_copy_of_the_body() -> None:
    server, body = session(GET), bytes(100)
    assert isinstance(server.next_event(), HttpRequest)
    server.begin(200, {}, len(body))
    server.send_body(body)
    server.finish()
    assert server.pieces_to_send()[-1] is body
