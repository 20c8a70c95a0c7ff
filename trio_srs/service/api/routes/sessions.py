"""The API about sessions: those that are open, and ending one. Floor 3."""

from __future__ import annotations

import trio
from litestar import Response, delete, get

from trio_srs.errors import EndReason
from trio_srs.hub.registry import SessionEntry
from trio_srs.service.api.answers import SessionAnswer, SessionsAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import aside
from trio_srs.service.api.errors import UnknownSessionError, located
from trio_srs.service.api.routes.parameters import Api, Detail, SessionId, failures

__all__ = ["end_session", "list_sessions", "show_session"]


@get(
    "/api/v2/sessions",
    tags=["sessions"],
    summary="List the sessions",
    operation_id="sessions",
    responses=failures(),
)
async def list_sessions(api: Api) -> Response[SessionsAnswer]:
    """Every session that is open now, in the order they were accepted."""
    sessions = tuple(_answer(api, entry) for entry in api.registry)
    return await aside(SessionsAnswer(sessions=sessions))


@get(
    "/api/v2/sessions/{session:str}",
    tags=["sessions"],
    summary="Show a session",
    operation_id="session",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def show_session(api: Api, session: SessionId) -> SessionAnswer:
    """One session that is open now."""
    return _answer(api, _find(api, session))


@delete(
    "/api/v2/sessions/{session:str}",
    tags=["sessions"],
    summary="End a session",
    operation_id="end_session",
    responses=failures(400, 404),
    sync_to_thread=False,
)
def end_session(api: Api, session: SessionId, detail: Detail = "by the API") -> None:
    """Close its connection. What it published is free at once; it may connect again."""
    _find(api, session).end(EndReason.KICKED, detail)


def _find(api: ApiContext, session: str) -> SessionEntry:
    entry = api.registry.find(session)
    if entry is None:
        with located("path.session"):
            raise UnknownSessionError(f"no session {session[:64]!r} is open")
    return entry


def _answer(api: ApiContext, entry: SessionEntry) -> SessionAnswer:
    return SessionAnswer(
        id=entry.id,
        protocol=entry.protocol,
        peer=entry.peer,
        began_at=api.unix_time(entry.began_at),
        seconds=trio.current_time() - entry.began_at,
        publishes=tuple(entry.publishes.values()),
        plays=tuple(entry.plays.values()),
    )
