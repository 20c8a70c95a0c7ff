"""The API about streams: those there are, and ending who publishes one. Floor 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import trio
from litestar import Response, delete, get

from trio_srs.hub.live import Live
from trio_srs.service.api.answers import StreamAnswer, StreamsAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import aside
from trio_srs.service.api.errors import NotPublishedError, UnknownStreamError, located
from trio_srs.service.api.names import STREAMS, path_key
from trio_srs.service.api.routes.parameters import (
    Api,
    AppName,
    Detail,
    StreamPart,
    Vhost,
    failures,
)

__all__ = ["kick_publisher", "list_streams", "show_stream"]

_STREAM: Final = f"{STREAMS}/{{app:str}}/{{name:str}}"


@get(
    STREAMS,
    tags=["streams"],
    summary="List the streams",
    operation_id="streams",
    responses=failures(),
)
async def list_streams(api: Api) -> Response[StreamsAnswer]:
    """Every stream that is published, played or waited for now, by name."""
    sessions = _publishers(api)
    lives = sorted(api.hub, key=lambda live: live.name)
    streams = tuple(_answer(live, sessions) for live in lives)
    return await aside(StreamsAnswer(streams=streams))


@get(
    _STREAM,
    tags=["streams"],
    summary="Show a stream",
    operation_id="stream",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def show_stream(api: Api, app: AppName, name: StreamPart, vhost: Vhost = "") -> StreamAnswer:
    """One stream that is published, played or waited for now."""
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    live = api.hub.find(key)
    if live is None:
        with located("path"):
            raise UnknownStreamError(f"nobody publishes or plays {key}")
    return _answer(live, _publishers(api))


@delete(
    f"{_STREAM}/publisher",
    tags=["streams"],
    summary="End a publish",
    operation_id="kick_publisher",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def kick_publisher(
    api: Api, app: AppName, name: StreamPart, vhost: Vhost = "", detail: Detail = "by the API"
) -> None:
    """Close the connection of who publishes it. The name is free at once; it may connect again."""
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    if not api.hub.kick(key, detail):
        with located("path"):
            raise NotPublishedError(f"nobody publishes {key}")


def _publishers(api: ApiContext) -> Mapping[str, str]:
    """The session that publishes each stream, by its name."""
    return {name: entry.id for entry in api.registry for name in entry.publishes.values()}


def _answer(live: Live, sessions: Mapping[str, str]) -> StreamAnswer:
    lease, counters, now = live.lease, live.counters, trio.current_time()
    return StreamAnswer(
        name=live.name,
        publishing=lease is not None,
        session=sessions.get(live.name) if lease else None,
        peer=lease.holder if lease else None,
        seconds=now - lease.began_at if lease else None,
        silent_s=now - lease.last_at if lease and lease.last_at is not None else None,
        publishes=counters.publishes,
        messages=counters.messages,
        bytes=counters.bytes,
        keyframes=counters.keyframes,
        players=live.reader_count,
    )
