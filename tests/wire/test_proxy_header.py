"""What proxies say of their clients: the letter of both versions, and of SRS's frame."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.proxy_header import ProxyHeader, ProxyHeaderError, read_proxy_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
BEHIND = b"\x03 the client's own"
V4 = ipaddress.ip_address("192.0.2.1").packed + ipaddress.ip_address("10.0.0.1").packed
V6 = ipaddress.ip_address("2001:db8::1").packed + ipaddress.ip_address("::1").packed
MAPPED = ipaddress.ip_address("::ffff:192.0.2.1").packed + ipaddress.ip_address("::1").packed
PORTS = (4711).to_bytes(2, "big") + (1935).to_bytes(2, "big")


def v2(first: int, family: int, rest: bytes) -> bytes:
    return SIGNATURE + bytes((first, family)) + len(rest).to_bytes(2, "big") + rest


WHOLE = {
    "v1": (b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 1935\r\n", "192.0.2.1:4711"),
    "v1 IPv6": (b"PROXY TCP6 2001:db8::1 ::1 4711 1935\r\n", "[2001:db8::1]:4711"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", ""),
    "v1 unknown, and more": (b"PROXY UNKNOWN ffff:f::1 ::1 1 2\r\n", ""),
    "v2": (v2(0x21, 0x11, V4 + PORTS), "192.0.2.1:4711"),
    "v2 with more": (v2(0x21, 0x11, V4 + PORTS + b"\x04\0\x01x"), "192.0.2.1:4711"),
    "v2 IPv6": (v2(0x21, 0x21, V6 + PORTS), "[2001:db8::1]:4711"),
    "v2 mapped": (v2(0x21, 0x21, MAPPED + PORTS), "192.0.2.1:4711"),
    "v2 local": (v2(0x20, 0x00, b""), ""),
    "v2 Unix": (v2(0x21, 0x31, bytes(216)), ""),
    "SRS": (b"\xf3\0\x04\xc0\0\x02\x01", "192.0.2.1:0"),
    "SRS with more": (b"\xf3\0\x06\xc0\0\x02\x01xx", "192.0.2.1:0"),
    "SRS without": (b"\xf3\0\0", ""),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_header_says_whose_connection_it_is(name: str) -> None:
    header, peer = WHOLE[name]
    assert read_proxy_header(header + BEHIND, has_srs=True) == ProxyHeader(len(header), peer)
    for size in range(len(header)):
        read = read_proxy_header(header[:size], has_srs=True)
        assert not read.is_whole
        is_known = size >= (6 if header[:1] == b"P" else 12 if header[:1] == b"\r" else 1)
        assert read.is_certain is is_known


@pytest.mark.parametrize(
    "first", [b"\x03", b"\x16\x03\x01", b"GET /live/a.flv", b"POST /", b"PROXIED", b"\r\n\r\nGET"]
)
def test_a_client_of_its_own_has_no_header(first: bytes) -> None:
    assert read_proxy_header(first, has_srs=True) == ProxyHeader(0)


def test_the_frame_of_srs_is_none_where_it_is_not_expected() -> None:
    assert read_proxy_header(WHOLE["SRS"][0]) == ProxyHeader(0)


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.1\r\n",
        b"PROXY TCP4 192.0.2.1 10.0.0.1 x 1935\r\n",
        b"PROXY TCP4 somewhere 10.0.0.1 1 2\r\n",
        b"PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 " + b"1" * 100,
        v2(0x11, 0x11, V4 + PORTS),
        v2(0x22, 0x11, V4 + PORTS),
        v2(0x21, 0x11, bytes(2000)),
        v2(0x21, 0x21, V4 + PORTS),
        b"\xf3\xff\xff",
    ],
)
def test_what_begins_as_a_header_and_is_none_is_the_proxys_fault(header: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        read_proxy_header(header, has_srs=True)


@pytest.mark.property
@given(
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"!\x11", b"\xf3"]),
    st.binary(max_size=120),
)
def test_any_bytes_are_read_or_are_the_proxys_fault(start: bytes, rest: bytes) -> None:
    with suppress(ProxyHeaderError):
        read = read_proxy_header(start + rest, has_srs=True)
        assert read.size <= len(start + rest)
