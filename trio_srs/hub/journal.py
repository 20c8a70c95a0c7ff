"""The journal: what the bus said, numbered and with the time of day. Floor 2.

It is for those who come later than what they ask about: whoever has the number of the last event
it knows gets every event since, and none twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.hub.bus import Event
from trio_srs.hub.ids import Ids

if TYPE_CHECKING:
    from trio_srs.hub.directory import EventLog

__all__ = ["DEFAULT_MOST", "Journal", "JournalEntry"]

DEFAULT_MOST: Final = 10_000


@attrs.frozen
class JournalEntry:
    """One event, with its number and the time of day."""

    number: int
    """Counts from 1, without a gap."""
    at: float
    """When it was told: seconds since 1970 (Unix time)."""
    event: Event


class Journal:
    """Numbers what it hears, and keeps the newest of it. Made to listen on a bus.

    Two things are kept of an event, itself and the time; a storm of connections pays for no more.
    """

    def __init__(
        self,
        most: int = DEFAULT_MOST,
        clock: Callable[[], float] = time.time,
        ids: Ids | None = None,
    ) -> None:
        """
        Args:
            most: how many events are kept.
            clock: the time of day, in seconds since 1970.
            ids: what events are called; those of a process without a name by default.
        """
        self.last = 0
        """The number of the newest event; 0 before the first."""
        self._clock = clock
        self._ids = ids or Ids()
        self.most: Final = most
        """How many are kept."""
        # Rings: event number n is at (n - 1) % most. A deque is slow in its middle, where those
        # are who catch up.
        self._events: list[Event] = []
        self._times: list[float] = []
        self._news: trio.Event | None = None  # made when somebody waits

    def hear(self, event: Event) -> None:
        """Take the next event: number it, and wake those who wait for news."""
        if self.last < self.most:
            self._events.append(event)
            self._times.append(self._clock())
        else:
            at = self.last % self.most
            self._events[at], self._times[at] = event, self._clock()
        self.last += 1
        if self._news is not None:
            self._news.set()
            self._news = None

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept; one more than the newest, with none."""
        return self.last - len(self._events) + 1

    def since(self, number: int, most: int | None = None) -> tuple[JournalEntry, ...]:
        """What is kept of what came after an event.

        Args:
            number: that event; 0 for the beginning. If it is less than ``first - 1``, there was
                more than is kept.
            most: how many at most, the oldest first.
        """
        after = max(number, self.first - 1)
        stop = self.last if most is None else min(after + most, self.last)
        places = ((each, (each - 1) % self.most) for each in range(after + 1, stop + 1))
        return tuple(JournalEntry(each, self._times[at], self._events[at]) for each, at in places)

    def has_told(self, kind: type[Event], stream: str, number: int = 0) -> bool:
        """Whether what is kept has an event of this kind and stream that came after another one.

        Args:
            kind: one whose events have a ``stream``.
            number: that other event; 0 for the beginning.
        """
        after = max(number, self.first - 1)
        events = (self._events[each % self.most] for each in range(after, self.last))
        return any(type(it) is kind and getattr(it, "stream", "") == stream for it in events)

    async def changed(self, number: int) -> None:
        """Wait until there is an event after this one. At once, if there is."""
        while self.last <= number:
            if self._news is None:
                self._news = trio.Event()
            await self._news.wait()

    def id_of(self, number: int) -> str:
        """The id of an event of this journal."""
        return self._ids.event(number)

    def number_of(self, event: str) -> int | None:
        """The number of an event by its id; None if it is of a process with another name."""
        return self._ids.event_number(event)


if TYPE_CHECKING:

    def _is_an_event_log(journal: Journal) -> EventLog:
        return journal
