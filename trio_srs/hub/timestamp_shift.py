"""A publisher's timestamps, corrected once, at the entrance. Floor 2, and pure."""

from __future__ import annotations

from typing import Final

from trio_srs.hub.settings import TimestampMode
from trio_srs.wire.serial import WRAP_MS, serial_step

__all__ = ["TimestampShift"]

_STEP_MS: Final = 1
"""Between the last timestamp of a publish and the first of the next, with ``continue``."""
_NEAR_MS: Final = 60_000
"""So much later is later whichever way round one looks."""
_EARLY_MS: Final = 1000
"""A frame may come this much before the first one (audio and video do not begin together); one
from further back means that the publisher's clock began anew."""


class TimestampShift:
    """One publish's correction: a shift, found at the first message that carries time.

    * ``keep``: none.
    * ``rebase``: the first audio or video frame is at 0.
    * ``continue``: the first frame comes right behind the newest one of the publish before.

    Headers and metadata do not fix the shift (ffmpeg stamps them 0, wherever its media begins),
    and before it is fixed they get the time the first frame will have. What would come out
    before the beginning is put at the beginning; a clock that falls back behind it goes on from
    there.

    Attributes:
        last_ms: the newest timestamp of a frame that went out; where it begins, before the first.
    """

    __slots__ = ("_base_ms", "_known", "_last_in_ms", "_mode", "_moved_ms", "last_ms")

    def __init__(self, mode: TimestampMode, base_ms: int | None = None) -> None:
        self._mode = mode
        self._known = base_ms is not None  # whether last_ms means anything
        self._base_ms = self._moved_ms = self.last_ms = base_ms or 0  # moved: not wrapped
        self._last_in_ms: int | None = None

    def next(self, mode: TimestampMode) -> TimestampShift:
        """The shift of the next publish of the same name."""
        if mode is TimestampMode.CONTINUE and self._known:
            return TimestampShift(mode, (self.last_ms + _STEP_MS) % WRAP_MS)
        return TimestampShift(mode)

    def correct(self, timestamp_ms: int, carries_time: bool) -> int:
        """The timestamp that goes out for one that came in; both unsigned 32 bits."""
        if self._mode is not TimestampMode.KEEP:
            timestamp_ms = self._move(timestamp_ms, carries_time)
        # Audio and video overtake each other: the newest is not always the last. Mostly it is, and
        # that takes no call.
        if carries_time and (
            not self._known
            or self.last_ms <= timestamp_ms < self.last_ms + _NEAR_MS
            or serial_step(self.last_ms, timestamp_ms) >= 0
        ):
            self.last_ms = timestamp_ms
            self._known = True
        return timestamp_ms

    def _move(self, timestamp_ms: int, carries_time: bool) -> int:
        if self._last_in_ms is None:
            if carries_time:
                self._last_in_ms = timestamp_ms
            return self._base_ms
        moved = self._moved_ms + serial_step(self._last_in_ms, timestamp_ms)
        if carries_time:
            self._last_in_ms = timestamp_ms
            self._moved_ms = moved if moved > self._base_ms - _EARLY_MS else self._base_ms
        return max(moved, self._base_ms) % WRAP_MS
