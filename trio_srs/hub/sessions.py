"""Sessions as values: who is or was connected, what it asked for, and what came of it. Floor 2."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

import attrs

from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event
from trio_srs.hub.directory import SessionView
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request, SessionRequests
from trio_srs.hub.turns import Turns

__all__ = [
    "RequestFacts",
    "SessionFacts",
    "bytes_of",
    "in_order",
    "is_in_vhost",
    "is_of_vhost",
    "session_facts",
    "sessions_of",
]

_BEGAN: Final = attrgetter("began_at")


@attrs.frozen(kw_only=True)
class RequestFacts:
    """What a session asked for, and what came of it."""

    what: str
    """``publish``, ``play``, or a ``connect`` that was refused."""
    stream: str
    """The stream, as ``live/cam1``; of a refused ``connect``, the application."""
    at_s: float
    """Seconds from the beginning of the session to the request."""
    outcome: str
    """``asked`` while it is being decided, ``accepted``, or the code of its refusal."""
    detail: str = ""
    """Why it was refused, in words."""
    end: EndReason | None = None
    """Why it ended; None while it goes on, or if it never began."""
    end_detail: str = ""
    """What else there is to say of its end."""
    messages: int = 0
    """Of a publish: messages received."""
    bytes: int = 0
    """Of a publish: bytes of media received. Of a play: bytes sent."""
    segments: int = 0
    """Of a play of segments: how many it was given, whole or in parts, of one rendition: that of
    its pictures, if it has any."""
    stalls: int = 0
    """Of a play: how often its connection was full while there was something to send. Of a play of
    segments: how often it was given more only when all that it had was over, so that it stood still
    or was paused."""
    skips: int = 0
    """Of a play: how often it was too slow, and went on at a newer keyframe."""
    skipped: int = 0
    """Of a play: messages it missed by that."""
    account: str = ""
    """Whose it is, if a gate said so."""


@attrs.frozen(kw_only=True)
class SessionFacts:
    """One session, open or ended."""

    id: str
    """Unique for as long as the server runs; it begins with the name of the process, if that has
    one."""
    protocol: str
    """``rtmp`` or ``rtmps``; of a viewer or publisher over HTTP how, and the form: ``http-flv``,
    ``wss-ts``."""
    peer: str
    """The peer's address."""
    began_at: float
    """When it was accepted: seconds since 1970 (Unix time)."""
    seconds: float
    """How long it has lasted, or lasted."""
    handshake_s: float | None = None
    """Seconds from its beginning to the end of the handshake; None without one."""
    app: str | None = None
    """The application that it connected to; None if it did not."""
    client: str = ""
    """What the peer calls itself (``flashVer``, ``User-Agent``)."""
    requests: tuple[RequestFacts, ...] = ()
    """What it asked for, oldest first; the newest 64."""
    faults: tuple[str, ...] = ()
    """Faults that were asked for and done to it, in order."""
    bytes_in: int = 0
    """Bytes received. While it is open and has not connected, 0."""
    bytes_out: int = 0
    """Bytes sent, likewise."""
    end: EndReason | None = None
    """Why it ended; None while it is open."""
    end_detail: str = ""
    """What else there is to say of its end."""
    capture: str = ""
    """The file on the server in which it is captured, byte for byte; empty while there is none."""
    capture_is_whole: bool = False
    """Whether everything is in that file, its end too."""


def sessions_of(registry: SessionView, now: float, unix_now: float) -> tuple[SessionFacts, ...]:
    """Every session that is open or has ended not long ago, in the order in which they began.

    All in one go: where others wait there is :func:`in_order`.

    Args:
        now: Trio's clock.
        unix_now: the time of day at the same moment.
    """
    entries: Iterable[SessionEntry] = (*registry.recent, *registry)
    facts = (session_facts(entry, now, unix_now) for entry in entries)
    return tuple(sorted(facts, key=lambda each: each.began_at))


async def in_order(
    registry: SessionView, turns: Turns, *, newest_first: bool = False
) -> Iterator[SessionEntry]:
    """Every session that is open now or has ended not long ago, in the order in which they began.

    It is put into order in steps, and goes on being so while one iterates.
    """
    open_now = list(registry)  # in order: they were added as they began
    if newest_first:
        open_now.reverse()
    ended = await turns.sort(tuple(registry.recent), _BEGAN, reverse=newest_first)
    return heapq.merge(ended, open_now, key=_BEGAN, reverse=newest_first)


def session_facts(entry: SessionEntry, now: float, unix_now: float) -> SessionFacts:
    """One session as of now."""
    asked, ended = entry.requests or SessionRequests(), entry.ended
    requests = tuple(_request_facts(each, entry.began_at) for each in asked.newest)
    connected = asked.connected
    bytes_in, bytes_out = bytes_of(entry)
    return SessionFacts(
        id=entry.id,
        protocol=entry.protocol,
        peer=entry.peer,
        began_at=unix_now - (now - entry.began_at),
        seconds=now - entry.began_at if ended is None else ended.seconds,
        handshake_s=None if math.isinf(entry.shaken_at) else entry.shaken_at - entry.began_at,
        app=None if connected is None else connected.app,
        client="" if connected is None else connected.client,
        requests=requests,
        faults=tuple(what for _, what in entry.faults),
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        end=None if ended is None else ended.reason,
        end_detail="" if ended is None else ended.detail,
        capture="" if entry.capture is None else entry.capture.path,
        capture_is_whole=entry.capture is not None and entry.capture.is_whole,
    )


def bytes_of(entry: SessionEntry) -> tuple[int, int]:
    """Bytes that a session has received and sent so far. While it has not connected, 0."""
    asked, ended = entry.requests, entry.ended
    if ended is not None:
        return ended.bytes_in, ended.bytes_out
    if asked is None or asked.traffic is None:
        return 0, 0
    played = sum(it.counters_so_far().bytes for it in asked.newest if it.what == "play")
    return asked.traffic.bytes_in, asked.traffic.bytes_said + played


def _request_facts(request: Request, began_at: float) -> RequestFacts:
    counters = request.counters_so_far()
    return RequestFacts(
        what=request.what,
        stream=request.stream,
        at_s=request.at - began_at,
        outcome=request.outcome,
        detail=request.detail,
        end=request.end,
        end_detail=request.end_detail,
        messages=counters.messages,
        bytes=counters.bytes,
        segments=counters.segments,
        stalls=counters.stalls,
        skips=counters.skips,
        skipped=counters.skipped,
        account=request.account,
    )


def is_in_vhost(entry: SessionEntry, vhost: str) -> bool:
    """Whether a session connected to a virtual host, or has asked for a stream of it."""
    asked = entry.requests
    if asked is None:
        return False
    if asked.connected is not None and asked.connected.vhost == vhost:
        return True
    return any(each.stream.startswith(f"{vhost}/") for each in asked.newest)


def is_of_vhost(event: Event, vhost: str, registry: SessionView) -> bool:
    """Whether an event is about a virtual host, or a session that is in it and nothing else."""
    stream = getattr(event, "stream", "")
    if stream.startswith(f"{vhost}/") or getattr(event, "vhost", "") == vhost:
        return True
    entry = registry.find(event.session) or registry.find_ended(event.session)
    return not stream and entry is not None and is_in_vhost(entry, vhost)
