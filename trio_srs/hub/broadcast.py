"""The broadcaster: one task that sends what is new in every stream to all its readers. Floor 2."""

from __future__ import annotations

import math
from collections import deque
from itertools import takewhile
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


_TOGETHER: Final = 0.25
"""The part of its interval by which a stream may be sent early, along with another that is due:
however many streams there are, the task wakes at most four times in an interval."""


@attrs.define(eq=False)
class _Queue:
    """The streams of one send interval that have news, in the order in which they are due."""

    interval: float
    lives: dict[Live, float] = attrs.field(factory=dict)
    """When each is due."""

    @property
    def due(self) -> float:
        """When the first of them is."""
        return next(iter(self.lives.values()), math.inf)

    def take(self, now: float) -> list[Live]:
        """If any is due, all that are, or will be soon."""
        if self.due > now:
            return []
        until = now + self.interval * _TOGETHER
        taken = list(takewhile(lambda live: self.lives[live] <= until, self.lives))
        for live in taken:
            del self.lives[live]
        return taken


class Broadcaster:
    """Joins what is new in a stream once, and offers it to every caught-up reader.

    A stream is due one send interval after the first record that was not sent, so that none
    waits longer and as many as possible go together. There is one queue per interval, over the
    streams that have news, instead of a timer per stream (1,000 tasks that each sleep 20 ms cost
    most of a core). Streams take turns, and so do the readers of one stream in being first.
    """

    def __init__(self, *, server_name: str = "trio-srs") -> None:
        self.server_name = server_name
        self._queues: dict[float, _Queue] = {}
        self._due: deque[Live] = deque()
        self._jobs: deque[tuple[Live, Job]] = deque()
        self._sleep = trio.CancelScope()

    def news(self, live: Live) -> None:
        """A stream has news: it is due when its interval has passed since the first of it."""
        live.dirty = True
        interval = live.settings.send_interval
        queue = self._queues.get(interval)
        if queue is None:
            queue = self._queues[interval] = _Queue(interval)
        if live in queue.lives:
            return
        due = trio.current_time() + interval
        if not queue.lives and due < self._sleep.deadline:
            self._sleep.deadline = due
        queue.lives[live] = due

    def push(self, live: Live) -> None:
        """Send a stream's news now, if its interval says so and it takes next to no time; else
        when it is due."""
        if not live.dirty:
            return
        if live.settings.send_interval or live.reader_count > _INLINE or self._jobs or self._due:
            self.news(live)
            return
        for queue in self._queues.values():  # what is due of the publish before goes along
            queue.lives.pop(live, None)
        self._begin(live)
        while self._jobs:
            self._step()

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
        return min((queue.due for queue in self._queues.values()), default=math.inf)

    def _collect(self, now: float) -> None:
        """Line up the streams that are due."""
        for queue in self._queues.values():
            self._due.extend(queue.take(now))

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
