"""Where segments end: on the line of decode times, and never longer than was announced. Floor 1.

Source:
    RFC 8216, 4.3.3.1 (no segment is longer than the target duration, rounded) and 6.2.1; bis, 6.2.1
    (the target duration never changes).
"""

from __future__ import annotations

import math
from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS

__all__ = ["HZ", "CutRule"]

HZ: Final = 90_000
"""Ticks in a second."""
_SLACK: Final = 400 * TICKS_PER_MS
"""So much longer than the target a segment may be: rounded it still is not."""
_EARLY: Final = 50 * TICKS_PER_MS
"""A keyframe that comes so little before its time is in time: timestamps are rounded, and so are
the intervals of encoders."""
_LEAST_FIRST: Final = 0.25
"""Of what a segment is to be long: the first one is at least so long."""
_MOST_BYTES: Final = 1 << 25
"""Of one segment, whatever the times in it are."""


@attrs.define(eq=False)
class CutRule:
    """Judges each unit of a stream: is the segment over before it?

    A segment ends at the first keyframe that is late enough, or at one behind which the next would
    be too late. The very first ends at the first keyframe behind its own: the sooner there is a
    playlist. From how far those are apart follows the target duration, and that holds for good. If
    keyframes are further apart than that later on, segments end without one.
    """

    aim: int
    """Ticks: how long a segment is to be, if there is a keyframe."""
    longest: int
    """How long the first may be, if there is none."""
    target_s: int | None = None
    """The target duration in whole seconds; None until the first segment has ended, unless it is
    said before."""
    phase: int | None = None
    """What to add to times so that several streams are cut at the same ones: at the first keyframe
    behind each multiple of :attr:`aim`. None: this one is cut by itself."""
    start: int = 0
    """When the segment began; likewise all else here is of that segment."""
    has_key: bool = True
    """It begins with a keyframe."""
    forced: int = 0
    """Segments that ended without a keyframe, because none came."""
    _last_key: int = 0
    _gop: int = 0

    @property
    def limit(self) -> int:
        """The most ticks that a segment may have."""
        return (self.longest if self.target_s is None else self.target_s * HZ) + _SLACK

    def begin(self, dts: int, *, is_key: bool) -> None:
        """Go on with another segment, from its start."""
        self.start, self.has_key = dts, is_key
        if is_key:
            self._last_key = dts

    def ends_before(self, dts: int, interval: int, size: int, *, is_key: bool) -> bool:
        """Whether the segment is over before a unit.

        Args:
            dts: its time of decoding.
            interval: how long it will last, as far as can be known.
            size: bytes that the segment has.
        """
        length = dts - self.start
        if is_key:
            self._gop, self._last_key = dts - self._last_key, dts
            if length > 0 and self._ends_at_key(length, dts):
                self.settle(self._gop, length)
                return True
        is_over = length > 0 and (length + interval > self.limit or size > _MOST_BYTES)
        if is_over:
            self.settle(self.limit - _SLACK, length)
            self.forced += not is_key
        return is_over

    def ends_before_sound(self, dts: int, duration: int, size: int) -> bool:
        """The same where there is nothing but sound, which may be cut everywhere."""
        length = dts - self.start
        is_over = length > 0 and (length + duration > self.aim or size > _MOST_BYTES)
        if is_over:
            self.settle(self.aim, length)
        return is_over

    def _ends_at_key(self, length: int, dts: int) -> bool:
        if not self.has_key:
            return True
        if self.target_s is None:
            return length >= self.aim * _LEAST_FIRST
        if self.phase is None:
            is_late = length >= self.aim - _EARLY
        else:
            begun, now = ((at + self.phase + _EARLY) // self.aim for at in (self.start, dts))
            is_late = now > begun
        return is_late or length + self._gop > self.limit

    def settle(self, step: int, length: int) -> None:
        """A segment is over: if it is the first, it says what holds for all.

        Args:
            step: ticks from one place where a segment may end to the next.
            length: of the segment.
        """
        if self.target_s is None:
            expected = step * math.ceil((self.aim - _EARLY) / step) - 2 * _EARLY
            most = max(expected, length - _SLACK, self.aim)
            self.target_s = math.ceil(most / HZ)
