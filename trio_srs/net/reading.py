"""Reading from many: one task and one epoll, inside Trio's, for all plain sockets. Floor 2.

The broadcaster's mirror image. A task that waits for its own socket costs two system calls and a
task switch for each small write of its peer. Here the sockets that have something are found with
one call and read in turn, inline. Whoever reads stays a task of its own connection, parked in
:meth:`SharedReader.reading`, so that an error ends that connection and nothing else.
"""

from __future__ import annotations

import math
import select
import sys
from collections.abc import Callable
from typing import Final

import attrs
import trio

__all__ = ["SharedReader"]

_BUDGET_S: Final = 0.002
"""All reading together may take this long in one scheduler pass, so that no accept, kick or
broadcast waits longer."""
_SLICE: Final = 4
"""Sockets read between two looks at the clock: one read may bring 256 KiB to understand."""
_READY_MOST: Final = 512
"""Sockets asked for at a time; the kernel names the others first the next time."""


@attrs.define(eq=False)
class _Source:
    """One socket that is read from here, and who is told that it is over."""

    fileno: int
    read: Callable[[float], bool]
    over: Callable[[Exception | None], None]
    """Called once, when it is read no more, with what ``read`` raised."""


@attrs.define(eq=False)
class _Outcome:
    """What a task waits for."""

    came: trio.Event = attrs.field(factory=trio.Event)
    error: Exception | None = None

    def set(self, error: Exception | None) -> None:
        """The reading is over."""
        self.error = error
        self.came.set()


@attrs.define(eq=False)
class _Rest:
    """Sockets that are read at intervals, all at once: merged reading."""

    every_s: float
    due: float = math.inf
    sources: dict[_Source, None] = attrs.field(factory=dict)


class SharedReader:
    """Reads sockets whenever, or as often as, they are to be read.

    :meth:`run` must run, in one task; it is safe to leave it out where :attr:`works` is false.
    """

    works: Final = sys.platform == "linux"
    """Whether the platform has what this needs; elsewhere every task waits for its own socket."""

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None
        self._sources: dict[int, _Source] = {}
        self._rests: dict[float, _Rest] = {}
        self._sleep = trio.CancelScope()

    async def reading(
        self, fileno: int, read: Callable[[float], bool], *, every_s: float = 0.0
    ) -> None:
        """Have ``read`` called when the socket has something, until it returns False.

        Args:
            fileno: the socket, which must not be closed in the meantime.
            read: reads once, without waiting; it is told the time, of a moment ago at most.
                Finding nothing is no error.
            every_s: if not 0, it is called as often as this, whether there is something or not.

        Raises:
            whatever ``read`` raised.
        """
        outcome = _Outcome()
        source = _Source(fileno, read, outcome.set)
        self._add(source, every_s)
        try:
            await outcome.came.wait()
        finally:
            self._remove(source, every_s)
        if outcome.error is not None:
            try:
                raise outcome.error
            finally:
                outcome.error = None  # it refers to this frame

    def watch(
        self, fileno: int, read: Callable[[float], bool], fail: Callable[[Exception], None]
    ) -> None:
        """The same with no task that waits: ``read`` is called until it returns False.

        Args:
            fail: called, instead of any further ``read``, with what it raised.
        """

        def over(error: Exception | None) -> None:
            if error is not None:
                fail(error)

        self._add(_Source(fileno, read, over), 0.0)

    def unwatch(self, fileno: int, *, closing: bool = False) -> None:
        """Read a socket no more, which is not closed yet. Idempotent.

        Args:
            closing: it is closed in the next moment, by which the kernel forgets it as well.
        """
        known = self._sources.pop(fileno, None) is not None
        if known and self._epoll is not None and not closing:
            self._epoll.unregister(fileno)

    def _add(self, source: _Source, every_s: float) -> None:
        if every_s:
            rest = self._rests.setdefault(every_s, _Rest(every_s))
            if not rest.sources:
                rest.due = trio.current_time() + every_s
                self._sleep.deadline = min(self._sleep.deadline, rest.due)
            rest.sources[source] = None
            return
        assert self._epoll is not None, "run() is not running"
        self._sources[source.fileno] = source
        self._epoll.register(source.fileno, select.EPOLLIN)

    def _remove(self, source: _Source, every_s: float) -> None:
        if every_s:
            rest = self._rests.get(every_s)  # None: another that ended with this one was the last
            if rest is not None:
                rest.sources.pop(source, None)
                if not rest.sources:
                    del self._rests[every_s]
        else:
            self.unwatch(source.fileno)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read until cancelled."""
        with select.epoll() as self._epoll:
            try:
                task_status.started()
                while True:
                    self._sleep = trio.CancelScope(deadline=self._next_due())
                    with self._sleep:
                        # Until merged readings are due, however much there is: a scope for each
                        # wake would cost as much as reading a message.
                        while True:
                            await trio.lowlevel.wait_readable(self._epoll.fileno())
                            self._read_ready(self._epoll)
                    self._read_ready(self._epoll)  # neither kind of reading starves the other
                    await self._read_rested()
            finally:
                self._epoll = None

    def _next_due(self) -> float:
        return min((rest.due for rest in self._rests.values()), default=math.inf)

    def _read_ready(self, epoll: select.epoll) -> None:
        sources = self._sources
        ready = epoll.poll(0, _READY_MOST)
        now = trio.current_time()
        until = now + _BUDGET_S
        for index, (fileno, _) in enumerate(ready, 1):
            source = sources.get(fileno)
            if source is not None:
                self._read(source, now)
            if index % _SLICE == 0:
                now = trio.current_time()
                if now >= until:
                    return  # what was not read is still ready, and is named first the next time

    async def _read_rested(self) -> None:
        now = trio.current_time()
        for rest in list(self._rests.values()):
            if rest.due <= now:
                rest.due = max(rest.due + rest.every_s, now)
                until = now + _BUDGET_S
                for index, source in enumerate(list(rest.sources), 1):
                    if source in rest.sources:
                        self._read(source, now)
                    if index % _SLICE == 0:
                        now = trio.current_time()
                        if now >= until:
                            await trio.lowlevel.checkpoint()
                            now = trio.current_time()
                            until = now + _BUDGET_S

    def _read(self, source: _Source, now: float) -> None:
        error = None
        try:
            if source.read(now):
                return
        except Exception as raised:  # it belongs to whoever is told
            error = raised
        # Not again before a task that waits has run: its socket may be ready for ever.
        if self._sources.get(source.fileno) is source:
            self.unwatch(source.fileno)
        for rest in self._rests.values():
            rest.sources.pop(source, None)
        source.over(error)
