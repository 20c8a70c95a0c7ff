"""How long nothing new came. Floor 1."""

from __future__ import annotations

from typing import Final
from zlib import crc32

import attrs

__all__ = ["Stillness"]


_CRC_SIZE: Final = 4


@attrs.define(eq=False)
class Stillness:
    """Follows the frames of one track."""

    is_still: bool = False
    """Whether the newest frame is no news."""
    longest_ms: int = 0
    """The longest time so far from a frame to the last that was no news after it."""
    _run_ms: int = 0
    _newest: bytes = b""
    _before: bytes = b""
    _interval_ms: int = 0
    _run_before_ms: int = 0
    _longest_before_ms: int = 0

    def add(self, data: bytes, interval_ms: int, *, skipped: bool = False) -> None:
        """Take the next frame, and the interval before it.

        Args:
            skipped: whether all of it is skipped blocks.
        """
        self._before, self._newest, self._interval_ms = self._newest, data, interval_ms
        self._run_before_ms, self._longest_before_ms = self._run_ms, self.longest_ms
        self._judge(skipped)

    def extend(self, data: bytes, *, skipped: bool = False) -> None:
        """More of the newest frame came, which is compared as a whole."""
        # A checksum in place of the data: a frame may come in any number of parts.
        self._newest = crc32(data, crc32(self._newest)).to_bytes(_CRC_SIZE, "big")
        self._run_ms, self.longest_ms = self._run_before_ms, self._longest_before_ms
        self._judge(skipped)

    def _judge(self, skipped: bool) -> None:
        self.is_still = skipped or self._newest == self._before
        if not self.is_still:
            self._run_ms = 0
        elif self._interval_ms > 0:
            self._run_ms += self._interval_ms
            self.longest_ms = max(self.longest_ms, self._run_ms)
