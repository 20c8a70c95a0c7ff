"""Who speaks, when what was said is not what was to be said: by its first bytes. Floor 0.

Half of all first tries end at the wrong port. "Bad version byte" helps nobody then; the name of
the client does, and what it asked for. Nothing that may be secret is repeated: of a request line
the parameters, the user and the password are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["who_connected", "who_is"]

_METHODS: Final = (
    *("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "CONNECT", "TRACE"),
    *("SOURCE", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "RECORD"),  # Icecast and RTSP
)
_REQUEST: Final = re.compile(
    rb"([A-Z]{3,16}) (?:[a-z]+://[^/\s]*)?([!\"$->@-~]*)\S*(?: ([A-Z]+))?"  # up to ? or #
)
_SHOWN_MOST: Final = 80
_TS_PACKET: Final = 188


def who_is(first: bytes) -> str:
    """Name a client, and what it wants, by the first bytes that came of it.

    Returns:
        as "an HTTP client: GET /live/cam1"; empty if nothing is known that begins so.
    """
    return next((told for known in _KNOWN if (told := known(first))), "") if first else ""


def who_connected(first: bytes, port: str, mend: str = "") -> str:
    """The same as a sentence: "an HTTP client connected to the RTMP port: GET /live/cam1".

    Args:
        port: what the port is for.
        mend: what to do about it, if that client could have been right elsewhere.
    """
    who, colon, wants = who_is(first).partition(": ")
    if not who:
        return ""
    asked = f"{colon}{wants}" if wants else ""
    return f"{who} connected to the {port} port{asked}{f'; {mend}' if mend else ''}"


def _http(first: bytes) -> str:
    """A request line, or as much of one as has come."""
    line = first.partition(b"\r")[0].partition(b"\n")[0]
    method = line.partition(b" ")[0].decode("ascii", "replace")
    if b" " not in line.rstrip(b" "):
        begins = any(name.startswith(method) for name in _METHODS)
        return "an HTTP client" if begins and method.isalpha() else ""
    found = _REQUEST.match(line)
    if method not in _METHODS or found is None:
        return ""
    target = found[2].decode()
    shown = f"{method} {target}".rstrip()
    if len(shown) > _SHOWN_MOST:
        shown = f"{shown[: _SHOWN_MOST - 3]}..."
    kind = "an RTSP client" if found[3] == b"RTSP" or b" rtsp:" in line else "an HTTP client"
    return f"{kind}: {shown}"


def _tls(first: bytes) -> str:
    if first[0] != 0x16 or first[1:2] not in (b"", b"\x03"):
        return ""
    host = _server_name(first)
    return f"a TLS client: it asked for {host}" if host else "a TLS client"


def _server_name(hello: bytes) -> str:
    """The host that a ClientHello asks for (RFC 8446, 4.1.2; RFC 6066, 3), if it is seen."""
    at = 5 + 4 + 2 + 32  # record header, message header, version, random
    for size_of_length in (1, 2, 1):  # session id, cipher suites, compression methods
        at += size_of_length + int.from_bytes(hello[at : at + size_of_length])
    at += 2  # how long all extensions are
    while at + 4 <= len(hello):
        kind, size = (int.from_bytes(hello[n : n + 2]) for n in (at, at + 2))
        if kind == 0:
            name = hello[at + 9 : at + 4 + size]  # behind two lengths and a kind
            return name.decode() if re.fullmatch(rb"[A-Za-z0-9._-]{1,253}", name) else ""
        at += 4 + size
    return ""


def _rtmp(first: bytes) -> str:
    return "an RTMP client without TLS" if first[0] == 3 else ""


def _is_ts(first: bytes) -> bool:
    return len(first) > _TS_PACKET and first[0] == first[_TS_PACKET] == ord("G")


def _begins(with_: bytes, who: str) -> Callable[[bytes], str]:
    return lambda first: who if first.startswith(with_) else ""


_KNOWN: Final[tuple[Callable[[bytes], str], ...]] = (
    _begins(b"PROXY ", "a proxy with the PROXY protocol, version 1,"),
    _begins(b"SSH-", "an SSH client"),
    _begins(b"FLV", "a client that sends FLV without RTMP"),
    lambda first: "a client that sends MPEG-TS without RTMP" if _is_ts(first) else "",
    _begins(b"PRI *", "an HTTP/2 client"),
    _begins(b"\r", "a proxy with the PROXY protocol, version 2,"),
    _tls,
    _http,
    *(_begins(bytes((mark,)), "an encrypted RTMP client (RTMPE)") for mark in (6, 8, 9)),
    _begins(b"\xf3", "a proxy of SRS"),
    _rtmp,
)
"""In order: what is sure before what begins alike."""
