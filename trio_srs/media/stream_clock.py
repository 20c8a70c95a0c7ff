"""The timestamps of all tracks in the order they came. Floor 1.

Nothing is made of them but what they say themselves: tracks that are interleaved step back, and a
clock that is set is set for each track at its own frame.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from trio_srs.media.clock import DEFAULT_GAP_MS, DEFAULT_JUMP_MS, Clock, FindingCounter
from trio_srs.media.facts import ClockFacts
from trio_srs.wire.serial import serial_step

__all__ = ["StreamClock"]


@attrs.define(eq=False)
class StreamClock:
    """Follows the frames of a stream, and has a clock for each of its tracks."""

    gap_ms: int = DEFAULT_GAP_MS
    jump_ms: int = DEFAULT_JUMP_MS
    count: int = 0
    """Messages with frames so far."""
    time_ms: int = 0
    """The newest frame's time on the clock of its track."""
    _clocks: list[Clock] = attrs.field(factory=list)  # those that have begun
    _first_ms: int = 0
    _last_ms: int = 0
    _wraps: int = 0
    _regressions: FindingCounter = attrs.field(factory=FindingCounter)
    _duplicates: FindingCounter = attrs.field(factory=FindingCounter)
    _gaps: FindingCounter = attrs.field(factory=FindingCounter)
    _jumps: FindingCounter = attrs.field(factory=FindingCounter)

    def new_clock(self, new_finding: Callable[[], FindingCounter] = FindingCounter) -> Clock:
        """A clock for one more track: its times can be compared with those of all others."""
        return Clock(self.gap_ms, self.jump_ms, self._clocks, new_finding)

    def add(self, timestamp_ms: int, clock: Clock) -> None:
        """Take the next frame, which the clock of its track has just taken."""
        if not self.count:
            self._first_ms = timestamp_ms
        else:
            step = serial_step(self._last_ms, timestamp_ms)
            if not 0 < step <= self.gap_ms:
                self._note(timestamp_ms, step)
            if step > 0 and timestamp_ms < self._last_ms:
                self._wraps += 1
        self._last_ms, self.time_ms = timestamp_ms, clock.time_ms
        self.count += 1

    def _note(self, timestamp_ms: int, step: int) -> None:
        if step < 0:
            self._regressions.add(self.count, timestamp_ms, -step)
        elif step == 0:
            self._duplicates.add(self.count, timestamp_ms, 0)
        else:
            self._gaps.add(self.count, timestamp_ms, step)
        if abs(step) > self.jump_ms:
            self._jumps.add(self.count, timestamp_ms, abs(step))

    @property
    def latest_ms(self) -> int:
        """The latest time of any track."""
        return max((clock.latest_ms for clock in self._clocks), default=0)

    @property
    def duration_ms(self) -> int:
        """From the earliest time of any track to the latest, jumps and steps back left out."""
        earliest = min((clock.began_ms for clock in self._clocks), default=0)
        return self.latest_ms - earliest

    def facts(self) -> ClockFacts:
        """What is known so far."""
        if not self.count:
            return ClockFacts()
        return ClockFacts(
            self._first_ms, self._last_ms, self.duration_ms, self._regressions.facts(),
            self._duplicates.facts(), self._gaps.facts(), self._jumps.facts(), self._wraps,
        )  # fmt: skip
