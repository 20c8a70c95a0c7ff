"""The registry: every open session, counted and within reach. Floor 2."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.ids import Ids
from trio_srs.hub.session_requests import SessionRequests
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.capture_note import CaptureNote
    from trio_srs.hub.directory import SessionDirectory

__all__ = ["DEFAULT_RECENT", "Registry", "SessionEntry", "TooManyConnectionsError"]

DEFAULT_RECENT: Final = 1000


class TooManyConnectionsError(RefusedError):
    """The server, or this peer's address, has as many connections as it may."""

    code = "too_many_connections"
    srs_code = 1074
    end = EndReason.LIMIT
    rtmp_status = StatusCode.CONNECT_REJECTED
    http_status = 503


@attrs.define(eq=False)
class SessionEntry:
    """A session as the registry knows it: who it is, how far it came, and how to end it."""

    id: str
    protocol: str
    peer: str
    began_at: float
    """Trio's clock, in seconds."""
    end: Callable[[EndReason, str], None] = lambda _reason, _detail: None
    """Ends the session, with a reason and a detail; returns at once."""
    shaken_at: float = math.inf
    """When the handshake was done, on the same clock; infinite before."""
    requests: SessionRequests | None = None
    """What it asked for, and what came of it; most sessions of a storm never ask for anything."""
    ended: SessionEnded | None = None
    """How it ended, once it has."""
    faults: tuple[tuple[float, str], ...] = ()
    """Faults that were asked for and done to it: when, on the same clock, and which."""
    capture: CaptureNote | None = None
    """What is known of its capture, if it has one."""
    counts: bool = False
    """Whether it was admitted and has not ended: it takes one of the places there are."""

    @property
    def publishes(self) -> dict[int, str]:
        """Names of the streams it publishes, by message stream."""
        return {} if self.requests is None else self.requests.going_on("publish")

    @property
    def plays(self) -> dict[int, str]:
        """Names of the streams it plays, by message stream."""
        return {} if self.requests is None else self.requests.going_on("play")

    @property
    def address(self) -> str:
        """The peer's address without its port: what a limit per address counts."""
        return self.peer.rpartition(":")[0] or self.peer


class Registry:
    """Every open session by id, and how many of them are admitted: in all, and by address.

    Sessions that were not admitted are in it too, until they were told. Those that have ended can
    be looked at for a while.
    """

    def __init__(self, recent: int = DEFAULT_RECENT, ids: Ids | None = None) -> None:
        """
        Args:
            recent: how many that have ended are kept.
            ids: what sessions are called; those of a process without a name by default.
        """
        self.recent: deque[SessionEntry] = deque(maxlen=recent)
        """The newest that have ended, the newest last."""
        self._ended: dict[str, SessionEntry] = {}  # the same, by id
        self._entries: dict[str, SessionEntry] = {}
        self._admitted = 0
        self._addresses: dict[str, int] = {}
        self._ids = ids or Ids()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[SessionEntry]:
        """The sessions open now."""
        return iter(list(self._entries.values()))

    def find(self, session: str) -> SessionEntry | None:
        """The open session of an id."""
        return self._entries.get(session)

    def find_ended(self, session: str) -> SessionEntry | None:
        """The session of an id that ended not long ago."""
        return self._ended.get(session)

    def next_id(self) -> str:
        """An id that no session has had, of this process or of one with another name."""
        return self._ids.next_session()

    def add(self, entry: SessionEntry) -> None:
        """Keep a session within reach until :meth:`remove`."""
        self._entries[entry.id] = entry

    def remove(self, entry: SessionEntry) -> None:
        """A session is over. Called once for each :meth:`add`."""
        self.leave(entry)
        del self._entries[entry.id]
        self._remember(entry)

    def leave(self, entry: SessionEntry) -> None:
        """A session has ended, or soon will: its place is free. Idempotent."""
        if not entry.counts:
            return
        entry.counts = False
        self._admitted -= 1
        address = entry.address
        left = self._addresses[address] - 1
        if left:
            self._addresses[address] = left
        else:
            del self._addresses[address]

    def _remember(self, entry: SessionEntry) -> None:
        recent = self.recent
        if not recent.maxlen:
            return
        if len(recent) == recent.maxlen:
            del self._ended[recent[0].id]
        recent.append(entry)
        self._ended[entry.id] = entry

    def admit(
        self, entry: SessionEntry, *, most: int, most_per_address: int | None
    ) -> TooManyConnectionsError | None:
        """Give a session that is within reach a place, until :meth:`leave`.

        Returns:
            why there is none for it, or None.

        The text is for the peer: it names the limit, not who else is connected.
        """
        if self._admitted >= most:
            return TooManyConnectionsError(f"the server has its {most} connections")
        here = self._addresses.get(entry.address, 0)
        if most_per_address is not None and here >= most_per_address:
            return TooManyConnectionsError(
                f"{entry.address} has its {most_per_address} connections"
            )
        entry.counts = True
        self._admitted += 1
        self._addresses[entry.address] = here + 1
        return None


if TYPE_CHECKING:

    def _is_a_directory(registry: Registry) -> SessionDirectory:
        return registry
