"""The broadcaster: one task that sends what is new in every stream to all its readers. Floor 2."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import attrs
import trio

from trio_srs.hub.group import Job
from trio_srs.hub.live import Live

__all__ = ["Broadcaster"]

_BUDGET_S: Final = 0.001
"""All broadcasting together may take this long in one scheduler pass, so that no accept, kick or
other stream waits longer. A hundred tasks that each yield after a millisecond would not do: they
turn a 5 ms sleep into 100 to 200 ms."""
_SLICE: Final = 16
"""Readers served between two looks at the clock: at 6 us each, a tenth of the budget."""
_INLINE: Final = 16
"""With no more readers than this, news of a stream without an interval is sent at once."""


@attrs.define(eq=False)
class _Tick:
    """The streams of one send interval that have news, and when they are due together."""

    interval: float
    due: float = math.inf
    lives: dict[Live, None] = attrs.field(factory=dict)


class Broadcaster:
    """Joins what is new in a stream once, and offers it to every caught-up reader.

    One shared tick per send interval, over the streams that have news, instead of a timer per
    stream (1,000 tasks that each sleep 20 ms cost most of a core). Streams take turns, and so
    do the readers of one stream in being first.
    """

    def __init__(self, *, server_name: str = "trio-srs") -> None:
        self.server_name = server_name
        self._ticks: dict[float, _Tick] = {}
        self._due: deque[Live] = deque()
        self._jobs: deque[tuple[Live, Job]] = deque()
        self._sleep = trio.CancelScope()

    def news(self, live: Live) -> None:
        """A stream with readers got a record: it is due at the next tick of its interval."""
        live.dirty = True
        interval = live.settings.send_interval
        tick = self._ticks.get(interval)
        if tick is None:
            tick = self._ticks[interval] = _Tick(interval)
        if not tick.lives:
            now = trio.current_time()
            # Aligned to the interval, so that streams that begin apart are due together.
            tick.due = now if not interval else (now // interval + 1) * interval
            self._sleep.deadline = min(self._sleep.deadline, tick.due)
        tick.lives[live] = None

    def push(self, live: Live) -> None:
        """Send a stream's news now, if its interval says so and it takes next to no time."""
        if (
            live.dirty
            and not live.settings.send_interval
            and live.reader_count <= _INLINE
            and not (self._jobs or self._due)
        ):
            self._forget(live)
            self._begin(live)
            while self._jobs:
                self._step()

    def _forget(self, live: Live) -> None:
        """It is no longer due; nor is there a reason to wake up if nothing else is."""
        for tick in self._ticks.values():  # its interval may have changed since
            tick.lives.pop(live, None)
            if not tick.lives:
                tick.due = math.inf
        self._sleep.deadline = self._next_due()

    async def run(self) -> None:
        """Broadcast until cancelled."""
        while True:
            if self._jobs or self._due:
                await trio.lowlevel.checkpoint()
            else:
                self._sleep = trio.CancelScope(deadline=self._next_due())
                with self._sleep:
                    await trio.sleep_forever()
            self._collect(trio.current_time())
            self._work()

    def _next_due(self) -> float:
        return min((tick.due for tick in self._ticks.values()), default=math.inf)

    def _collect(self, now: float) -> None:
        """Line up the streams of every tick that is due."""
        for tick in self._ticks.values():
            if tick.due <= now:
                self._due.extend(tick.lives)
                tick.lives.clear()
                tick.due = math.inf

    def _work(self) -> None:
        """Begin what is due and go on with what was begun, in turn, within the budget."""
        until = trio.current_time() + _BUDGET_S
        while self._due or self._jobs:
            if self._due:
                self._begin(self._due.popleft())
            if self._jobs:
                self._step()
            if trio.current_time() >= until:
                break

    def _begin(self, live: Live) -> None:
        live.dirty = False
        for group in live.groups.values():
            job = group.begin(live.log)
            if job is not None:
                self._jobs.append((live, job))

    def _step(self) -> None:
        live, job = self._jobs.popleft()
        if not job.step(_SLICE):
            self._jobs.append((live, job))
            return
        live.was_sent()
        if job.is_behind(live.log.end) and not live.dirty:
            self.news(live)  # it went on while the readers were served
