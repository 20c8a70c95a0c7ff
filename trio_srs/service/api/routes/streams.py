"""The API about streams: those there are, and ending who publishes one. Floor 3."""

from __future__ import annotations

from typing import Final

import trio
from litestar import Response, delete, get

from trio_srs.hub.end import until_ended
from trio_srs.service.api.answers import StreamAnswer, StreamsAnswer, TaskAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode_item, listed
from trio_srs.service.api.error_answers import NotPublishedError, UnknownStreamError, located
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
    responses=failures(400),
)
async def list_streams(api: Api) -> Response[StreamsAnswer]:
    """Every stream that is published, played or waited for, and those that were published."""
    names = dict.fromkeys((*api.hub.names(), *api.reports.names()))
    in_order = await api.turns.sort(tuple(names), str)
    made = await api.turns.make(lambda name: encode_item(_answer(api, name)), in_order)
    return listed("streams", made)


@get(
    _STREAM,
    tags=["streams"],
    summary="Show a stream",
    operation_id="stream",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def show_stream(api: Api, app: AppName, name: StreamPart, vhost: Vhost = "") -> StreamAnswer:
    """One stream that is published, played or waited for, or was published."""
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    if api.hub.find(key) is None and api.reports.newest(key) is None:
        with located("path"):
            raise UnknownStreamError(f"nobody publishes or plays {key}, or has published it")
    return _answer(api, key)


@delete(
    f"{_STREAM}/publisher",
    tags=["streams"],
    summary="End a publish",
    operation_id="kick_publisher",
    responses=failures(400, 404),
)
async def kick_publisher(
    api: Api, app: AppName, name: StreamPart, vhost: Vhost = "", detail: Detail = "by the API"
) -> None:
    """Close the connection of who publishes it, and answer when that is closed, or after 5
    seconds. The name is free at once; it may connect again.
    """
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    publish_record = api.reports.newest(key)
    if not api.hub.kick(key, detail):
        with located("path"):
            raise NotPublishedError(f"nobody publishes {key}")
    entry = api.registry.find(publish_record.publisher.session) if publish_record else None
    if entry is not None:
        await until_ended(api.bus, entry)


def _answer(api: ApiContext, name: str) -> StreamAnswer:
    stream, newest, now = api.hub.find(name), api.reports.newest(name), trio.current_time()
    lease = stream.lease if stream else None
    ended = newest.last_report if newest else None
    return StreamAnswer(
        name=name,
        publishing=lease is not None,
        session=newest.publisher.session if newest else None,
        peer=newest.publisher.peer if newest else None,
        seconds=now - lease.began_at if lease else None,
        silent_s=now - lease.last_at if lease and lease.last_at is not None else None,
        publishes=api.reports.publishes(name),
        frames=newest.frames if newest else 0,
        keyframes=newest.keyframes if newest else 0,
        end=ended.end if ended else None,
        end_detail=ended.end_detail if ended else "",
        players=stream.player_count if stream else 0,
        tasks=tuple(map(TaskAnswer.of, stream.tasks)) if stream else (),
    )
