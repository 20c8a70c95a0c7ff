"""What every HTTP connection of one server shares. Floor 3."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import attrs

from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import Bus
from trio_srs.hub.directory import SessionDirectory
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.hub import Hub
from trio_srs.hub.turns import Turns
from trio_srs.net.shared_reader import SharedReader
from trio_srs.service.base import WebRoute
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.web.date import http_date

if TYPE_CHECKING:
    from trio_srs.session.http_events import HttpRequest

__all__ = ["METHODS", "Fields", "HttpContext"]

METHODS = "GET, HEAD, POST, PUT, OPTIONS"
_EXPOSED = "Accept-Ranges, Content-Length, Content-Range, Date, ETag"
_PREFLIGHT_S = 86_400

Fields: TypeAlias = tuple[tuple[str, str], ...]
"""Some of an answer, with their values."""


@functools.lru_cache(maxsize=64)
def _cors(origins: Sequence[str], origin: str | None) -> Fields:
    """What lets the scripts of a page use an answer.

    Args:
        origin: where they are from, if that is one of them.
    """
    vary, exposed = ("Vary", "Origin"), ("Access-Control-Expose-Headers", _EXPOSED)
    if "*" in origins:
        return ("Access-Control-Allow-Origin", "*"), exposed
    if origin is not None:
        return ("Access-Control-Allow-Origin", origin), vary, exposed
    return (vary,) if origins else ()


@attrs.define(eq=False)
class HttpContext:
    """The parts of the server that a connection uses. One for all connections of a server."""

    config: HttpConfig
    """For what begins; a reload puts another one here."""
    access: AccessControl
    hub: Hub
    bus: Bus
    registry: SessionDirectory
    server_name: str
    buffer: memoryview
    """What every link receives into: it is empty again before another task runs."""
    routes: Sequence[WebRoute] = ()
    """What other services serve here."""
    faults: FaultInjection | None = None
    """What it does wrong on purpose, if anything."""
    reader: SharedReader | None = None
    """Reads for all connections that wait for a request, where the platform can."""
    turns: Turns = attrs.field(factory=Turns)
    """Who walks all streams takes turns."""

    def fields(self) -> Mapping[str, str]:
        """What every answer says."""
        return {"Date": http_date(), "Server": self.server_name}

    def cors(self, request: HttpRequest) -> Fields:
        """What lets the scripts of a page use an answer, if they may (Fetch standard, 3.3)."""
        origins, origin = self.config.cors_origins, request.headers.get("origin")
        return _cors(origins, origin if origin in origins else None)

    def preflight(self, request: HttpRequest) -> dict[str, str]:
        """The answer to OPTIONS, before a script's request that is not a plain one."""
        fields = {"Allow": METHODS, **dict(self.cors(request))}
        if "Access-Control-Allow-Origin" in fields:
            wanted = request.headers.get("access-control-request-headers", "")
            fields["Access-Control-Allow-Methods"] = METHODS
            fields["Access-Control-Max-Age"] = str(_PREFLIGHT_S)
            if request.headers.get("access-control-request-private-network") == "true":
                fields["Access-Control-Allow-Private-Network"] = "true"
            if wanted and wanted.isprintable() and wanted.isascii():
                fields["Access-Control-Allow-Headers"] = wanted
        return fields
