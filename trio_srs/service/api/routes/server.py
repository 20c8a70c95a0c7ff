"""The API about the server as a whole. Floor 3."""

from __future__ import annotations

import os

import attrs
from litestar import get

from trio_srs.hub.stream import Stream
from trio_srs.service.api.answers import ServerAnswer, TaskAnswer
from trio_srs.service.api.routes.parameters import Api, failures
from trio_srs.version import VERSION

__all__ = ["show_server"]


@get(
    "/api/v2/server",
    tags=["server"],
    responses=failures(400),
    operation_id="server",
    summary="Show the server",
)
async def show_server(api: Api) -> ServerAnswer:
    """Say what it is: its version, its addresses, and how much it has to do."""
    publishers = players = streams = 0

    def count(stream: Stream) -> bool:
        nonlocal publishers, players, streams
        streams += 1
        publishers += stream.publishing
        players += stream.player_count
        return True

    supervisor = api.hub.supervisor
    await api.turns.walk(count, list(api.hub))
    return ServerAnswer(
        version=VERSION,
        pid=os.getpid(),
        began_at=api.began_at,
        uptime_s=api.uptime_s,
        addresses=api.addresses(),
        sessions=len(api.registry),
        streams=streams,
        publishers=publishers,
        players=players,
        last_event=api.journal.last,
        totals=attrs.evolve(api.counters, internal_errors=supervisor.internal_errors),
        tasks=tuple(map(TaskAnswer.of, supervisor)),
    )
