"""What an HTTP session can report, on either side. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from trio_srs.wire.http_target import HttpTarget

__all__ = ["HttpBody", "HttpClosed", "HttpEnd", "HttpHead", "HttpRequest", "joined"]


@attrs.frozen
class HttpHead:
    """The head of an answer. Comes once, before everything else."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """By name in lower case; equal names are joined by a comma."""


@attrs.frozen
class HttpRequest:
    """The head of a request: to be answered before anything behind its body is looked at."""

    method: str
    target: HttpTarget
    headers: Mapping[str, str]
    """By name in lower case; equal names are joined by a comma."""
    version: str
    """``1.1`` or ``1.0``."""
    line: str
    """Method and target as they were said."""

    @property
    def host(self) -> str:
        """Who was asked, without the port; empty if the peer did not say."""
        said = self.target.authority or self.headers.get("host", "")
        if said.startswith("["):
            return said[1:].partition("]")[0]
        return said.partition(":")[0]

    @property
    def wants_websocket(self) -> bool:
        """Whether the peer would rather go on with WebSocket messages (RFC 6455 4.1)."""
        return "websocket" in self.headers.get("upgrade", "").lower()


@attrs.frozen
class HttpBody:
    """The next bytes of the body."""

    data: bytes


@attrs.frozen
class HttpEnd:
    """The body is whole."""


@attrs.frozen
class HttpClosed:
    """Nothing more will come on this connection, nor will another request be answered on it."""


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by their names, which h11 has made lower case."""
    by_name: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        by_name[name] = f"{by_name[name]}, {value}" if name in by_name else value
    return by_name
