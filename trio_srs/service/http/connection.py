"""One HTTP connection of the service, and how it is answered. Floor 3."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.access import RedirectError
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.net.transport import Transport
from trio_srs.service.base import WebClient
from trio_srs.service.http.context import METHODS, HttpContext
from trio_srs.service.http.media_session import MediaSession
from trio_srs.service.http.routes import find_handler, find_ready
from trio_srs.service.web.connection import (
    NO_FIELDS,
    Handler,
    ReadyHandler,
    WebConnection,
    WebTerms,
)
from trio_srs.session.http_events import HttpRequest
from trio_srs.session.http_server import HttpLimits, HttpServerSession
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["HttpConnection"]

_MAY_COME: Final = frozenset({StreamNotFoundError.code})
"""What is refused now and may well be granted soon."""
_RETRY: Final = {"Retry-After": "1"}
_FIELDS: Final[Mapping[int, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Basic realm="trio-srs", charset="UTF-8"'},
    HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": METHODS},
    HTTPStatus.UPGRADE_REQUIRED: {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
    },
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY,
}
"""What a client has to be told with a status: RFC 7617 2, RFC 9110 15.5.6, RFC 6455 4.4."""


class HttpConnection(WebConnection):
    """One client of the service."""

    def __init__(
        self,
        transport: Transport,
        context: HttpContext,
        protocol: str = "http",
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        config = context.config
        self.context = context
        terms = WebTerms(
            limits=HttpLimits(
                head_bytes=config.max_request_head,
                headers=config.max_request_headers,
                head_s=config.request_timeout,
                idle_s=config.idle_timeout,
            ),
            opening_s=config.request_timeout,
            stalled_s=context.access.rules.settings_for(DEFAULT_VHOST, "", "").stalled_timeout,
            close_s=config.close_timeout,
        )
        super().__init__(
            transport,
            HttpServerSession(terms.limits, trio.current_time(), context.fields),
            terms,
            protocol=protocol,
            buffer=context.buffer,
            reader=context.reader,
            supervisor=context.hub.supervisor,
            opening=opening,
        )
        self._peer = WebClient(peer=transport.peer, protocol=protocol)

    @property
    def media(self) -> MediaSession | None:
        """Who plays or publishes here at present."""
        return self._handler if isinstance(self._handler, MediaSession) else None

    async def find_handler(self, asked: HttpRequest) -> Handler:
        return await find_handler(self, asked)

    def find_ready(self, asked: HttpRequest) -> ReadyHandler | None:
        return find_ready(self, asked)

    def web_client(self, asked: HttpRequest) -> WebClient:
        """Who asks, for other services."""
        if not self.context.config.trusted_proxies:  # then it is always the same
            return self._peer
        return WebClient(peer=self.client_of(asked), protocol=self.protocol)

    @property
    def trusted_proxies(self) -> Sequence[str]:
        return self.context.config.trusted_proxies

    def answer(
        self,
        request: HttpRequest,
        status: int,
        fields: Mapping[str, str] = NO_FIELDS,
        body: bytes = b"",
    ) -> None:
        """Answer in one piece; scripts of pages may use it as far as the configuration says."""
        self.session.answer(status, {**dict(self.context.cors(request)), **fields}, body)

    def answer_json(self, request: HttpRequest, status: int, body: Mapping[str, object]) -> None:
        """Answer with an object."""
        fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        fields |= _RETRY if body.get("error") in _MAY_COME else _FIELDS.get(status, NO_FIELDS)
        self.answer(request, status, fields, json.dumps(body).encode() + b"\n")

    def refuse(self, request: HttpRequest, refusal: RefusedError) -> None:
        """Say no, and why."""
        status = refusal.status if isinstance(refusal, FaultRefusalError) else refusal.http_status
        body = {"error": refusal.code, "detail": str(refusal)}
        if isinstance(refusal, RedirectError):
            self.answer(request, status, {"Location": refusal.url})
        else:
            self.answer_json(request, status, body)
