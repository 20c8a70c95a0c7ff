"""URLs, targets, names: any text is refused or is what it says, and a name stays below its root."""

from __future__ import annotations

import posixpath
from typing import Final

from tests.fuzz.reading import read
from trio_srs.errors import RefusedError
from trio_srs.wire.http_target import HttpTarget, HttpTargetError
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.stream_name import parse_stream
from trio_srs.wire.url import (
    DEFAULT_VHOST,
    RtmpUrl,
    StreamNameError,
    UrlError,
    parse_query,
    resolve,
)

RTMP: Final = (
    b"rtmp://h/live/cam", b"rtmps://[::1]:443/live?token=1/cam", b"rtmp://h/live/cam?a=b&c=%2f#x",
    b"rtmp://me:secret@h/live/cam", b"RTMP://H:1936/a//b/..%00?vhost=x", b"rtmp://h/live?a/b/?",
    b"live...vhost...x\nrtmp://h/live?domain=y\ncam?k=v", b"_definst_/live\n\nroom/cam",
)  # fmt: skip
HTTP: Final = (
    b"http://h:8080/hook?a=b#c", b"https://[::1]/", b"http://h?q", b"http://me:secret@h/",
    b"http://h/a/b\n../c", b"http://h/\n//other/x", b"http://h/\n?q", b"http://h\nhttps://i:1/%20",
)  # fmt: skip


def rtmp(data: bytes) -> None:
    """A client's URL, a name as people write it, the texts of a ``connect`` and a ``publish``."""
    text = data.decode("utf-8", "surrogateescape")
    for url in (text, f"rtmp://h/{text}"):
        if parsed := read(RtmpUrl.parse, url, by=UrlError):
            assert RtmpUrl.parse(str(parsed)) == parsed
    if (named := read(parse_stream, text, by=RefusedError)) and named.vhost == DEFAULT_VHOST:
        assert parse_stream(f"/{named.path}") == named
    tc_url, app, key = [*text.split("\n", 2), "", ""][:3]
    found = read(resolve, tc_url, app, key, by=StreamNameError)
    if found is None:
        return
    path = f"/root/{found.vhost}/{found.path}"
    assert posixpath.normpath(path) == path
    assert not any(ord(char) < ord(" ") for char in path)
    assert "/" not in found.vhost
    assert found.params == parse_query(found.query)


def http(data: bytes) -> None:
    """A URL, and where a redirect leads from it."""
    text, _, location = data.decode("utf-8", "surrogateescape").partition("\n")
    if parsed := read(HttpUrl.parse, text, by=UrlError):
        _check(parsed)
        if further := read(parsed.join, location, by=UrlError):
            _check(further)


def _check(parsed: HttpUrl) -> None:
    assert HttpUrl.parse(str(parsed)) == parsed
    assert parsed.target.startswith("/")
    assert parsed.target.isascii()
    assert not set(parsed.target) & set(" \r\n")
    assert not set(parsed.host) & set(" \r\n/?#@")
    assert parsed.shown in str(parsed)


TARGETS: Final = (
    b"/live/a.flv?token=x&b=%20c+d", b"http://h:80/a/b?x", b"/%2e%2e/etc", b"/a%2fb", b"/%", b"*",
    b"/stra%C3%9Fe/", b"/a\\b%00?c=%0a",
)  # fmt: skip


def target(data: bytes) -> None:
    """A request's target: it leads nowhere but down."""
    if found := read(HttpTarget.parse, data.decode("latin-1"), by=HttpTargetError):
        path = f"/root{found.path}"
        assert posixpath.normpath(path) == path.rstrip("/")
        assert "\0" not in path
