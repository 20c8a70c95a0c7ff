"""Names of streams in requests: in paths, where slashes are in the way, and in queries. Floor 3.

A stream is ``/api/v2/streams/{app}/{name}``. A slash of its name may be written as it is, or as
``%2F``, and has to be only where the name ends in a word that is one of :data:`PARTS`. How else a
name may be written is the same here as everywhere: :mod:`trio_srs.wire.stream_name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

import attrs

from trio_srs.hub.resolution import Rules, in_namespace
from trio_srs.service.api.error_answers import Located, located
from trio_srs.wire.stream_name import parse_stream, split_key, stream_key
from trio_srs.wire.url import StreamName

__all__ = ["PARTS", "STREAMS", "asked_stream", "find_key", "folding", "path_key", "path_name"]

STREAMS: Final = "/api/v2/streams"
PARTS: Final = frozenset({"report", "reports", "expect", "publisher", "settings"})
"""What a path of a stream may go on with."""

_ASCII: Final = "".join(map(chr, range(33, 127)))
_SLASH: Final = "%2F"
_SPLIT: Final = re.compile(_SLASH, re.IGNORECASE)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

Asgi = Callable[[Any, Any, Any], Any]


def folding(app: Asgi) -> Asgi:
    """Let an application see the name of a stream as one segment of the path."""

    async def front(scope: Any, receive: Any, send: Any) -> None:
        raw = scope.get("raw_path")
        if scope["type"] == "http" and raw and raw.startswith(STREAMS.encode() + b"/"):
            scope = {**scope, "path": fold(raw)}
        await app(scope, receive, send)

    return front


def fold(raw: bytes) -> str:
    """The path of a stream with its name as one segment, percent-encoded as it came."""
    path = quote(raw.partition(b"?")[0], safe=_ASCII)
    parts = [part for part in path.removeprefix(STREAMS).split("/") if part]
    words = [word for part in parts for word in _SPLIT.split(part) if word]
    asked = [words.pop()] if len(words) > 2 and parts[-1] in PARTS else []
    name = [_SLASH.join(words[1:])] if words[1:] else []
    return "/".join((STREAMS, *words[:1], *name, *asked))


def path_name(app: str, name: str, vhost: str, hosts: Rules) -> StreamName:
    """The stream that a path names, in the configured virtual host. Raises as :func:`path_key`."""
    with located("path"):
        named = in_namespace(parse_stream(_path_text(app, name)), hosts.namespaces)
    return attrs.evolve(named, vhost=hosts.vhost_of(vhost or named.vhost))


def path_key(app: str, name: str, vhost: str, vhost_of: Callable[[str], str]) -> str:
    """The key of the stream that a path names, by its two segments as they came.

    Raises:
        Located: it is no name of a stream.
    """
    return find_key(_path_text(app, name), vhost, vhost_of, "path")


def asked_stream(
    path: Mapping[str, str], vhost: str, vhost_of: Callable[[str], str]
) -> StreamName | None:
    """The stream that is acted on where the parameters of a path are these; nothing where they name
    none."""
    if "app" not in path or "name" not in path:
        return None
    try:
        return split_key(path_key(path["app"], path["name"], vhost, vhost_of), vhost_of)
    except Located:  # whoever acts on it says so
        return None


def _path_text(app: str, name: str) -> str:
    front, rest = (unquote(part, errors="surrogateescape") for part in (app, name))
    slash = "//" if _SCHEME.fullmatch(front) else "/"  # a URL, less what folding took away
    return f"{front}{slash}{rest}"


def find_key(stream: str, vhost: str, vhost_of: Callable[[str], str], where: str) -> str:
    """The key of the stream that a text such as ``live/cam1`` names.

    Args:
        where: the part of the request that the text is from.

    Raises:
        Located: it is no name of a stream.
    """
    with located(where):
        return stream_key(parse_stream(stream), vhost_of, vhost)
