"""Everything that is one per process, as those see it who need it: sessions, limits, events.

Floor 2. :class:`~trio_srs.hub.registry.Registry` and :class:`~trio_srs.hub.journal.Journal` are
these for one process. Something that several processes tell of their sessions can stand here as
well: all is answered at once, from what is known, and a session is ended by asking for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from trio_srs.hub.bus import Event
    from trio_srs.hub.journal import JournalEntry
    from trio_srs.hub.registry import SessionEntry, TooManyConnectionsError

__all__ = ["Admission", "EventLog", "SessionDirectory", "SessionView"]


class SessionView(Protocol):
    """The sessions there are, for those who look at them and end them."""

    @property
    def recent(self) -> Collection[SessionEntry]:
        """Those that ended not long ago, the newest last."""
        ...

    def __len__(self) -> int:
        """How many are open now."""
        ...

    def __iter__(self) -> Iterator[SessionEntry]:
        """Those that are open now, in the order in which they began."""
        ...

    def find(self, session: str) -> SessionEntry | None:
        """The open session of an id."""
        ...

    def find_ended(self, session: str) -> SessionEntry | None:
        """The session of an id that ended not long ago."""
        ...


class Admission(Protocol):
    """How many sessions there may be, in all and by address."""

    def admit(
        self, entry: SessionEntry, *, most: int, most_per_address: int | None
    ) -> TooManyConnectionsError | None:
        """Give a session that is within reach a place, until :meth:`leave`.

        Returns:
            why there is none for it, or None.
        """
        ...

    def leave(self, entry: SessionEntry) -> None:
        """A session has ended, or soon will: its place is free. Idempotent."""
        ...


class SessionDirectory(SessionView, Admission, Protocol):
    """The same for those who bring sessions: services, relays."""

    def next_id(self) -> str:
        """An id that no other session has had, of this process or another."""
        ...

    def add(self, entry: SessionEntry) -> None:
        """Keep a session within reach until :meth:`remove`."""
        ...

    def remove(self, entry: SessionEntry) -> None:
        """A session is over. Called once for each :meth:`add`."""
        ...


class EventLog(Protocol):
    """What happened, numbered, as far back as it is kept."""

    @property
    def last(self) -> int:
        """The number of the newest event; 0 before the first."""
        ...

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept; one more than the newest, with none."""
        ...

    def since(self, number: int, most: int | None = None) -> tuple[JournalEntry, ...]:
        """What is kept of what came after an event, the oldest first, at most so many."""
        ...

    def has_told(self, kind: type[Event], stream: str, number: int = 0) -> bool:
        """Whether what is kept has an event of this kind and stream that came after another."""
        ...

    async def changed(self, number: int) -> None:
        """Wait until there is an event after this one. At once, if there is."""
        ...

    def id_of(self, number: int) -> str:
        """The id of an event, which differs from those of other event logs with other names."""
        ...

    def number_of(self, event: str) -> int | None:
        """The number of an event by its id; None if it is of another event log."""
        ...
