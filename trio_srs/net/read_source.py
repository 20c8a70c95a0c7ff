"""What the shared reader reads: sources, how each goes on, and those that rest. Floor 2."""

from __future__ import annotations

import enum
import math
import select
import sys
from collections.abc import Callable, Iterable
from typing import Final

import attrs
import trio

__all__ = ["AWAITED", "After", "Parked", "Read", "Rest", "Source"]


class After(enum.Enum):
    """What is to happen to a source after its turn."""

    WAIT = enum.auto()
    """It is read again when its socket has something, or when it has rested."""
    AGAIN = enum.auto()
    """It brought much: it is read again, whatever its socket has, when others had their turn."""
    DRAIN = enum.auto()
    """Its socket did not take all of the answer: it is called again when that takes more, whatever
    has come meanwhile. Not for merged reading."""
    UNHURRIED = enum.auto()
    """As ``WAIT``, but nobody waits for what it brings: if it brings something that often, it is
    read together with others that are, :data:`~trio_srs.net.shared_reader.REST_S` later at most, or
    when its peer has closed the connection. Not for merged reading, and only while
    :attr:`.SharedReader.is_busy`."""
    OVER = enum.auto()
    """It is read no more."""


AWAITED: Final = (
    {After.DRAIN: select.EPOLLOUT, After.UNHURRIED: select.EPOLLRDHUP}
    if sys.platform == "linux"
    else {}
)
"""What the kernel is asked for; otherwise that there is something."""

Read = Callable[[float], After]
"""Reads once, a bounded amount, without waiting. It is told the time, of a moment ago at most.
Finding nothing is no error."""


@attrs.define(eq=False)
class Source:
    """One socket that is read from here, and who is told that it is over."""

    fileno: int
    read: Read
    over: Callable[[Exception | None], None]
    """Called once, when it is read no more, with what ``read`` raised."""
    every_s: float = 0.0
    """How often it is read; 0 for whenever it has something."""
    is_live: bool = False
    """Whether others wait for what it brings: it is read before all that are not."""
    awaits: After = After.WAIT
    """What its socket is asked for: to have something, or (``DRAIN``) to take something, or
    (``UNHURRIED``) only to be closed."""
    unhurried_at: float = -math.inf
    """When it last brought something that nobody waited for."""
    in_line: bool = False
    is_over: bool = False


@attrs.define(eq=False)
class Parked:
    """A task that waits for its reading to be over. An event would take three times the memory, for
    each connection."""

    task: trio.lowlevel.Task
    remove: Callable[[Source], None]
    source: Source | None = None
    error: Exception | None = None
    is_cancelled: bool = False

    def wake(self, error: Exception | None) -> None:
        """Let the task go on: nothing more is read for it, and that error was raised, if any."""
        self.error = error
        if not self.is_cancelled:  # by what was read: then it goes on anyway
            trio.lowlevel.reschedule(self.task)

    def abort(self, _: object) -> trio.lowlevel.Abort:
        """The task is cancelled: nothing is read for it any more."""
        self.is_cancelled = True
        if self.source is not None:
            self.remove(self.source)
        return trio.lowlevel.Abort.SUCCEEDED


@attrs.define(eq=False)
class Rest:
    """Sockets that are read at intervals, all at once: merged reading, or nobody waits for it."""

    every_s: float
    due: float = math.inf
    """Infinite while nobody is there."""
    sources: dict[Source, None] = attrs.field(factory=dict)

    def turn(self, now: float) -> Iterable[Source]:
        """Who is to be read, if that is due."""
        if self.due > now:
            return ()
        self.due = max(self.due + self.every_s, now)
        return self.sources

    def remove(self, source: Source) -> None:
        """Let one be that may not be here; behind the last of them nothing is due."""
        self.sources.pop(source, None)
        if not self.sources:
            self.due = math.inf
