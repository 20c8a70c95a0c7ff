"""An HTTP answer comes in slices, with and without a length, and all of it is handed on at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from trio_srs.session.base import Need, Session
from trio_srs.session.http_client import HttpClientEvent, HttpClientSession, HttpError
from trio_srs.session.http_events import HttpBody, HttpEnd, HttpHead

NOW = 5.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n"


def asked() -> HttpClientSession:
    session = HttpClientSession("host:8080", "/live/a.flv?t=1", {"User-Agent": "us"})
    session.data_to_send()
    return session


def heard(session: HttpClientSession, *slices: bytes, end: bool = True) -> list[HttpClientEvent]:
    """Every event that some bytes make, and the end of the connection."""
    events: list[HttpClientEvent] = []

    def take() -> None:
        while not isinstance(event := session.next_event(), Need):
            events.append(event)
            if isinstance(event, HttpEnd):
                return

    for data in slices:
        session.receive_data(memoryview(bytearray(data)), NOW)
        session.keep()
        take()
    if end:
        session.receive_end()
        take()
    return events


def test_the_request_is_said_once() -> None:
    session: Session = HttpClientSession("host:8080", "/live/a.flv?t=1", {"User-Agent": "us"})
    lines = session.data_to_send().split(b"\r\n")
    assert lines[0] == b"GET /live/a.flv?t=1 HTTP/1.1"
    assert set(lines[1:-2]) == {
        b"Host: host:8080", b"Connection: close", b"Accept: */*", b"User-Agent: us",
    }  # fmt: skip
    assert lines[-2:] == [b"", b""]
    assert session.data_to_send() == b""


def test_time_is_nothing_to_it() -> None:
    session = asked()
    session.on_time(NOW)
    assert session.next_deadline() == math.inf


@pytest.mark.parametrize(
    ("slices", "bodies"),
    [
        ([HEAD + b"\r\n", b"abc", b"de"], [b"abc", b"de"]),
        ([HEAD + b"Content-Length: 5\r\n\r\nabc", b"de"], [b"abc", b"de"]),
        (
            [
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                b"3\r\nabc\r\n2\r\nd",
                b"e\r\n0\r\n\r\n",
            ],
            [b"abc", b"d", b"e"],
        ),
        ([HEAD[:20], HEAD[20:] + b"\r\nabc"], [b"abc"]),
        ([b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"\r\nabc"], [b"abc"]),
    ],
    ids=["until it is closed", "with a length", "in chunks", "a cut head", "behind a hint"],
)
def test_a_body_is_handed_on_as_it_comes(slices: Sequence[bytes], bodies: list[bytes]) -> None:
    head, *rest = heard(asked(), *slices)
    assert isinstance(head, HttpHead)
    assert (head.status, head.reason) == (200, "OK")
    assert head.headers["content-type"] == "video/x-flv"
    assert rest[: len(bodies)] == [HttpBody(body) for body in bodies]
    assert {*rest[len(bodies) :]} == {HttpEnd()}


def test_equal_headers_are_joined() -> None:
    [head, *_] = heard(asked(), b"HTTP/1.1 302 Found\r\nVia: a\r\nVia: b\r\nLocation: /b\r\n\r\n")
    assert head == HttpHead(302, "Found", {"via": "a, b", "location": "/b"})


def test_behind_the_end_there_is_only_the_end() -> None:
    session = asked()
    heard(session, HEAD + b"Content-Length: 1\r\n\r\na")
    session.receive_data(b"more", NOW)
    assert session.next_event() == HttpEnd()


@pytest.mark.parametrize(
    "data",
    [b"FLV\x01\x05", b"ICY 200 OK\r\n\r\n", HEAD + b"Content-Length: 5\r\n\r\nabc", HEAD],
    ids=["no HTTP", "ICY", "a body cut off", "a head cut off"],
)
def test_what_is_no_http_is_blamed_on_the_server(data: bytes) -> None:
    session = asked()
    with pytest.raises(HttpError, match=r"the server's answer is not HTTP/1.1, or broke off"):
        heard(session, data)
    assert session.next_event() == HttpEnd()


def test_a_head_has_a_limit() -> None:
    with pytest.raises(HttpError):
        heard(asked(), HEAD + b"X: " + bytes(70_000), end=False)
