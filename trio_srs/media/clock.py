"""Timestamps followed: where they step back, stand still, leap or run over. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.facts import ClockFacts, Finding, Moment
from trio_srs.wire.serial import serial_step

__all__ = ["DEFAULT_GAP_MS", "DEFAULT_JUMP_MS", "Clock", "Found"]

DEFAULT_GAP_MS: Final = 1000
"""The longest picture or sound that encoders are seen to make is 200 ms, of screens at 5 fps."""
DEFAULT_JUMP_MS: Final = 10_000
"""Longer than an encoder's pause: its clock was set."""


@attrs.define(eq=False)
class Found:
    """A :class:`~trio_srs.media.facts.Finding` that still grows."""

    count: int = 0
    first: Moment | None = None
    largest_ms: int = 0

    def add(self, index: int, timestamp_ms: int, size_ms: int) -> None:
        """It happened again."""
        if self.first is None:
            self.first = Moment(index, timestamp_ms)
        self.count += 1
        self.largest_ms = max(self.largest_ms, size_ms)

    def facts(self) -> Finding:
        """What is known so far."""
        return Finding(self.count, self.first, self.largest_ms)


@attrs.define(eq=False)
class Clock:
    """Follows the timestamps of one sequence of frames.

    Args:
        beside: a clock of the same stream: times of both can then be compared, on whichever sides
            of 0 or 2**32 they begin.
    """

    gap_ms: int = DEFAULT_GAP_MS
    jump_ms: int = DEFAULT_JUMP_MS
    beside: Clock | None = None
    count: int = 0
    """Frames so far."""
    now_ms: int = 0
    """The newest time, wraps taken out; where counting began it is the timestamp sent."""
    step_ms: int = 0
    """From the frame before to the newest."""
    first_ms: int = 0
    _last_ms: int = 0
    _played_ms: int = 0  # the newest time but for jumps, counted from the first
    _lowest_ms: int = 0
    _highest_ms: int = 0
    _wraps: int = 0
    _regressions: Found = attrs.field(factory=Found)
    _duplicates: Found = attrs.field(factory=Found)
    _gaps: Found = attrs.field(factory=Found)
    _jumps: Found = attrs.field(factory=Found)

    def add(self, timestamp_ms: int) -> int:
        """Take the next frame's timestamp (unsigned 32 bits); return its time, wraps taken out.

        A step of less than half the range is taken as the shorter way round: forward over the
        end is a wrap, and not a step back.
        """
        if not self.count:
            self.first_ms = self._last_ms = timestamp_ms
            self.count = 1
            beside = self.beside
            self.now_ms = timestamp_ms if beside is None else beside.near(timestamp_ms)
            return self.now_ms
        step = serial_step(self._last_ms, timestamp_ms)
        # Nearly every step is of this kind; nothing needs to be written down.
        if not 0 < step <= self.gap_ms:
            self._note(timestamp_ms, step)
        if step > 0 and timestamp_ms < self._last_ms:
            self._wraps += 1
        self.step_ms = step
        self.now_ms = now = self.now_ms + step
        self._last_ms = timestamp_ms
        self.count += 1
        if -self.jump_ms <= step <= self.jump_ms:
            self._played_ms = played = self._played_ms + step
            if played > self._highest_ms:
                self._highest_ms = played
            elif played < self._lowest_ms:
                self._lowest_ms = played
        return now

    def near(self, timestamp_ms: int) -> int:
        """The time of a timestamp of another track; where there was none yet, as it is."""
        if not self.count:
            return timestamp_ms
        return self.now_ms + serial_step(self._last_ms, timestamp_ms)

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
    def is_steady(self) -> bool:
        """Whether the newest step is one that lasts as long as the frame before it."""
        return 0 <= self.step_ms <= self.jump_ms

    @property
    def jumped(self) -> bool:
        """Whether the newest step is a jump."""
        return not -self.jump_ms <= self.step_ms <= self.jump_ms

    @property
    def duration_ms(self) -> int:
        """From the lowest time to the highest, jumps left out."""
        return self._highest_ms - self._lowest_ms

    def facts(self) -> ClockFacts:
        """What is known so far."""
        if not self.count:
            return ClockFacts()
        return ClockFacts(
            self.first_ms, self._last_ms, self.duration_ms, self._regressions.facts(),
            self._duplicates.facts(), self._gaps.facts(), self._jumps.facts(), self._wraps,
        )  # fmt: skip
