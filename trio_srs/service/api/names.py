"""Names of streams in requests: in paths, where slashes are in the way, and in queries. Floor 3.

A stream is ``/api/v2/streams/{app}/{name}``. A slash inside a name may be written as it is, or as
``%2F``, and has to be only where the name ends in a word that is one of :data:`PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from trio_srs.service.api.errors import located
from trio_srs.wire.url import DEFAULT_VHOST, check_name

__all__ = ["PARTS", "STREAMS", "find_key", "folding", "path_key"]

STREAMS: Final = "/api/v2/streams"
PARTS: Final = frozenset({"report", "reports", "expect", "publisher"})
"""What a path of a stream may go on with."""

_ASCII: Final = "".join(map(chr, range(33, 127)))
_SLASH: Final = "%2F"

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
    words = [word for word in path.removeprefix(STREAMS).split("/") if word]
    part = [words.pop()] if len(words) > 2 and words[-1] in PARTS else []
    name = [_SLASH.join(words[1:])] if words[1:] else []
    return "/".join((STREAMS, *words[:1], *name, *part))


def path_key(app: str, name: str, vhost: str, vhost_of: Callable[[str], str]) -> str:
    """The key of the stream that a path names, by its two segments as they came.

    Raises:
        Located: it is no name of a stream.
    """
    with located("path.app"):
        app = check_name("app", unquote(app, errors="surrogateescape"))
    with located("path.name"):
        name = check_name("stream name", unquote(name, errors="surrogateescape"))
    return _key(app, name, vhost, vhost_of)


def find_key(stream: str, vhost: str, vhost_of: Callable[[str], str], where: str) -> str:
    """The key of the stream that a text such as ``live/cam1`` names.

    Args:
        where: the part of the request that the text is from.

    Raises:
        Located: it is no name of a stream.
    """
    app, _, name = stream.partition("/")
    with located(where):
        check_name("app", app)
        check_name("stream name", name)
    return _key(app, name, vhost, vhost_of)


def _key(app: str, name: str, vhost: str, vhost_of: Callable[[str], str]) -> str:
    """The hub's name of a stream; a virtual host that nobody configured is the default one."""
    known = vhost_of(vhost) if vhost else DEFAULT_VHOST
    return f"{app}/{name}" if known == DEFAULT_VHOST else f"{known}/{app}/{name}"
