"""How much in a second, and how regularly. Floor 1."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import attrs

from trio_srs.media.facts import IntervalFacts, RateFacts

__all__ = ["BitRate", "Intervals"]

_WINDOW_MS: Final = 1000


@attrs.define(eq=False)
class BitRate:
    """Bytes by the time they are for: in the last second, at most, and all in all.

    It holds at most one entry for each millisecond of the window, whatever is sent: a time that
    steps back within it counts as the newest, and one that steps back further begins anew.
    """

    _window: deque[list[int]] | None = None
    """Made with the first frame: an empty one takes most of a kilobyte."""
    _newest_ms: int = 0
    _bytes_now: int = 0
    _bytes_peak: int = 0
    _bytes: int = 0

    def come_back(self, time_ms: int) -> None:
        """What came last was astray: nothing of it was later than this."""
        window, size = self._window, 0
        while window and window[-1][0] > time_ms:
            size += window.pop()[1]
        if window is not None and size:
            window.append([time_ms, size])
            self._newest_ms = time_ms

    def add(self, time_ms: int, size: int) -> None:
        """Take a frame of so many bytes; ``time_ms`` has no wraps."""
        window = self._window
        if window is None:
            window = self._window = deque()
        self._bytes += size
        if time_ms > self._newest_ms or not window:
            self._newest_ms = time_ms
            oldest = time_ms - _WINDOW_MS
            while window and window[0][0] <= oldest:
                self._bytes_now -= window.popleft()[1]
            window.append([time_ms, size])
        elif time_ms <= self._newest_ms - _WINDOW_MS:
            window.clear()
            window.append([time_ms, size])
            self._newest_ms, self._bytes_now = time_ms, 0
        else:
            window[-1][1] += size
        self._bytes_now = now = self._bytes_now + size
        if now > self._bytes_peak:
            self._bytes_peak = now

    def facts(self, duration_ms: int, count: int) -> RateFacts:
        """What is known so far, of so many frames over so much time."""
        if not self._window:
            return RateFacts()
        # The last frame lasts too: as long as the others on average.
        mean = 8000 * self._bytes * (count - 1) / (duration_ms * count) if duration_ms else None
        return RateFacts(8 * self._bytes_now, mean, 8 * self._bytes_peak)


@attrs.define(eq=False)
class Intervals:
    """The time from one frame to the next: its mean, spread and extremes.

    The sums are whole numbers, so that nothing is lost however long the stream is.
    """

    _newest: int | None = None
    """Not in the sums: what comes next may tell that it was another."""
    _count: int = 0
    _sum: int = 0
    _squares: int = 0
    _shortest: int = 0
    _longest: int = 0

    def add(self, interval_ms: int) -> None:
        """Take an interval, not negative."""
        newest = self._newest
        self._newest = interval_ms
        if newest is None:
            return
        if not self._count:
            self._shortest = self._longest = newest
        elif newest < self._shortest:
            self._shortest = newest
        elif newest > self._longest:
            self._longest = newest
        self._count += 1
        self._sum += newest
        self._squares += newest * newest

    def amend(self, interval_ms: int) -> None:
        """The interval taken last, if there was one, was this one after all."""
        if self._newest is not None:
            self._newest = interval_ms

    def facts(self) -> IntervalFacts:
        """What is known so far."""
        newest = self._newest
        if newest is None:
            return IntervalFacts()
        count, total = self._count + 1, self._sum + newest
        squares = self._squares + newest * newest
        spread = math.sqrt(count * squares - total * total) / count
        fps = 1000 * count / total if total else None
        if count == 1:
            return IntervalFacts(fps, spread, newest, newest)
        least, most = min(self._shortest, newest), max(self._longest, newest)
        return IntervalFacts(fps, spread, least, most)
