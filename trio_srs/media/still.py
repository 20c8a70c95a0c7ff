"""How long nothing new came. Floor 1."""

from __future__ import annotations

import attrs

__all__ = ["Stillness"]


@attrs.define(eq=False)
class Stillness:
    """Follows the frames of one track."""

    is_still: bool = False
    """Whether the newest frame is no news."""
    longest_ms: int = 0
    """The longest time so far from a frame to the last that was no news after it."""
    _run_ms: int = 0
    _previous: bytes = b""

    def add(self, data: bytes, interval_ms: int, *, skipped: bool = False) -> None:
        """Take the next frame, and the interval before it.

        Args:
            skipped: whether all of it is skipped blocks.
        """
        self.is_still = skipped or data == self._previous
        if self.is_still:
            if interval_ms > 0:
                self._run_ms += interval_ms
                self.longest_ms = max(self.longest_ms, self._run_ms)
        else:
            self._run_ms = 0
        self._previous = data
