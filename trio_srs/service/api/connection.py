"""A connection to the API: each of its requests is the application's. Floor 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.service.api.exchange import AsgiExchange, ReadyExchange, peer_of
from trio_srs.service.api.plain_requests import PlainRequest
from trio_srs.service.web.connection import Handler, WebConnection, WebTerms
from trio_srs.service.web.date import http_date
from trio_srs.session.http_events import HttpRequest
from trio_srs.session.http_server import HttpLimits, HttpServerSession
from trio_srs.wire.http_target import HttpTarget

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport
    from trio_srs.service.api.serving import ApiService

__all__ = ["STALLED_AFTER_S", "ApiConnection"]

STALLED_AFTER_S: Final = 10.0
"""Seconds in which a client has to take some of what is sent to it."""
_TERMS: Final = WebTerms(
    limits=HttpLimits(),
    opening_s=10.0,
    stalled_s=STALLED_AFTER_S,
    close_s=0.5,
)
_ROOM_S: Final = 0.1
"""How long one over the limit waits: somebody may have gone, and only not been seen to."""


class ApiConnection(WebConnection):
    """One client of the API."""

    def __init__(
        self,
        transport: Transport,
        service: ApiService,
        protocol: str,
        opening: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._service = service
        super().__init__(
            transport,
            HttpServerSession(
                _TERMS.limits,
                trio.current_time(),
                _fields,
                read_target=HttpTarget.undecoded,
                told=_told,
            ),
            _TERMS,
            protocol=protocol,
            buffer=service.buffer,
            reader=service.reader,
            supervisor=service.context.hub.supervisor,
            opening=opening,
        )

    async def run(self) -> None:
        """Serve it, if there is room, be it after a moment."""
        room = self._service.room
        try:
            with trio.fail_after(_ROOM_S):
                await room.acquire_on_behalf_of(self)
        except trio.TooSlowError:
            self._service.connections.turn_away(self.link.transport)
            return
        try:
            await super().run()
        finally:
            room.release_on_behalf_of(self)

    async def find_handler(self, asked: HttpRequest) -> Handler:
        return AsgiExchange(self, asked, self._service.app)

    def find_ready(self, asked: HttpRequest) -> ReadyExchange | None:
        """An answer that took next to no time; an application may wait."""
        method, _, target = asked.line.partition(" ")
        answer_at_once = self._service.answer_at_once
        if answer_at_once is None or method != "GET" or not target.startswith("/"):
            return None
        path, _, query = target.partition("?")
        client = peer_of(self.client_of(asked))
        scope = {"method": method, "scheme": self.protocol, "client": client}
        answer = answer_at_once(PlainRequest(path, query, asked.headers, scope))
        return None if answer is None else ReadyExchange(self, answer)

    def refuse(self, asked: HttpRequest, refusal: RefusedError) -> None:
        """It is the application that refuses."""
        raise AssertionError(asked.line) from refusal

    @property
    def trusted_proxies(self) -> Sequence[str]:
        return self._service.context.config.trusted_proxies


def _fields() -> dict[str, str]:
    """What every answer says."""
    return {"Date": http_date()}


def _told(code: str, text: str) -> dict[str, str]:
    """What is wrong with a request that the application never sees, as it would say it."""
    return {"code": code, "message": text, "where": ""}
