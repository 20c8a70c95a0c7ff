"""A track's timestamps followed: where they step back, stand still, leap or run over. Floor 1.

What is a fault is left out of the time that all other facts are made from: one fault, one verdict.
A step that is left out counts as an ordinary one, as long as the last; so does the way back from
it, however it was gone.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

import attrs

from trio_srs.media.facts import ClockFacts, Finding, Moment
from trio_srs.wire.serial import serial_step

__all__ = ["DEFAULT_GAP_MS", "DEFAULT_JUMP_MS", "Clock", "ClockStep", "FindingCounter"]

DEFAULT_GAP_MS: Final = 1000
"""The longest picture or sound that encoders are seen to make is 200 ms, of screens at 5 fps."""
DEFAULT_JUMP_MS: Final = 10_000
"""Longer than an encoder's pause: its clock was set."""

_ORDINARY_MS: Final = 100
"""How far a step there and back may be off, together, from an ordinary one."""


@attrs.define(eq=False)
class FindingCounter:
    """A :class:`~trio_srs.media.facts.Finding` that still grows."""

    count: int = 0
    first: Moment | None = None
    largest_ms: int = 0
    _before: tuple[int, Moment | None, int] = (0, None, 0)

    def add(self, index: int, timestamp_ms: int, size_ms: int) -> None:
        """Count one more: where it was, and how large."""
        self._before = self.count, self.first, self.largest_ms
        if self.first is None:
            self.first = Moment(index, timestamp_ms)
        self.count += 1
        self.largest_ms = max(self.largest_ms, size_ms)

    def undo(self) -> None:
        """What was added last was none."""
        self.count, self.first, self.largest_ms = self._before

    def facts(self) -> Finding:
        """What is known so far."""
        return Finding(self.count, self.first, self.largest_ms)


class ClockStep(enum.Enum):
    """What a step from one frame to the next is."""

    EVEN = "even"
    """As long as the frame before it lasts."""
    BREAK = "break"
    """A gap, a jump or a step back."""
    RETURN = "return"
    """The way back from where the clock was before such a step, or from one frame astray."""


# Asking an enumeration takes long.
_EVEN, _BREAK, _RETURN = ClockStep.EVEN, ClockStep.BREAK, ClockStep.RETURN


@attrs.define(eq=False)
class Clock:
    """Follows the timestamps of one track.

    Args:
        beside: the clocks of the same stream that have begun: their times can be compared with
            this one's, on whichever sides of 0 or 2**32 they begin. It joins them, and lets go
            of them, when it begins itself: whoever held both would be a cycle.
        new_finding: makes what findings are kept in.
    """

    gap_ms: int = DEFAULT_GAP_MS
    jump_ms: int = DEFAULT_JUMP_MS
    beside: list[Clock] = attrs.field(factory=list)
    new_finding: Callable[[], FindingCounter] = FindingCounter
    count: int = 0
    """Frames so far."""
    now_ms: int = 0
    """The newest timestamp, wraps taken out; where counting began it is as it was sent."""
    step_ms: int = 0
    """From the frame before to the newest."""
    step: ClockStep = ClockStep.EVEN
    """What that step is."""
    time_ms: int = 0
    """Likewise, jumps and steps back taken out: the time that passes for a player."""
    pace_ms: int = 0
    """Likewise, gaps taken out too: the time for which there are frames."""
    interval_ms: int | None = None
    """The newest step at this pace; None while nothing is known of it."""
    amended_ms: int | None = None
    """Behind a frame astray, what the interval before was after all; otherwise None."""
    is_behind_stray: bool = False
    """Whether the frame before was astray: ahead of its time or behind it, all by itself."""
    first_ms: int = 0
    began_ms: int = 0
    """The first :attr:`time_ms`."""
    regressions: FindingCounter = attrs.field(init=False)
    duplicates: FindingCounter = attrs.field(init=False)
    gaps: FindingCounter = attrs.field(init=False)
    jumps: FindingCounter = attrs.field(init=False)
    _last_ms: int = 0
    _wraps: int = 0
    _latest_ms: int = 0  # the highest time but for the newest frame's, which may be astray
    _usual_ms: int | None = None  # how long a frame lasts
    _usual_before_ms: int | None = None  # before the newest step
    _left_out_ms: int = 0  # of steps whose way back may come
    _left_out_until_ms: int = 0
    _broke_at: int = -1  # the frame at which the last of them was

    def __attrs_post_init__(self) -> None:
        self.regressions, self.duplicates = self.new_finding(), self.new_finding()
        self.gaps, self.jumps = self.new_finding(), self.new_finding()

    def add(self, timestamp_ms: int) -> int:
        """Take the next frame's timestamp (unsigned 32 bits); return its time, wraps taken out.

        A step of less than half the range is taken as the shorter way round: forward over the
        end is a wrap, and not a step back.
        """
        if not self.count:
            return self._begin(timestamp_ms)
        step = serial_step(self._last_ms, timestamp_ms)
        # Nearly every step is of this kind; nothing needs to be written down.
        if 0 < step <= self.gap_ms and self.interval_ms and not self._left_out_ms:
            if self.time_ms > self._latest_ms:
                self._latest_ms = self.time_ms
            self.time_ms += step
            self.pace_ms += step
            self._usual_before_ms, self._usual_ms = self._usual_ms, step
            self.interval_ms, self.step = step, _EVEN
            self.amended_ms, self.is_behind_stray = None, False
        else:
            self._judge(timestamp_ms, step)
        if step > 0 and timestamp_ms < self._last_ms:
            self._wraps += 1
        self.step_ms = step
        self.now_ms = now = self.now_ms + step
        self._last_ms = timestamp_ms
        self.count += 1
        return now

    def _begin(self, timestamp_ms: int) -> int:
        self.first_ms = self._last_ms = self.now_ms = timestamp_ms
        skipped = 0
        for other in self.beside:
            if other.count:
                self.now_ms = other.now_ms + serial_step(other._last_ms, timestamp_ms)
                skipped = other.now_ms - other.time_ms
                break
        self.beside.append(self)
        self.beside = []
        self.time_ms = self.pace_ms = self.began_ms = self._latest_ms = self.now_ms - skipped
        self.count = 1
        return self.now_ms

    def _judge(self, timestamp_ms: int, step: int) -> None:
        """Take a step that may be odd."""
        usual = self._usual_ms or 0
        self.amended_ms, self.is_behind_stray = None, False
        if self._left_out_ms:
            both = self._left_out_ms + step
            if self.time_ms > self._left_out_until_ms:
                self._left_out_ms = 0
            elif abs(both - usual) < min(abs(step - usual), max(usual, _ORDINARY_MS)):
                self._return(timestamp_ms, step, both)
                return
        if step < 0 and self._was_astray(step):
            self._return_from_ahead(step)
            return
        self._latest_ms = max(self._latest_ms, self.time_ms)
        self._usual_before_ms = self._usual_ms
        if step < 0:
            self.regressions.add(self.count, timestamp_ms, -step)
            self._leave_out(timestamp_ms, step)
        elif step > self.jump_ms:
            self.gaps.add(self.count, timestamp_ms, step)
            self._leave_out(timestamp_ms, step)
        elif not self.interval_ms and abs(step - 2 * usual) < abs(step - usual):
            self._share(step)
        else:
            self._go(timestamp_ms, step)

    def _go(self, timestamp_ms: int, step: int) -> None:
        """Time passes, be it without frames."""
        self.step, self.interval_ms = _EVEN, step
        if step > self.gap_ms:
            self.gaps.add(self.count, timestamp_ms, step)
            self.step = _BREAK
            if self._usual_ms is not None:
                self.interval_ms = self._usual_ms
        elif step > 0:
            self._usual_ms = step
        else:
            self.duplicates.add(self.count, timestamp_ms, 0)
        self.time_ms += step
        self.pace_ms += self.interval_ms

    def _share(self, step: int) -> None:
        """The frame before had the time of the one before that: it lasted as long as this one."""
        self.step, self.is_behind_stray = _RETURN, True
        self.amended_ms = step // 2
        self.interval_ms = step - self.amended_ms
        self.time_ms += step
        self.pace_ms += step

    def _leave_out(self, timestamp_ms: int, step: int) -> None:
        """The clock was set, be it for one frame: an ordinary step stands in its place."""
        usual = self._usual_ms or 0
        if abs(step) > self.jump_ms:
            self.jumps.add(self.count, timestamp_ms, abs(step))
        self.step, self.interval_ms = _BREAK, self._usual_ms
        self.time_ms += usual
        self.pace_ms += usual
        self._left_out_ms += step - usual
        self._left_out_until_ms = self.time_ms + self.gap_ms
        self._broke_at = self.count

    def _return(self, timestamp_ms: int, step: int, both: int) -> None:
        """What was left out is gone back: together they are a step of so much."""
        self._latest_ms = max(self._latest_ms, self.time_ms)
        self._usual_before_ms = self._usual_ms
        self._left_out_ms = 0
        is_astray = self.is_behind_stray = self._broke_at == self.count - 1
        if step < 0:
            at, at_ms = (self.count - 1, self._last_ms) if is_astray else (self.count, timestamp_ms)
            self.regressions.add(at, at_ms, -step)
            if is_astray:
                self.gaps.undo()
        if both > 0:
            self._go(timestamp_ms, both)
        else:  # a little more than what was left out
            self.interval_ms = 0
            self.time_ms += both
            self.pace_ms += both
        self.step = _RETURN

    def _was_astray(self, step: int) -> bool:
        """Whether the frame before was ahead of its time: without it the steps are as before."""
        ahead, usual = self.step_ms, self._usual_before_ms
        if usual is None or self.step is _RETURN or not 0 < ahead <= self.jump_ms:
            return False
        both = ahead + step
        return both > 0 and abs(both - 2 * usual) < abs(ahead - usual)

    def _return_from_ahead(self, step: int) -> None:
        both = self.step_ms + step
        if self.step is _BREAK:
            self.gaps.undo()
        self.regressions.add(self.count - 1, self._last_ms, -step)
        self.time_ms += step
        self.pace_ms += both - (self.interval_ms or 0)
        self.amended_ms = both // 2
        self.interval_ms = both - self.amended_ms
        self.step, self.is_behind_stray, self._usual_ms = _RETURN, True, self._usual_before_ms

    @property
    def latest_ms(self) -> int:
        """The highest :attr:`time_ms` so far."""
        return max(self._latest_ms, self.time_ms)

    @property
    def duration_ms(self) -> int:
        """From the first time to the highest, jumps and steps back left out."""
        return self.latest_ms - self.began_ms

    def facts(self) -> ClockFacts:
        """What is known so far."""
        if not self.count:
            return ClockFacts()
        return ClockFacts(
            self.first_ms, self._last_ms, self.duration_ms, self.regressions.facts(),
            self.duplicates.facts(), self.gaps.facts(), self.jumps.facts(), self._wraps,
        )  # fmt: skip
