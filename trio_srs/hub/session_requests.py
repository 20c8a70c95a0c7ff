"""What a session asked for, and what came of it. Floor 2, and pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import attrs

from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionConnected

__all__ = [
    "ACCEPTED",
    "ASKED",
    "NOWHERE",
    "Origin",
    "Request",
    "RequestCounters",
    "SessionRequests",
    "Traffic",
]

ASKED: Final = "asked"
"""The outcome of a request that is not decided yet."""
ACCEPTED: Final = "accepted"
"""The outcome of one that was granted; of one that was refused it is the error's code."""
_MOST_REQUESTS: Final = 64
"""The newest of one session that are kept."""


class Traffic(Protocol):
    """What a session's connection counts."""

    bytes_in: int
    bytes_said: int
    """Bytes sent but for what was played."""


@attrs.frozen(kw_only=True)
class RequestCounters:
    """What came of a request so far."""

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


@attrs.define(eq=False)
class Request:
    """One request of a session, while it is open and after."""

    what: str
    """``connect``, ``publish`` or ``play``."""
    stream: str
    """As the peer said it, until it is known which stream that is."""
    stream_id: int
    """The message stream."""
    at: float
    """Trio's clock, in seconds."""
    outcome: str = ASKED
    detail: str = ""
    """Why it was refused, in words."""
    end: EndReason | None = None
    end_detail: str = ""
    counters: RequestCounters = RequestCounters()
    """All of it, once it has ended."""
    measure: Callable[[], RequestCounters] | None = None
    """Asks what came of it so far; None while it has nothing, and when it has ended."""
    account: str = ""
    """Whose it is, if a gate said so."""

    @property
    def going_on(self) -> bool:
        """Whether it was accepted and has not ended."""
        return self.outcome == ACCEPTED and self.end is None

    def finish(self, end: EndReason, detail: str, counters: RequestCounters) -> None:
        """It ended. Nothing of whoever served it is held any more."""
        self.end, self.end_detail = end, detail
        self.counters, self.measure = counters, None

    def counters_so_far(self) -> RequestCounters:
        """What came of it so far."""
        return self.counters if self.measure is None else self.measure()


@attrs.frozen
class Origin:
    """What a session says of where it is from, without anything that may be secret."""

    tc_url: str = ""
    """The URL that it connected to."""
    page_url: str = ""
    """The web page that it says it is on."""
    swf_url: str = ""
    """The player that it says it is."""


NOWHERE: Final = Origin()
"""Of a session that has said nothing yet."""


@attrs.define(eq=False)
class SessionRequests:
    """All requests of one session, within a bound, and what its connection counts."""

    traffic: Traffic | None = None
    """None when the connection is closed: what it counted is in its last event."""
    connected: SessionConnected | None = None
    """How it connected, once it has."""
    connected_at: float = 0.0
    """When, on Trio's clock."""
    origin: Origin = NOWHERE
    """Where it says it is from."""
    newest: list[Request] = attrs.field(factory=list)
    """In the order in which they were made; see :meth:`add`."""

    def add(self, request: Request) -> None:
        """It asks for something more; what it asked for long ago is forgotten."""
        self.newest.append(request)
        del self.newest[:-_MOST_REQUESTS]

    def going_on(self, what: str) -> dict[int, str]:
        """The streams that are published, or played, now, by message stream."""
        return {
            request.stream_id: request.stream
            for request in self.newest
            if request.what == what and request.going_on
        }
