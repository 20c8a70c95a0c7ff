"""A publisher's timestamps, corrected once, at the entrance. Floor 2, and pure."""

from __future__ import annotations

from typing import Final

from trio_srs.hub.settings import TimestampMode

__all__ = ["Timeline"]

_WRAP: Final = 2**32
_HALF: Final = 2**31
_STEP_MS: Final = 1
"""Between the last timestamp of a publish and the first of the next, with ``continue``."""


class Timeline:
    """One publish's correction: a shift, found at the first message that carries time.

    * ``keep``: none.
    * ``rebase``: the first audio or video frame is at 0.
    * ``continue``: the first frame comes right behind the last one of the publish before.

    Headers and metadata do not fix the shift (ffmpeg stamps them 0, wherever its media begins),
    and before it is fixed they get the time the first frame will have. What would come out
    before the beginning is put at the beginning.
    """

    __slots__ = ("_base_ms", "_last_in_ms", "_mode", "_moved_ms", "last_ms")

    def __init__(self, mode: TimestampMode, base_ms: int = 0) -> None:
        self._mode = mode
        self._base_ms = base_ms
        self._last_in_ms: int | None = None
        self._moved_ms = base_ms  # not wrapped, and maybe before the beginning
        self.last_ms = base_ms
        """The newest timestamp of a frame that went out."""

    def next(self, mode: TimestampMode) -> Timeline:
        """The timeline of the next publish of the same name."""
        if mode is TimestampMode.CONTINUE and self.last_ms:
            return Timeline(mode, (self.last_ms + _STEP_MS) % _WRAP)
        return Timeline(mode)

    def correct(self, timestamp_ms: int, *, carries_time: bool) -> int:
        """The timestamp that goes out for one that came in; both unsigned 32 bits."""
        if self._mode is TimestampMode.KEEP:
            if carries_time:
                self.last_ms = timestamp_ms
            return timestamp_ms
        if self._last_in_ms is None:
            if not carries_time:
                return self._base_ms
            self._last_in_ms = timestamp_ms
        step = (timestamp_ms - self._last_in_ms + _HALF) % _WRAP - _HALF
        moved = max(self._moved_ms + step, self._base_ms)
        if carries_time:
            self._last_in_ms = timestamp_ms
            self._moved_ms += step
            self.last_ms = moved % _WRAP
        return moved % _WRAP
