"""The one loop of a worker process: an epoll set, timers, and rounds of reading. Floor 6."""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable
from typing import Final

__all__ = ["READ", "WRITE", "Handler", "Loop"]

READ: Final = select.POLLIN  # epoll's bits are poll's, and these names are everywhere
WRITE: Final = select.POLLOUT
_MOST_EVENTS: Final = 4096
_LONGEST_WAIT_S: Final = 0.25

Handler = Callable[[int], None]
"""Told what happened to its descriptor, as epoll's bits."""


class Loop:
    """Calls handlers when their descriptors are ready and timers when they are due.

    Attributes:
        round_s: 0 handles events as they come. Otherwise it sleeps this long between two looks,
            so that whoever sends wakes nobody by it.
        now: when this turn began, in seconds of the monotonic clock.
    """

    def __init__(self) -> None:
        self.round_s = 0.0
        self.now = time.monotonic()
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._ties = itertools.count()
        self._later: list[Callable[[], None]] = []
        self._stopped = False

    def add(self, fd: int, events: int, handler: Handler) -> None:
        """Call a handler whenever a descriptor is ready for any of the events."""
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Watch it for something else; for nothing but its end with 0."""
        self._epoll.modify(fd, events)

    def remove(self, fd: int) -> None:
        """Watch it no longer; before it is closed."""
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def at(self, when: float, callback: Callable[[], None]) -> None:
        """Call something at a time; it may come late by what else there is to do."""
        heapq.heappush(self._timers, (when, next(self._ties), callback))

    def later(self, callback: Callable[[], None]) -> None:
        """Call something when all that is ready now has been handled."""
        self._later.append(callback)

    def stop(self) -> None:
        """End :meth:`run` after this turn."""
        self._stopped = True

    def close(self) -> None:
        """Give back what it holds; what is watched is not closed."""
        self._epoll.close()

    def run(self) -> None:
        """Go round until stopped."""
        while not self._stopped:
            self._run_timers()
            if self.round_s:
                self._sleep_round()
                events = self._epoll.poll(0, _MOST_EVENTS)
            else:
                events = self._epoll.poll(self._wait(), _MOST_EVENTS)
            self.now = time.monotonic()
            handlers = self._handlers
            for fd, mask in events:
                handler = handlers.get(fd)
                if handler is not None:  # one handler may have closed another's descriptor
                    handler(mask)
            later, self._later = self._later, []
            for callback in later:
                callback()

    def _sleep_round(self) -> None:
        """Up to the next round; rounds keep their distance, however long reading takes."""
        now = time.monotonic()
        time.sleep(self.round_s - now % self.round_s)

    def _wait(self) -> float:
        if not self._timers:
            return _LONGEST_WAIT_S
        return min(max(0.0, self._timers[0][0] - time.monotonic()), _LONGEST_WAIT_S)

    def _run_timers(self) -> None:
        timers = self._timers
        now = self.now = time.monotonic()
        while timers and timers[0][0] <= now:
            heapq.heappop(timers)[2]()
