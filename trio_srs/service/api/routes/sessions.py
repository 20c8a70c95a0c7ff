"""The API about sessions: those that are open, and ending one. Floor 3."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, BinaryIO, ClassVar, Final, Literal

import attrs
import trio
from litestar import Response, delete, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.end import until_ended
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request
from trio_srs.hub.sessions import SessionFacts, bytes_of, in_order, session_facts
from trio_srs.service.api.admission import needing
from trio_srs.service.api.answers import SessionsAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode_item
from trio_srs.service.api.error_answers import UnknownSessionError, located
from trio_srs.service.api.names import find_key
from trio_srs.service.api.routes.paging import Count, Order, Page, Start, paged
from trio_srs.service.api.routes.parameters import (
    NOT_SAID,
    Api,
    Detail,
    OfStream,
    SessionId,
    Vhost,
    failures,
    known_vhost,
)
from trio_srs.service.api.routes.wanted_sessions import (
    OfAddress,
    OfProtocol,
    OfUser,
    WantedSessions,
    What,
)
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["end_session", "end_sessions", "list_sessions", "show_capture", "show_session"]

_BYTES: Final = "application/octet-stream"
_PIECE: Final = 65_536
"""Bytes of a file that are read and sent in one go."""
_LONGEST_S: Final = 3600.0
_Timeout = Annotated[
    float, QueryParameter(description="Seconds to wait for its end.", ge=0, le=_LONGEST_S)
]

_Only = Annotated[
    Literal["", "open", "ended"],
    QueryParameter(description="Only those that are `open`, or have `ended`; all if left out."),
]
_Sort = Annotated[
    Literal[
        "began", "-began", "seconds", "-seconds", "bytes_in", "-bytes_in", "bytes_out", "-bytes_out"
    ],
    QueryParameter(description="What they are sorted by; with a minus the largest is first."),
]


def _seconds(entry: SessionEntry) -> float:
    return trio.current_time() - entry.began_at if entry.ended is None else entry.ended.seconds


_KEYS: Final[dict[str, Callable[[SessionEntry], float]]] = {
    "seconds": _seconds,
    "bytes_in": lambda entry: bytes_of(entry)[0],
    "bytes_out": lambda entry: bytes_of(entry)[1],
}


class NoSessionsNamedError(RefusedError):
    """The API was told to end sessions, and not which."""

    code = "no_sessions_named"
    http_status: ClassVar[int] = 400


@attrs.frozen(kw_only=True)
class EndedAnswer:
    """The sessions that were ended."""

    ended: tuple[str, ...]
    """The ids of those whose connections are closed."""
    closing: tuple[str, ...]
    """Of those whose peers take their time: they are cut off soon."""


@get(
    "/api/v2/sessions",
    tags=["sessions"],
    summary="List the sessions",
    operation_id="sessions",
    responses=failures(400),
)
async def list_sessions(
    api: Api,
    stream: OfStream = "",
    vhost: Vhost = "",
    what: What = "",
    user: OfUser = "",
    address: OfAddress = "",
    protocol: OfProtocol = "",
    only: _Only = "",
    sort: _Sort = "began",
    start: Start = 0,
    count: Count = NOT_SAID,
) -> Response[SessionsAnswer]:
    """Every session that is open, and those that ended not long ago, in the order they began.

    What each has asked for, and what came of it, is in `requests`: also what was refused, or is
    over, counts here for `stream`, `what` and `user`.
    """
    wanted = WantedSessions(
        stream=_key(api, stream, vhost),
        vhost="" if stream else known_vhost(api, vhost),
        what=what,
        user=user,
        address=address,
        protocol=protocol,
    )
    order = Order(sort)

    def fits(entry: SessionEntry) -> bool:
        is_open = entry.ended is None
        return (not only or is_open is (only == "open")) and wanted.fits(entry, _any)

    is_by_age = order.key == "began"
    return await paged(
        api.turns,
        "sessions",
        await in_order(api.registry, api.turns, newest_first=is_by_age and order.is_reversed),
        lambda entry: encode_item(_facts(entry)),
        Page(start, count),
        fits=fits,
        key=None if is_by_age else _KEYS[order.key],
        order=order,
    )


def _any(_request: Request) -> bool:
    return True


def _key(api: ApiContext, stream: str, vhost: str) -> str | None:
    return find_key(stream, vhost, api.hosts.vhost_of, "query.stream") if stream else None


def _other_vhost(api: ApiContext, vhost: str) -> str:
    """A virtual host that is named: any host that is not configured is the default one."""
    known = known_vhost(api, vhost)
    return "" if known == DEFAULT_VHOST else known


@delete(
    "/api/v2/sessions",
    tags=["sessions"],
    summary="End sessions",
    operation_id="end_sessions",
    status_code=200,
    responses=failures(400),
)
async def end_sessions(
    api: Api,
    stream: OfStream = "",
    vhost: Vhost = "",
    what: What = "",
    user: OfUser = "",
    address: OfAddress = "",
    protocol: OfProtocol = "",
    detail: Detail = "by the API",
) -> EndedAnswer:
    """Close the connections of a stream, a virtual host, a user, an address or a protocol, and
    answer when all of them are closed, or after 5 seconds. Something has to be said of which.

    Of `stream`, `what` and `user` only publishes and plays count that go on now.
    """
    wanted = WantedSessions(
        stream=_key(api, stream, vhost),
        vhost="" if stream else _other_vhost(api, vhost),
        what=what,
        user=user,
        address=address,
        protocol=protocol,
    )
    if not wanted.are_some:
        with located("query"):
            raise NoSessionsNamedError("expected stream, vhost, what, user, address or protocol")
    ending: list[SessionEntry] = []

    def visit(entry: SessionEntry) -> bool:
        if entry.ended is None and wanted.fits(entry, lambda request: request.going_on):
            entry.end(EndReason.KICKED, detail)
            ending.append(entry)
        return True

    await api.turns.walk(visit, list(api.registry))
    async with trio.open_nursery() as nursery:
        for entry in ending:
            nursery.start_soon(until_ended, api.bus, entry)
    return EndedAnswer(
        ended=tuple(each.id for each in ending if each.ended is not None),
        closing=tuple(each.id for each in ending if each.ended is None),
    )


@get(
    "/api/v2/sessions/{session:str}",
    tags=["sessions"],
    summary="Show a session",
    operation_id="session",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def show_session(api: Api, session: SessionId) -> SessionFacts:
    """One session, open or ended not long ago."""
    return _facts(_find(api, session))


@get(
    "/api/v2/sessions/{session:str}/capture",
    tags=["sessions"],
    summary="Take the capture of a session",
    operation_id="session_capture",
    media_type=_BYTES,
    responses={
        200: ResponseSpec(
            bytes, generate_examples=False, media_type=_BYTES, description="The file."
        ),
        **failures(400, 404, 409),
    },
    opt=needing(Permission.OPERATE),
)
async def show_capture(api: Api, session: SessionId, timeout: _Timeout = 0.0) -> Stream:  # noqa: ASYNC109 - it is the client's
    """The file in which it is captured, for `trio-srs inspect` and `trio-srs replay`.

    It is sent when it is whole, which it is once the session has ended: `timeout` says how long to
    wait for that.
    """
    from trio_srs.hub.capture_note import (  # few captures are asked for
        NoCaptureError,
        whole_capture,
    )

    with located("path.session"):
        path = Path(await whole_capture(session, _find(api, session), timeout))
        try:
            file = await trio.to_thread.run_sync(path.open, "rb", limiter=api.aside)
        except OSError as error:
            raise NoCaptureError(f"{path.name} is not there any more: {error.strerror}") from None
    size = os.fstat(file.fileno()).st_size
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{path.name}"',
    }
    return Stream(_pieces(file, size, api.aside), media_type=_BYTES, headers=headers)


async def _pieces(file: BinaryIO, size: int, limiter: trio.CapacityLimiter) -> AsyncIterator[bytes]:
    with file:
        while size > 0:
            piece = await trio.to_thread.run_sync(file.read, min(size, _PIECE), limiter=limiter)
            if not piece:
                return
            size -= len(piece)
            yield piece


@delete(
    "/api/v2/sessions/{session:str}",
    tags=["sessions"],
    summary="End a session",
    operation_id="end_session",
    responses=failures(400, 404),
)
async def end_session(api: Api, session: SessionId, detail: Detail = "by the API") -> None:
    """Close its connection, and answer when that is closed, or after 5 seconds. What it published
    is free at once; it may connect again.
    """
    entry = _find(api, session)
    if entry.ended is not None:
        with located("path.session"):
            raise UnknownSessionError(f"session {session} has ended: {entry.ended.reason}")
    entry.end(EndReason.KICKED, detail)
    await until_ended(api.bus, entry)


def _find(api: ApiContext, session: str) -> SessionEntry:
    entry = api.registry.find(session) or api.registry.find_ended(session)
    if entry is None:
        with located("path.session"):
            raise UnknownSessionError(f"no session {session[:64]!r} is open, or was of late")
    return entry


def _facts(entry: SessionEntry) -> SessionFacts:
    return session_facts(entry, trio.current_time(), time.time())
