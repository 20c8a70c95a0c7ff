"""Events as a client hears them: server-sent events, from a place in the journal on. Floor 3.

Source: HTML standard, section 9.2, "Server-sent events".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import attrs
import msgspec
import trio

from trio_srs.hub.bus import Event
from trio_srs.hub.directory import EventLog
from trio_srs.hub.journal import JournalEntry
from trio_srs.hub.turns import Turns
from trio_srs.media.plain import plain

__all__ = ["KEEP_ALIVE_S", "EventStream", "event_word", "event_words"]

KEEP_ALIVE_S: Final = 15.0
"""Seconds of silence after which something is said, so that a client that is gone is noticed."""
_MOST: Final = 64
"""Events in one go: what a client is owed at any moment, and so the memory that it takes."""
_RETRY_MS: Final = 1000
_WORD_BEGINS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def event_word(kind: type[Event]) -> str:
    """How a kind of event is called: ``publish_began``."""
    return _WORD_BEGINS.sub("_", kind.__name__).lower()


def event_words() -> tuple[str, ...]:
    """All kinds of events."""
    return tuple(sorted(map(event_word, Event.__subclasses__())))


@attrs.define(eq=False)
class EventStream:
    """What one client hears, in pieces: iterate over it.

    A client that takes its time is behind in the journal and costs nothing. When the journal has
    let go of what it has not heard, it is told how much that was.
    """

    journal: EventLog
    turns: Turns
    """Those of all who ask about everything: many clients take no more time at once than one."""
    after: str | None
    """The id of the last event that the client knows; None for the newest there is."""
    stopping: trio.Event
    """Ends the stream of events when it is set."""
    follow: bool = True
    """Whether to wait for more after what there is."""
    stream: str | None = None
    """The stream whose events alone are wanted."""
    which: Callable[[Event], bool] | None = None
    """Says which others are wanted alone."""
    _at: int = attrs.field(init=False, default=0)
    _begun: bool = attrs.field(init=False, default=False)
    _over: bool = attrs.field(init=False, default=False)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """What is next: some events, or a sign of life."""
        while not self._over:
            said = await self._next()  # nothing, if what happened was not of its stream
            if said:
                return said
        raise StopAsyncIteration

    async def _next(self) -> bytes:
        if not self._begun:
            return self._begin()
        if self.journal.last > self._at:
            return await self.turns.step(self._news, items=_MOST)
        if self.stopping.is_set() or not self.follow:
            self._over = True
            stopped = self._say("end", {"reason": "server_stops"})
            return stopped if self.stopping.is_set() else b""
        with trio.move_on_after(KEEP_ALIVE_S) as silence:
            await self._something()
        return b":\n\n" if silence.cancelled_caught else b""

    def _begin(self) -> bytes:
        """The first words come at once: whoever has heard them will miss nothing."""
        self._begun, newest, restarted = True, self.journal.last, b""
        self._at = newest
        if self.after is not None:
            number = self.journal.number_of(self.after)
            if number is None or number > newest:  # of another process, or of one before this
                self._at = 0
                known = int(self.after.rpartition("-")[2])
                restarted = self._say("restarted", {"after": known, "last": newest})
            else:
                self._at = number
        return f"retry: {_RETRY_MS}\nid: {self._id}\n\n".encode() + restarted

    def _news(self) -> bytes:
        said, first = b"", self.journal.first
        if self._at < first - 1:
            missed = {"after": self._at, "first": first, "count": first - 1 - self._at}
            self._at = first - 1
            said += self._say("missed", missed)
        for entry in self.journal.since(self._at, _MOST):
            self._at = entry.number
            if self._wants(entry.event):
                said += self._say_entry(entry)
        return said

    def _wants(self, event: Event) -> bool:
        if self.stream is not None and getattr(event, "stream", None) != self.stream:
            return False
        return self.which is None or self.which(event)

    async def _something(self) -> None:
        """Wait for news, or for the end."""
        async with trio.open_nursery() as nursery:

            async def stop() -> None:
                await self.stopping.wait()
                nursery.cancel_scope.cancel()

            nursery.start_soon(stop)
            await self.journal.changed(self._at)
            nursery.cancel_scope.cancel()

    @property
    def _id(self) -> str:
        return self.journal.id_of(self._at)

    def _say_entry(self, entry: JournalEntry) -> bytes:
        word = event_word(type(entry.event))
        data = {"number": entry.number, "at": entry.at, "event": word, **plain(entry.event)}
        return self._say(word, data)

    def _say(self, event: str, data: Mapping[str, Any]) -> bytes:
        """One event. JSON has no line breaks outside of text, and none unescaped in it."""
        text = msgspec.json.encode(data)
        return f"id: {self._id}\nevent: {event}\ndata: ".encode() + text + b"\n\n"
