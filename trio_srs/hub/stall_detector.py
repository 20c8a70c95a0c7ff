"""Stalls: publishers that send nothing for longer than they should. Floor 2.

One timer does for all of them, and none is touched by a message: a lease notes when something
came, and whoever is due is asked for that note. If it is fresh, the publisher is due again so
long after it; so each is looked at once in its time, and every silence is found when it is as
long as that, exactly.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

import attrs
import trio

from trio_srs.hub.lease import PublishLease

__all__ = ["StallDetector", "StallWatch"]


@attrs.define(eq=False)
class StallWatch:
    """Watches one publisher: from when on its silence is a stall, and who is told."""

    lease: PublishLease | None
    """None when it is over."""
    after_s: float
    on_silent: Callable[[float], None]
    """Called with the moment since which it is silent. The watch rests then."""

    def end(self) -> None:
        """Nobody is interested any more: whoever was is let go of, or they would be a circle."""
        self.lease = None
        self.on_silent = _nobody


class StallDetector:
    """Waits for publishers to fall silent."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, StallWatch]] = []
        self._ties = count()
        self._sleep = trio.CancelScope()

    def watch(self, watch: StallWatch) -> None:
        """Begin, or go on after a silence."""
        if watch.lease is not None:
            self._push(_heard_at(watch.lease) + watch.after_s, watch)

    def _push(self, due: float, watch: StallWatch) -> None:
        heapq.heappush(self._due, (due, next(self._ties), watch))
        if due < self._sleep.deadline:
            self._sleep.deadline = due

    async def run(self) -> None:
        """Look at whoever is due, until cancelled."""
        while True:
            self._sleep = trio.CancelScope()
            if self._due:
                self._sleep.deadline = self._due[0][0]
            with self._sleep:
                await trio.sleep_forever()
            self._check(trio.current_time())

    def _check(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            _, _, watch = heapq.heappop(self._due)
            if watch.lease is None:
                continue
            since = _heard_at(watch.lease)
            if since + watch.after_s <= now:
                watch.on_silent(since)
            else:
                self._push(since + watch.after_s, watch)


def _nobody(_since: float) -> None:
    """There is nobody left to be told."""


def _heard_at(lease: PublishLease) -> float:
    return lease.began_at if lease.last_at is None else lease.last_at
