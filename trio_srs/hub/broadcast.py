"""The broadcaster: one task that sends what is new in every stream to all its readers. Floor 2."""

from __future__ import annotations

import math
from collections import deque
from itertools import takewhile
from typing import Final

import attrs
import trio

from trio_srs.hub.feed import Feed
from trio_srs.hub.form_group import FormGroup, SpanDelivery
from trio_srs.hub.supervisor import Supervisor

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


_SOUND_WAITS: Final = 1.5
"""How many intervals sound waits at most for a picture to go along with, ..."""
_SOUND_RESTS: Final = 1.25
"""... and how many after the last write it does not wait. See benchmarks/experiments."""


@attrs.define(eq=False)
class _Queue:
    """The streams with news that wait equally long, in the order in which they are due."""

    wait_s: float
    feeds: dict[Feed, float] = attrs.field(factory=dict)
    """When each is due."""

    @property
    def due(self) -> float:
        """When the first of them is."""
        return next(iter(self.feeds.values()), math.inf)

    def take(self, now: float) -> list[Feed]:
        """If any is due, all that are, or will be soon."""
        if self.due > now:
            return []
        until = now + self.wait_s * _TOGETHER
        taken = list(takewhile(lambda feed: self.feeds[feed] <= until, self.feeds))
        for feed in taken:
            self.remove(feed)
            feed.has_waited = self.wait_s > 0
        return taken

    def remove(self, feed: Feed) -> None:
        """Let one wait there no longer."""
        del self.feeds[feed]
        feed.queue = None


class _Round:
    """What is new in one stream on its way to all groups, one after the other: so only one span of
    a stream is held at a time, however many forms it is sent in.

    Attributes:
        groups: those that have not got all of it.
        urgent: how many records of it did not wait for a picture.
        in_vain: whether the one that there is of these waited, and no other came.
        end: of what was new when the round began; what comes later is for the next one.
        delivery: the span of the first group that is under way.
    """

    __slots__ = ("delivery", "end", "feed", "groups", "in_vain", "urgent")

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.urgent = feed.urgent
        self.in_vain = feed.has_waited and feed.urgent == 1
        self.groups: deque[FormGroup] = deque(feed.groups.values())
        self.end = feed.log.end
        self.delivery: SpanDelivery | None = None

    def step(self) -> bool:
        """Serve some readers; whether there may be more to do."""
        groups, delivery = self.groups, self.delivery
        if not groups:
            return False
        group = groups[0]
        if delivery is None and group.sent < self.end:
            delivery = self.delivery = group.begin(self.feed.log)
        if delivery is None:
            groups.popleft()
        elif delivery.step(_SLICE):
            self.delivery = None
            self.feed.was_sent()
            if group.sent >= self.end:
                groups.popleft()
        return bool(groups)

    def fail(self, bug: Exception) -> bool:
        """A form has a bug: end who reads it, and go on with the others, if there are any."""
        self.delivery = None
        self.groups.popleft().fail(self.feed, bug)
        return bool(self.groups)


class Broadcaster:
    """Joins what is new in a stream once, and offers it to every caught-up reader.

    A stream that has rested for a send interval is due at once: to wait would make nothing fewer.
    Otherwise it is due one interval after the first record that was not sent, so that none waits
    longer and as many as possible go together; if none came, the next is not to wait. Sound waits
    for the next picture, one and a half intervals at most, but not if nothing was sent for a while.
    A rest begins when the last reader was served: the more readers, the rarer the writes.

    There is one queue for each time that is waited, over the streams that have news, instead of a
    timer per stream (1,000 tasks that each sleep 20 ms cost most of a core). Streams take turns,
    and so do the readers of one stream in being first.
    """

    def __init__(
        self, *, server_name: str = "trio-srs", supervisor: Supervisor | None = None
    ) -> None:
        """
        Args:
            supervisor: is told of bugs in forms.
        """
        self.server_name = server_name
        self.supervisor = supervisor or Supervisor()
        self._queues: dict[float, _Queue] = {}
        self._due: deque[Feed] = deque()
        self._rounds: deque[_Round] = deque()
        self._serving: set[Feed] = set()
        self._sleep = trio.CancelScope()

    def news(self, feed: Feed) -> None:
        """A stream has news: it will be due, if it is not yet to be."""
        feed.dirty = True
        known = feed.queue
        now = trio.current_time()
        wait_s = _wait_s(feed, now)
        due = now + wait_s
        if known is not None:
            if known.feeds[feed] <= due:
                return
            known.remove(feed)
        queue = self._queues.get(wait_s)
        if queue is None:
            queue = self._queues[wait_s] = _Queue(wait_s)
        if not queue.feeds and due < self._sleep.deadline:
            self._sleep.deadline = due
        queue.feeds[feed] = due
        feed.queue = queue

    def push(self, feed: Feed) -> None:
        """Send a stream's news now, if it is due and that takes next to no time; else when it is
        due, or has its turn."""
        if not feed.dirty:
            return
        is_crowd = feed.reader_count > _INLINE or self._rounds or self._due
        if is_crowd or _wait_s(feed, trio.current_time()):
            self.news(feed)
            return
        if feed.queue is not None:  # what waits goes along
            feed.queue.remove(feed)
        self._begin(feed)
        while self._rounds:
            self._step()

    async def run(self) -> None:
        """Send what is due, stream after stream, until cancelled."""
        while True:
            if self._rounds or self._due:
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
        while self._due or self._rounds:
            if self._due:
                self._begin(self._due.popleft())
            if self._rounds:
                self._step()
            if trio.current_time() >= until:
                break

    def _begin(self, feed: Feed) -> None:
        feed.dirty = False
        if feed.waiting:
            feed.wake_cursors()
        if feed not in self._serving:  # else the end of its round sees that there is more
            self._serving.add(feed)
            self._rounds.append(_Round(feed))
            if feed.urgent:
                feed.rests_from = math.inf  # until it has been served
            feed.urgent, feed.has_waited = 0, False

    def _step(self) -> None:
        """Serve some readers of the stream whose turn it is."""
        turn = self._rounds.popleft()
        feed = turn.feed
        try:
            goes_on = turn.step()
        except Exception as bug:  # of a form: neither the stream nor its other readers suffer
            goes_on = turn.fail(bug)
        if goes_on:
            self._rounds.append(turn)
            return
        self._serving.remove(feed)
        feed.sent_at = now = trio.current_time()
        if turn.urgent:
            feed.rests_from = -math.inf if turn.in_vain else now
        if feed.log.end > turn.end and not feed.dirty and feed.has_listeners:
            self.news(feed)  # it went on while the readers were served


def _wait_s(feed: Feed, now: float) -> float:
    """How long a stream's news waits that comes now."""
    interval = feed.settings.send_interval
    if not feed.urgent:
        return interval * _SOUND_WAITS if now < feed.sent_at + interval * _SOUND_RESTS else 0.0
    return interval if now < feed.rests_from + interval else 0.0
