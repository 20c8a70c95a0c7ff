"""Reading from many: one task and one epoll, inside Trio's, for all sockets. Floor 2.

The broadcaster's mirror image. A task that waits for its own socket costs two system calls and a
task switch for each small write of its peer. Here the sockets that have something are found with
one call and read in turn, inline. Whoever reads stays a task of its own connection, parked in
:meth:`SharedReader.reading`, so that an error ends that connection and nothing else.

Turns are fair whatever comes. A source that has something stands in line once, and goes to the end
before it is read again; what a scheduler pass has no time for keeps its place. There are three
lines. Who brought much in its last turn, and so has more, stands in the long one. All others are
read before, so that they wait for each other and not for floods: first the live ones, which bring
media that somebody waits for, and then the short line, of handshakes and requests. Whoever stands
behind has half of the time, if it wants it; and while others are read, or do something that takes
long in tasks of their own, one looks for live ones again and again: see
:meth:`SharedReader.read_live`.
"""

from __future__ import annotations

import math
import select
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import trio

from trio_srs.net.read_load import ReadLoad
from trio_srs.net.read_source import AWAITED, After, Parked, Read, Rest, Source

__all__ = ["REST_S", "SharedReader"]

_BUDGET_S: Final = 0.002
"""All reading together may take this long in one scheduler pass, so that no accept, kick or
broadcast waits longer."""
_MEANWHILE_S: Final = 0.0001
"""If reading took that long, more may have come meanwhile, which is read in the same pass: to look
once more costs less than a pass of the scheduler."""
_READY_MOST: Final = 512
"""Sockets asked for at a time; the kernel names the others first the next time."""
_LEAST_S: Final = _BUDGET_S / 4
"""What each line has of a pass, whatever those before it took."""
_FRESH_S: Final = 0.0005
"""How old the time may be that a source is told, and how long live ones are not looked for."""
_CROWD: Final = 64
"""With more in the short line, live ones are looked for once in a pass only."""
REST_S: Final = 0.1
"""How long what nobody waits for is left to lie: a publisher sends some seven messages meanwhile,
for one system call and one look at all that belongs to it."""


class SharedReader:
    """Reads sockets whenever, or as often as, they are to be read.

    :meth:`run` must run, in one task; it is safe to leave it out where :attr:`works` is false.

    Attributes:
        is_busy: whether reading takes much of the time: sources are asked to be unhurried then, if
            they can.

    Args:
        work_clock: seconds, by which turns are measured: what a turn takes, not what time it is.
    """

    works: Final = sys.platform == "linux"
    """Whether the platform has what this needs; elsewhere every task waits for its own socket."""

    def __init__(self, work_clock: Callable[[], float] = time.perf_counter) -> None:
        self._epoll: select.epoll | None = None
        self._sources: dict[int, Source] = {}
        self._rests: dict[float, Rest] = {}
        self._live: deque[Source] = deque()
        self._short: deque[Source] = deque()
        self._long: deque[Source] = deque()
        self._sleep = trio.CancelScope()
        self._unhurried = Rest(REST_S)
        self._work_clock = work_clock
        self._looked_at = -math.inf
        self._is_passing = False
        self._load = ReadLoad()
        self.is_busy = False

    async def reading(
        self,
        fileno: int,
        read: Read,
        *,
        every_s: float = 0.0,
        at_once: bool = False,
        is_live: bool = False,
    ) -> None:
        """Have ``read`` called when the socket has something, until it is over.

        Args:
            fileno: the socket, which must not be closed in the meantime.
            every_s: if not 0, it is called as often as this, whether there is something or not,
                and each time until it has nothing more.
            at_once: whether it is called for the first time whatever the socket has.
            is_live: see :meth:`set_live`.

        Raises:
            whatever ``read`` raised.
        """
        parked = Parked(trio.lowlevel.current_task(), self._remove)
        parked.source = source = Source(fileno, read, parked.wake, every_s, is_live)
        self._add(source)
        if at_once:
            self._line_up(source, self._long)
            self._sleep.cancel()
        try:
            await trio.lowlevel.wait_task_rescheduled(parked.abort)
        except trio.Cancelled:
            if parked.error is None:  # else that came in the same turn, and is not to be lost
                raise
        finally:
            parked.source = None  # it refers back
        if parked.error is not None:
            try:
                raise parked.error
            finally:
                parked.error = None  # it refers to this frame

    def watch(self, fileno: int, read: Read, fail: Callable[[Exception], None]) -> None:
        """The same with no task that waits: ``read`` is called until it is over.

        Args:
            fail: called, instead of any further ``read``, with what it raised.
        """

        def over(error: Exception | None) -> None:
            if error is not None:
                fail(error)

        self._add(Source(fileno, read, over))

    def set_live(self, fileno: int) -> None:
        """Read a socket before others from now on, until its reading is over: it brings media that
        somebody waits for. Idempotent."""
        source = self._sources.get(fileno)
        if source is not None:
            source.is_live = True

    def read_live(self) -> None:
        """Read what live ones have now, if that was not looked for a moment ago: for who is about
        to take long in a task of its own. However many of those a pass of the scheduler has, media
        waits for one of them then. Not for who reads: its turn is not over."""
        epoll = self._epoll
        if epoll is None or self._is_passing:
            return
        at = self._work_clock()
        if at < self._looked_at + _FRESH_S:
            return
        self._is_passing = True
        try:
            self._looked_at = self._look(epoll, at)  # each who asks has that much more read
        finally:
            self._is_passing = False
        self._load.add(at, self._looked_at)
        if self._long or self._live:  # whose sockets may have nothing more
            self._sleep.cancel()

    def unwatch(self, fileno: int, *, closing: bool = False) -> None:
        """Read a socket no more, which is not closed yet. Idempotent.

        Args:
            closing: it is closed in the next moment, by which the kernel forgets it as well.
        """
        source = self._sources.pop(fileno, None)
        if source is None:
            return
        source.is_over = True
        self._unhurried.remove(source)
        if self._epoll is not None and not closing:
            self._epoll.unregister(fileno)

    def _add(self, source: Source) -> None:
        if source.every_s:
            rest = self._rests.setdefault(source.every_s, Rest(source.every_s))
            self._let_rest(source, rest)
            return
        assert self._epoll is not None, "run() is not running"
        self._sources[source.fileno] = source
        self._epoll.register(source.fileno, select.EPOLLIN)

    def _let_rest(self, source: Source, rest: Rest) -> None:
        if not rest.sources:
            rest.due = trio.current_time() + rest.every_s
            self._sleep.deadline = min(self._sleep.deadline, rest.due)
        rest.sources[source] = None

    def _remove(self, source: Source) -> None:
        """Read it no more. Idempotent."""
        source.is_over = True
        if self._sources.get(source.fileno) is source:
            self.unwatch(source.fileno)
        rest = self._rests.get(source.every_s)
        if rest is not None:
            rest.remove(source)
            if not rest.sources:
                del self._rests[source.every_s]

    # ------------------------------------------------------------------ turns

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read whatever is ready, each in its turn, until cancelled."""
        with select.epoll() as self._epoll:
            try:
                task_status.started()
                while True:
                    self._sleep = trio.CancelScope(deadline=self._next_due())
                    with self._sleep:
                        # Until merged readings are due, however much there is: a scope for each
                        # wake would cost as much as reading a message.
                        while True:
                            if self._short or self._long or self._live:
                                await trio.lowlevel.checkpoint()
                            else:
                                await trio.lowlevel.wait_readable(self._epoll.fileno())
                            self._pass(self._epoll)
                    self._line_up_rested()
                    self._pass(self._epoll)  # also if the next of them are due by now
            finally:
                self._epoll = None

    def _next_due(self) -> float:
        return min(rest.due for rest in (self._unhurried, *self._rests.values()))

    def _line_up(self, source: Source, line: deque[Source]) -> None:
        if not source.in_line:
            source.in_line = True
            line.append(source)

    def _line_up_ready(self, epoll: select.epoll, at: float) -> None:
        """Line up whose sockets have something; not too often while it is known who is next: to be
        told again of those that stand in line costs as much as to read some."""
        sources, live, short = self._sources, self._live, self._short
        if (live or len(short) > _CROWD) and at < self._looked_at + _BUDGET_S:
            return
        self._looked_at = at
        for fileno, _ in epoll.poll(0, _READY_MOST):
            source = sources.get(fileno)
            if source is not None and not source.in_line:
                source.in_line = True
                (live if source.is_live else short).append(source)

    def _look(self, epoll: select.epoll, at: float) -> float:
        """Read live ones that have something, for a quarter of a pass at most; when that was
        done."""
        self._line_up_ready(epoll, at)
        return self._serve(self._live, at, at + _LEAST_S)

    def _line_up_rested(self) -> None:
        now = trio.current_time()
        for rest in self._rests.values():
            for source in rest.turn(now):
                self._line_up(source, self._live if source.is_live else self._short)
        # Whoever is waited for goes first.
        for source in self._unhurried.turn(now):
            self._line_up(source, self._long)

    def _pass(self, epoll: select.epoll) -> None:
        """All reading of one scheduler pass."""
        began = at = self._work_clock()
        looked = -math.inf
        self._is_passing = True
        try:
            while at < began + _BUDGET_S and at >= looked + _MEANWHILE_S:
                looked = at
                self._line_up_ready(epoll, at)
                if self._live:
                    others = self._short or self._long
                    at = self._serve(self._live, at, began + _BUDGET_S / (2 if others else 1))
                if self._short:
                    share = began + _BUDGET_S / (2 if self._long else 1)
                    at = self._serve(self._short, at, max(share, at + _LEAST_S))
                if self._long:
                    at = self._serve(self._long, at, max(began + _BUDGET_S, at + _LEAST_S))
        finally:
            self._is_passing = False
        self._load.add(began, at)
        self.is_busy = self._load.is_high

    def _serve(self, line: deque[Source], at: float, until: float) -> float:
        """Read the next ones of a line, one at least; when that was done."""
        looked, now = at, trio.current_time()
        while line:
            at = self._turn(line.popleft(), now, at)
            if at >= until:
                break
            if at - looked >= _FRESH_S:
                if line is not self._live and self._epoll is not None:
                    at = self._look(self._epoll, at)
                looked, now = at, trio.current_time()
        return at

    def _turn(self, source: Source, now: float, at: float) -> float:
        """Read one; when that was done."""
        source.in_line = False
        if source.is_over:
            return at
        error = None
        try:
            after = source.read(now)
        except Exception as raised:  # it belongs to whoever is told
            after, error = After.OVER, raised
        done = self._work_clock()
        if after is source.awaits:
            return done
        if after is After.OVER:
            # Not again before a task that waits has run: its socket may be ready for ever.
            self._remove(source)
            source.over(error)
            error = None  # it refers to this frame
        elif source.is_over:
            pass
        elif after is After.AGAIN:
            self._hurry(source)
            self._line_up(source, self._long)
        elif after is not After.UNHURRIED or self._comes_often(source, now):
            self._await(source, after)
        return done

    def _comes_often(self, source: Source, now: float) -> bool:
        """Whether it pays to leave the kernel's answer out: whoever brings less is asked for it."""
        before, source.unhurried_at = source.unhurried_at, now
        return now - before < REST_S

    def _hurry(self, source: Source) -> None:
        """Leave it to lie no more: whoever brings much would get less of the time than others who
        do and have never rested."""
        source.unhurried_at = -math.inf
        if source.awaits is After.UNHURRIED:
            self._await(source, After.WAIT)

    def _await(self, source: Source, after: After) -> None:
        """Ask the kernel for something else of a socket."""
        assert self._epoll is not None
        if after is After.UNHURRIED:
            self._let_rest(source, self._unhurried)
        elif source.awaits is After.UNHURRIED:
            self._unhurried.remove(source)
        source.awaits = after
        self._epoll.modify(source.fileno, AWAITED.get(after, select.EPOLLIN))
