"""Plain requests are read as h11 reads them, and all others are left to it."""

from __future__ import annotations

import h11
import pytest

from trio_srs.session.http_events import joined
from trio_srs.session.http_plain import read_plain, write_head

HOST = b"Host: cdn.test\r\n"
FIELDS = {
    "the least": HOST,
    "a player's": HOST + b"Accept: */*\r\nAccept-Encoding: gzip, br\r\nX-Odd:\tone two \t\r\n",
    "kept": b"Connection: Keep-Alive\r\n" + HOST,
    "one's own": HOST + b"Authorization: Basic eDp5\r\n",
    "a cookie": HOST + b"Cookie: a=b\r\n",
    "many": HOST + b"X-Many: " + b"x" * 1100 + b"\r\n",
}


def get(fields: bytes, target: bytes = b"/live/a.m3u8?x=1", version: bytes = b"1.1") -> bytes:
    return b"GET " + target + b" HTTP/" + version + b"\r\n" + fields + b"\r\n"


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_plain_request_is_read_as_h11_reads_it(method: bytes, fields: bytes) -> None:
    data = get(fields).replace(b"GET", method)
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=65536)
    server.receive_data(data)
    said = server.next_event()
    assert isinstance(said, h11.Request)
    plain = read_plain(data, 10)
    assert plain is not None
    assert (plain.method, plain.version) == (method.decode(), "1.1")
    assert plain.headers == joined(said.headers)
    assert plain.line == f"{method.decode()} /live/a.m3u8?x=1"
    assert (plain.target.segments, plain.target.query) == (("live", "a.m3u8"), {"x": "1"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        get(HOST)[:-1],
        get(HOST) * 2,
        get(HOST).replace(b"GET", b"POST"),
        get(HOST, version=b"1.0"),
        get(HOST, target=b"/live/../a"),
        get(HOST, target=b"/live/%zz"),
        get(b"Accept: */*\r\n"),
        get(HOST + HOST),
        get(HOST + b"Empty:\r\n"),
        get(HOST + b"X: a\r\n folded\r\n"),
        get(HOST + b"X: \xff\r\n"),
        get(HOST + b"X : a\r\n"),
        get(HOST + b"Connection: close\r\n"),
        get(HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        get(HOST + b"Content-Length: 0\r\n"),
        get(HOST + b"Transfer-Encoding: chunked\r\n"),
        get(HOST + b"Expect: 100-continue\r\n"),
        get(HOST + b"X: a\n"),
        get(HOST + b"".join(b"X-%d: a\r\n" % number for number in range(10))),
    ],
)
def test_whatever_is_unusual_is_left_to_h11(data: bytes) -> None:
    assert read_plain(data, 10) is None


def test_what_is_said_every_time_is_read_once_unless_it_may_be_secret() -> None:
    def fields_of(name: str) -> object:
        plain = read_plain(get(FIELDS[name]), 10)
        assert plain is not None
        return plain.headers

    assert fields_of("a player's") is fields_of("a player's")
    for name in ("one's own", "a cookie", "many"):
        assert fields_of(name) is not fields_of(name)


def test_a_head_is_a_line_for_each_field() -> None:
    head = write_head(200, {"Server": "us", "Content-Length": "0"})
    assert head == b"HTTP/1.1 200 OK\r\nServer: us\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("value", ["/a\r\nSet-Cookie: b", "/a\nb", "/a\rb", "/a\0"])
def test_a_field_does_not_begin_another_line(value: str) -> None:
    with pytest.raises(ValueError, match="breaks it"):
        write_head(302, {"Location": value})
