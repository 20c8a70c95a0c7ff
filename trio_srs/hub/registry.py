"""The registry: every open session, counted and within reach. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import attrs

from trio_srs.errors import EndReason, RefusedError
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["Registry", "SessionEntry", "TooManyConnectionsError"]


class TooManyConnectionsError(RefusedError):
    """The server, or this peer's address, has as many connections as it may."""

    code = "too_many_connections"
    srs_code = 1074
    end = EndReason.LIMIT
    rtmp_status = StatusCode.CONNECT_REJECTED
    http_status = 503


@attrs.define(eq=False)
class SessionEntry:
    """One open session."""

    id: str
    protocol: str
    peer: str
    began_at: float
    """Trio's clock, in seconds."""
    end: Callable[[EndReason, str], None] = lambda _reason, _detail: None
    """Ends the session, with a reason and a detail; returns at once."""
    publishes: dict[int, str] = attrs.field(factory=dict)
    """Names of the streams it publishes, by message stream."""
    plays: dict[int, str] = attrs.field(factory=dict)
    """Names of the streams it plays, by message stream."""

    @property
    def address(self) -> str:
        """The peer's address without its port: what a limit per address counts."""
        return self.peer.rpartition(":")[0] or self.peer


class Registry:
    """Every open session by id. Sessions over a limit are in it too, until they were told."""

    def __init__(self) -> None:
        self._entries: dict[str, SessionEntry] = {}
        self._addresses: dict[str, int] = {}
        self._ids = count(1)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[SessionEntry]:
        """The sessions open now."""
        return iter(list(self._entries.values()))

    def find(self, session: str) -> SessionEntry | None:
        """The open session of an id."""
        return self._entries.get(session)

    def next_id(self) -> str:
        """An id that no session of this server has had."""
        return f"c{next(self._ids)}"

    def add(self, entry: SessionEntry) -> None:
        """Keep a session within reach until :meth:`remove`."""
        self._entries[entry.id] = entry
        address = entry.address
        self._addresses[address] = self._addresses.get(address, 0) + 1

    def remove(self, entry: SessionEntry) -> None:
        """A session is over. Called once for each :meth:`add`."""
        del self._entries[entry.id]
        address = entry.address
        left = self._addresses[address] - 1
        if left:
            self._addresses[address] = left
        else:
            del self._addresses[address]

    def over_limit(
        self, entry: SessionEntry, *, most: int, most_per_address: int | None
    ) -> TooManyConnectionsError | None:
        """Why one more session may not be served, or None. It is already held.

        The text is for the peer: it names the limit, not who else is connected.
        """
        if len(self._entries) > most:
            return TooManyConnectionsError(f"the server has its {most} connections")
        here = self._addresses[entry.address]
        if most_per_address is not None and here > most_per_address:
            return TooManyConnectionsError(
                f"{entry.address} has its {most_per_address} connections"
            )
        return None
