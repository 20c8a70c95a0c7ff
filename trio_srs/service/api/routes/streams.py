"""The API about streams: those there are, and ending who publishes one. Floor 3."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal

import trio
from litestar import Response, delete, get
from litestar.params import QueryParameter

from trio_srs.hub.end import until_ended
from trio_srs.service.api.answers import FilesAnswer, StreamAnswer, StreamsAnswer, TaskAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode_item
from trio_srs.service.api.error_answers import NotPublishedError, UnknownStreamError, located
from trio_srs.service.api.names import STREAMS, path_key
from trio_srs.service.api.routes.paging import Count, Order, Page, Start, paged
from trio_srs.service.api.routes.parameters import (
    NOT_SAID,
    Api,
    AppName,
    Detail,
    StreamPart,
    Vhost,
    failures,
    known_vhost,
)
from trio_srs.wire.stream_name import split_key

__all__ = ["kick_publisher", "list_streams", "show_stream"]

_Pattern = Annotated[
    str,
    QueryParameter(
        description="Only those with such a name: a pattern of `*`, `?`, `[abc]`, as `live/*`."
    ),
]
_Only = Annotated[
    Literal["", "published", "unpublished"],
    QueryParameter(description="Only those that are published now, or are not; all if left out."),
]
_Sort = Annotated[
    Literal["name", "-name", "players", "-players", "frames", "-frames", "seconds", "-seconds"],
    QueryParameter(description="What they are sorted by; with a minus the largest is first."),
]

_STREAM: Final = f"{STREAMS}/{{app:str}}/{{name:str}}"


@get(
    STREAMS,
    tags=["streams"],
    summary="List the streams",
    operation_id="streams",
    responses=failures(400),
)
async def list_streams(
    api: Api,
    name: _Pattern = "",
    vhost: Vhost = "",
    only: _Only = "",
    sort: _Sort = "name",
    start: Start = 0,
    count: Count = NOT_SAID,
) -> Response[StreamsAnswer]:
    """Every stream that is published, played or waited for, and those that were published."""
    names = tuple(dict.fromkeys((*api.hub.names(), *api.reports.names())))
    order = Order(sort)
    is_by_name = order.key == "name"
    host = known_vhost(api, vhost)

    def fits(each: str) -> bool:
        if name and not fnmatchcase(each, name):
            return False
        if host and split_key(each, api.hosts.vhost_of).vhost != host:
            return False
        return not only or _is_published(api, each) is (only == "published")

    return await paged(
        api.turns,
        "streams",
        await api.turns.sort(names, str, reverse=is_by_name and order.is_reversed),
        lambda each: encode_item(_answer(api, each)),
        Page(start, count),
        fits=fits,
        key=None if is_by_name else lambda each: _size(api, each, order.key),
        order=order,
    )


def _is_published(api: ApiContext, name: str) -> bool:
    stream = api.hub.find(name)
    return stream is not None and stream.publishing


def _size(api: ApiContext, name: str, key: str) -> float:
    """What streams are sorted by."""
    stream, newest = api.hub.find(name), api.reports.newest(name)
    match key:
        case "players":
            return stream.player_count if stream else 0
        case "frames":
            return newest.frames if newest else 0
    lease = stream.lease if stream else None
    return trio.current_time() - lease.began_at if lease else 0.0


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
    written = api.made_files.written.get(name)
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
        files=FilesAnswer.of(written) if written is not None else None,
    )
