"""The API for those who want to hear of everything as it happens. Floor 3."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from trio_srs.hub.bus import Event
from trio_srs.hub.sessions import is_of_vhost
from trio_srs.service.api.answers import SentEvent
from trio_srs.service.api.event_stream import EventStream
from trio_srs.service.api.names import find_key
from trio_srs.service.api.routes.parameters import (
    NOT_SAID,
    Api,
    OfStream,
    Since,
    Vhost,
    failures,
    known_vhost,
)

__all__ = ["follow_events"]

_EVENTS: Final = "text/event-stream"
_NO_EVENT: Final = str(NOT_SAID)
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_LastEventId = Annotated[
    str,
    HeaderParameter(
        name="Last-Event-ID",
        description="The id of an event, and before `since`: what a client says that connects "
        "again. -1 is as if it was left out.",
        pattern=r"^(-1|([A-Za-z0-9_.-]{1,32}-)?[0-9]{1,18})$",
    ),
]
_Follow = Annotated[
    bool,
    QueryParameter(description="`false` ends the answer after what has happened so far."),
]


@get(
    "/api/v2/events",
    tags=["server"],
    summary="Follow what happens",
    operation_id="events",
    media_type=_EVENTS,
    responses={
        200: ResponseSpec(
            SentEvent,
            generate_examples=False,
            media_type=_EVENTS,
            description="Server-sent events, for as long as the client listens.",
        ),
        **failures(400),
    },
    sync_to_thread=False,
)
def follow_events(
    api: Api,
    since: Since = NOT_SAID,
    last_event_id: _LastEventId = _NO_EVENT,
    stream: OfStream = "",
    vhost: Vhost = "",
    follow: _Follow = True,
) -> Stream:
    """Send every event from the one after `since` on, or from now on if it is left out.

    Nothing is lost between the start of the answer and its first event, nor between two
    connections that say the number of the last event heard. What is too old to be kept is
    counted, in an event `missed`.
    """
    key = find_key(stream, vhost, api.hosts.vhost_of, "query.stream") if stream else None
    after = last_event_id
    if after == _NO_EVENT:
        after = _NO_EVENT if since == NOT_SAID else api.journal.id_of(since)
    known = None if after == _NO_EVENT else after
    host = known_vhost(api, vhost) if key is None else ""

    def is_of_host(event: Event) -> bool:
        return is_of_vhost(event, host, api.registry)

    which = is_of_host if host else None
    events = EventStream(api.journal, api.turns, known, api.stopping, follow, key, which)
    return Stream(events, media_type=_EVENTS, headers=_HEADERS)
