"""The API in memory, over an RTMP service in memory: no sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import attrs
import httpx2

from tests.service.rtmp.house import House
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.service.api.app import make_app
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.context import ApiContext

__all__ = ["ADDRESSES", "Site", "context_of", "open_site"]

ADDRESSES = {"rtmp": ["rtmp://127.0.0.1:1935"], "rtmps": [], "api": ["http://127.0.0.1:1985"]}


class _Standing:
    """Stands for the context of the site that an application serves at the time."""

    context: ApiContext

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)


_FREE: dict[tuple[str, ...], list[tuple[_Standing, Any]]] = {}
"""Applications that no site has now, by the pages of other hosts that may ask them."""


@contextmanager
def app_of(context: ApiContext) -> Iterator[Any]:
    """One that serves this context: to make one takes as long as many tests do."""
    free = _FREE.setdefault(context.config.cors_origins, [])
    if free:
        standing, app = free.pop()
        standing.context = context
    else:
        standing = _Standing()
        standing.context = context
        app = make_app(cast(ApiContext, standing))
    yield app
    free.append((standing, app))


@attrs.define(eq=False)
class Site:
    """One server's API, and whoever asks it."""

    house: House
    context: ApiContext
    app: Any
    client: httpx2.AsyncClient

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer; None where it has no body."""
        answer = await self.client.request(method, path, **more)
        return answer.status_code, answer.json() if answer.content else None

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        """The same of GET."""
        return await self.ask("GET", path, **more)


def context_of(
    house: House, config: ApiConfig | None = None, *, fragment_s: float | None = None
) -> ApiContext:
    """What the API of a service works on."""
    turns = Turns()
    return ApiContext(
        config=config or ApiConfig(),
        access=house.access,
        hosts=house.rules,
        faults=house.faults,
        hub=house.hub,
        bus=house.bus,
        registry=house.registry,
        journal=house.journal,
        reports=house.reports,
        waiting=Waiting(house.bus, house.reports, house.registry, turns, journal=house.journal),
        turns=turns,
        addresses=lambda: ADDRESSES,
        fragment_s=lambda _vhost: fragment_s,
    )


@asynccontextmanager
async def open_site(
    house: House, config: ApiConfig | None = None, *, fragment_s: float | None = None
) -> AsyncIterator[Site]:
    """The API of a service that runs."""
    context = context_of(house, config, fragment_s=fragment_s)
    with app_of(context) as app, context.bus.listening(context.listen):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Site(house, context, app, client)
