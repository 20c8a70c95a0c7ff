"""What everybody is told of a session until it ends, whichever service it is of. Floor 2.

How it ends is told by :func:`~trio_srs.hub.end.tell_end`.
"""

from __future__ import annotations

from typing import Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.bus import Bus, RequestRefused, SessionBegan, SessionConnected
from trio_srs.hub.end import DETAIL_MOST
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Origin, Request

__all__ = [
    "NAME_MOST",
    "announce_began",
    "announce_connected",
    "announce_refused",
    "note_origin",
]

NAME_MOST: Final = 256
"""Characters of a refused name, or of what a peer calls itself, that are passed on: it may send
64 KiB."""


def announce_began(bus: Bus, entry: SessionEntry) -> None:
    """A session is within reach: in the registry, and ended by its ``end``."""
    bus.tell(SessionBegan(session=entry.id, peer=entry.peer, protocol=entry.protocol))


def announce_connected(
    bus: Bus, entry: SessionEntry, *, vhost: str, app: str, client: str, handshake: str = ""
) -> None:
    """A session may ask for streams of an application from now on.

    Args:
        client: what the peer calls itself; it is cut to what is passed on.
        handshake: its kind; empty where there is none.
    """
    requests = entry.requests
    assert requests is not None  # it has asked for something
    requests.connected_at = trio.current_time()
    requests.connected = SessionConnected(
        session=entry.id,
        peer=entry.peer,
        vhost=vhost,
        app=app,
        client=client[:NAME_MOST],
        handshake=handshake,
        handshake_s=entry.shaken_at - entry.began_at if handshake else 0.0,
        protocol=entry.protocol,
    )
    bus.tell(requests.connected)


def note_origin(entry: SessionEntry, tc_url: str, page_url: str = "", swf_url: str = "") -> None:
    """Keep what a session says of where it is from, for those who look at it."""
    requests = entry.requests
    if requests is not None:
        requests.origin = Origin(_open(tc_url), _open(page_url), _open(swf_url))


def _open(url: str) -> str:
    """A URL without what may be secret in it: user, password and parameters."""
    if not url:
        return url
    front, slashes, rest = url.partition("?")[0].partition("#")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{front}{slashes}{host.rpartition('@')[2]}{slash}{path}"[:NAME_MOST]


def announce_refused(
    bus: Bus, entry: SessionEntry, request: Request, refusal: RefusedError
) -> None:
    """A request of a session was denied: it is noted there, and told."""
    request.outcome, request.detail = refusal.code, str(refusal)[:DETAIL_MOST]
    bus.tell(
        RequestRefused(
            session=entry.id,
            peer=entry.peer,
            request=request.what,
            stream=request.stream,
            code=refusal.code,
            detail=request.detail,
        )
    )
