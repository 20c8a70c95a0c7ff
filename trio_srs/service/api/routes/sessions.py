"""The API about sessions: those that are open, and ending one. Floor 3."""

from __future__ import annotations

import time

import trio
from litestar import Response, delete, get

from trio_srs.errors import EndReason
from trio_srs.hub.end import until_ended
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.sessions import SessionFacts, in_order, session_facts
from trio_srs.service.api.answers import SessionsAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import encode_item, listed
from trio_srs.service.api.error_answers import UnknownSessionError, located
from trio_srs.service.api.names import find_key
from trio_srs.service.api.routes.parameters import (
    Api,
    Detail,
    OfStream,
    SessionId,
    Vhost,
    failures,
)

__all__ = ["end_session", "list_sessions", "show_session"]


@get(
    "/api/v2/sessions",
    tags=["sessions"],
    summary="List the sessions",
    operation_id="sessions",
    responses=failures(400),
)
async def list_sessions(
    api: Api, stream: OfStream = "", vhost: Vhost = ""
) -> Response[SessionsAnswer]:
    """Every session that is open, and those that ended not long ago, in the order they began.

    What each has asked for, and what came of it, is in `requests`.
    """
    key = find_key(stream, vhost, api.hosts.vhost_of, "query.stream") if stream else None
    entries = await in_order(api.registry, api.turns)

    def visit(entry: SessionEntry) -> bytes:
        return encode_item(_facts(entry)) if key is None or _asked_for(entry, key) else b""

    return listed("sessions", filter(None, await api.turns.make(visit, entries)))


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


def _asked_for(entry: SessionEntry, stream: str) -> bool:
    requests = entry.requests.newest if entry.requests else ()
    return any(request.stream == stream for request in requests)


def _find(api: ApiContext, session: str) -> SessionEntry:
    entry = api.registry.find(session) or api.registry.find_ended(session)
    if entry is None:
        with located("path.session"):
            raise UnknownSessionError(f"no session {session[:64]!r} is open, or was of late")
    return entry


def _facts(entry: SessionEntry) -> SessionFacts:
    return session_facts(entry, trio.current_time(), time.time())
