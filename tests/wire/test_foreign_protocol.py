"""Who speaks, when it is not what was to be spoken."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.wire.foreign_protocol import who_connected, who_is


def client_hello(host: str | None) -> bytes:
    said = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    client = context.wrap_bio(ssl.MemoryBIO(), said, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


HELLO = client_hello("cam.example.com")
NAMED = {
    b"GET /live/cam1.flv HTTP/1.1\r\nHost: h\r\n": "an HTTP client: GET /live/cam1.flv",
    b"GET /live/cam1?token=secret HTTP/1.1\r\n": "an HTTP client: GET /live/cam1",
    b"GET http://me:secret@h/live/cam1 HTTP/1.1\n": "an HTTP client: GET /live/cam1",
    b"POST /api\xff\x1b HTTP/1.0\r\n": "an HTTP client: POST /api",
    b"GET /" + b"x" * 99: "an HTTP client: GET /" + "x" * 72 + "...",
    b"CONNECT h:1935 HTTP/1.1\r\n": "an HTTP client: CONNECT h:1935",
    b"DESCRIBE rtsp://h/live/cam1 RTSP/1.0\r\n": "an RTSP client: DESCRIBE /live/cam1",
    b"ANNOUNCE rtsp://h/live": "an RTSP client: ANNOUNCE /live",
    b"SOURCE /live ICE/1.0\r\n": "an HTTP client: SOURCE /live",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "an HTTP/2 client",
    b"G": "an HTTP client",
    b"OPT": "an HTTP client",
    b"GET ": "an HTTP client",
    b"GOT": "",
    b"GOT /live HTTP/1.1": "",
    b"G1": "",
    b"GET \r\n": "an HTTP client",
    HELLO: "a TLS client: it asked for cam.example.com",
    HELLO[:40]: "a TLS client",
    client_hello(None): "a TLS client",
    HELLO.replace(b"cam.example.com", b"cam\x1bexample.com"): "a TLS client",
    b"\x16": "a TLS client",
    b"\x16\x03": "a TLS client",
    b"\x16\x04": "",
    b"\x03" + bytes(1536): "an RTMP client without TLS",
    b"SSH-2.0-OpenSSH_9\r\n": "an SSH client",
    b"FLV\x01\x05": "a client that sends FLV without RTMP",
    b"G" + bytes(187) + b"G" + bytes(187): "a client that sends MPEG-TS without RTMP",
    b"PROXY TCP4 192.0.2.1": "a proxy with the PROXY protocol, version 1,",
    b"\r\n\r\n\0\r\nQUIT\n": "a proxy with the PROXY protocol, version 2,",
    b"\xf3\0\x04": "a proxy of SRS",
    b"\x06": "an encrypted RTMP client (RTMPE)",
    b"\x08": "an encrypted RTMP client (RTMPE)",
    b"\x09": "an encrypted RTMP client (RTMPE)",
    b"\x00": "",
    b"": "",
}


# A greeting of TLS is random, and so no part of a test's name.
IDS = [f"{number}-{who}" for number, who in enumerate(NAMED.values())]


@pytest.mark.parametrize(("first", "who"), NAMED.items(), ids=IDS)
def test_a_client_is_named_by_its_first_bytes(first: bytes, who: str) -> None:
    assert who_is(first) == who


def test_it_is_said_where_it_connected_and_what_to_do() -> None:
    get = b"GET /live/cam1 HTTP/1.1\r\n"
    assert who_connected(get, "RTMP") == (
        "an HTTP client connected to the RTMP port: GET /live/cam1"
    )
    assert who_connected(b"\x03", "RTMPS", "it has to say rtmps://") == (
        "an RTMP client without TLS connected to the RTMPS port; it has to say rtmps://"
    )
    assert who_connected(b"\x00", "RTMP", "x") == ""


@pytest.mark.property
@given(
    st.binary(max_size=300)
    | st.integers(0, len(HELLO)).map(lambda size: HELLO[:size])
    | st.tuples(st.integers(0, len(HELLO) - 1), st.integers(0, 255)).map(
        lambda change: HELLO[: change[0]] + bytes((change[1],)) + HELLO[change[0] + 1 :]
    )
)
@example(b"GET \x1b[2J HTTP/1.1\r\n")
def test_whatever_comes_is_named_in_words_that_are_safe_to_show(first: bytes) -> None:
    who = who_is(first)
    assert who.isprintable()
    assert len(who) < 300
