"""The API about the server as a whole. Floor 3."""

from __future__ import annotations

import os

from litestar import get

from trio_srs.service.api.answers import ServerAnswer
from trio_srs.service.api.routes.parameters import Api, failures
from trio_srs.version import VERSION

__all__ = ["show_server"]


@get(
    "/api/v2/server",
    tags=["server"],
    responses=failures(400),
    operation_id="server",
    summary="Show the server",
    sync_to_thread=False,
)
def show_server(api: Api) -> ServerAnswer:
    """Say what it is: its version, its addresses, and how much it has to do."""
    lives = list(api.hub)
    return ServerAnswer(
        version=VERSION,
        pid=os.getpid(),
        began_at=api.began_at,
        uptime_s=api.uptime_s,
        addresses=api.addresses(),
        sessions=len(api.registry),
        streams=len(lives),
        publishers=sum(live.publishing for live in lives),
        players=sum(live.reader_count for live in lives),
        last_event=api.journal.last,
        totals=api.counters,
    )
