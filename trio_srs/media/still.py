"""How long nothing new came. Floor 1."""

from __future__ import annotations

from typing import Final
from zlib import crc32

import attrs

from trio_srs.media.clock import Clock

__all__ = ["Stillness"]


_CRC_SIZE: Final = 4


@attrs.define(eq=False)
class Stillness:
    """Follows the frames of one track."""

    is_still: bool = False
    """Whether the newest frame is no news."""
    _longest_ms: int = 0  # but for the newest frame, which may be astray
    _run_ms: int = 0
    _since_ms: int = 0
    _since_before_ms: int = 0
    _now_ms: int = 0
    _newest: bytes = b""
    _before: bytes = b""

    def add(self, data: bytes, clock: Clock, *, skipped: bool = False) -> None:
        """Take the next frame, which the clock of its track has taken.

        Args:
            skipped: whether all of it is skipped blocks.
        """
        if self._run_ms > self._longest_ms and not clock.is_behind_stray:
            self._longest_ms = self._run_ms
        self._before, self._newest, self._now_ms = self._newest, data, clock.pace_ms
        self._since_before_ms = self._since_ms
        self._judge(skipped)

    def extend(self, data: bytes, *, skipped: bool = False) -> None:
        """More of the newest frame came, which is compared as a whole."""
        # A checksum in place of the data: a frame may come in any number of parts.
        self._newest = crc32(data, crc32(self._newest)).to_bytes(_CRC_SIZE, "big")
        self._since_ms = self._since_before_ms
        self._judge(skipped)

    def _judge(self, skipped: bool) -> None:
        self.is_still = skipped or self._newest == self._before
        if not self.is_still:
            self._since_ms = self._now_ms
        self._run_ms = self._now_ms - self._since_ms

    @property
    def longest_ms(self) -> int:
        """The longest time so far from a frame to the last that was no news after it."""
        return max(self._longest_ms, self._run_ms)
