"""What a proxy says before the first byte of a client: whose connection it passes on. Floor 0.

Source: HAProxy, ``doc/proxy-protocol.txt``, versions 1 and 2; SRS, ``SrsHandshakeBytes::read_c0c1``
(a frame that begins with 0xF3, before the handshake of RTMP).
"""

from __future__ import annotations

import ipaddress
from typing import Final

import attrs

from trio_srs.errors import ProtocolError

__all__ = ["MAX_HEADER", "ProxyHeader", "ProxyHeaderError", "read_proxy_header"]

_V1: Final = b"PROXY "
_V1_MOST: Final = 107  # with its end of line (2.1)
_V2: Final = b"\r\n\r\n\0\r\nQUIT\n"
_V2_HEAD: Final = 16
_V2_MOST: Final = 1024
_VERSION: Final = 2
_LOCAL, _PROXY = 0, 1
_FAMILIES: Final = {1: 4, 2: 16}
"""Bytes of an address, by the family of version 2."""
_SRS: Final = b"\xf3"
_SRS_HEAD: Final = 3
_SRS_MOST: Final = 1024  # as there
_TCP_WORDS: Final = 6

MAX_HEADER: Final = _V2_HEAD + _V2_MOST
"""Bytes of the longest header."""


class ProxyHeaderError(ProtocolError):
    """What a proxy says of its client makes no sense."""

    code = "proxy_header"


@attrs.frozen
class ProxyHeader:
    """A header, as far as it is there."""

    size: int
    """Bytes of it; -1 if it is not whole yet, 0 if there is none."""
    peer: str = ""
    """Whose connection it is, ``10.0.0.1:5000`` or ``[::1]:5000``; empty if the proxy speaks for
    itself, or does not know. Where the port is not said it is 0."""
    is_certain: bool = True
    """Whether what has come is part of a header; else it may be the client's own."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there, or it is known that there is none."""
        return self.size >= 0


_MORE: Final = ProxyHeader(-1)
_MAYBE: Final = ProxyHeader(-1, is_certain=False)
_NONE: Final = ProxyHeader(0)


def read_proxy_header(data: bytes, *, has_srs: bool = False) -> ProxyHeader:
    """Read what a connection begins with.

    Args:
        has_srs: whether it may be SRS's frame.

    Raises:
        ProxyHeaderError: it begins as a header, and cannot be read.
    """
    if data.startswith(_V1):
        return _read_v1(data)
    if data.startswith(_V2):
        return _read_v2(data)
    if has_srs and data[:1] == _SRS:
        return _read_srs(data)
    is_begun = _V1.startswith(data) or _V2.startswith(data)
    return _MAYBE if is_begun else _NONE


def _read_v1(data: bytes) -> ProxyHeader:
    line, end, _ = data[:_V1_MOST].partition(b"\r\n")
    if not end:
        if len(data) >= _V1_MOST:
            raise ProxyHeaderError(f"a PROXY line of more than {_V1_MOST} bytes")
        return _MORE
    size = len(line) + len(end)
    words = line.decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return ProxyHeader(size)
    if len(words) != _TCP_WORDS or words[1] not in ("TCP4", "TCP6") or not words[4].isdecimal():
        raise ProxyHeaderError(f"{line[:_V1_MOST]!r}, expected PROXY TCP4 or TCP6 and four values")
    return ProxyHeader(size, _peer(words[2], int(words[4])))


def _read_v2(data: bytes) -> ProxyHeader:
    if len(data) < _V2_HEAD:
        return _MORE
    version, command = divmod(data[12], 16)
    length = int.from_bytes(data[14:16], "big")
    if version != _VERSION or command not in (_LOCAL, _PROXY) or length > _V2_MOST:
        raise ProxyHeaderError(
            f"a PROXY header of version {version}, command {command} and {length} bytes, expected "
            f"version 2, command 0 or 1 and at most {_V2_MOST} bytes"
        )
    size = _V2_HEAD + length
    if len(data) < size:
        return _MORE
    bytes_each = _FAMILIES.get(data[13] >> 4)
    if command == _LOCAL or bytes_each is None:
        return ProxyHeader(size)
    if length < 2 * bytes_each + 4:
        raise ProxyHeaderError(f"a PROXY header of {length} bytes, which has no room for addresses")
    source = data[_V2_HEAD : _V2_HEAD + bytes_each]
    port = _V2_HEAD + 2 * bytes_each
    return ProxyHeader(size, _peer(source, int.from_bytes(data[port : port + 2], "big")))


def _read_srs(data: bytes) -> ProxyHeader:
    if len(data) < _SRS_HEAD:
        return _MORE
    length = int.from_bytes(data[1:_SRS_HEAD], "big")
    if length > _SRS_MOST:
        raise ProxyHeaderError(
            f"a frame of SRS's proxy of {length} bytes, the limit is {_SRS_MOST}"
        )
    size = _SRS_HEAD + length
    if len(data) < size:
        return _MORE
    address = data[_SRS_HEAD:size][:4]
    return ProxyHeader(size, _peer(address, 0) if len(address) == 4 else "")


def _peer(address: str | bytes, port: int) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise ProxyHeaderError(f"{address!r} is no IP address") from None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"
