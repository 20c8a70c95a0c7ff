"""How long merged reading pauses: so that reads are fewer and larger, and nobody waits. Floor 2.

While a connection pauses its peer can send what the kernel holds, and no more. So the pause that
was asked for is for those whose data of that time fits into one read; who fills a read after one
pause and after the next, pauses half as long from then on, and longer again when that has not
happened for a while. A keyframe that fills a read now and then changes nothing.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ReadPause"]

_LEAST: Final = 1 / 64
"""Of what was asked for."""
_TRY_AFTER: Final = 16
"""Pauses in which no read was filled, until a longer one is tried."""


class ReadPause:
    """The pauses of one connection.

    Attributes:
        asked_s: the longest; 0 for none at all.
        length_s: how long the next one is.
    """

    __slots__ = ("_is_full", "_quiet", "_was_full", "asked_s", "length_s")

    def __init__(self, asked_s: float = 0.0) -> None:
        self.asked_s = self.length_s = asked_s
        self._is_full = self._was_full = False  # after this pause, and after the one before
        self._quiet = 0

    def note_read(self, *, filled: bool) -> bool:
        """Something was read, or there was nothing; whether to pause now, before the next read."""
        if filled:
            self._is_full = True
            return False
        if self._is_full and self._was_full:
            self.length_s = max(self.length_s / 2, self.asked_s * _LEAST)
            self._quiet = 0
        else:
            self._quiet += 1
            if self._quiet == _TRY_AFTER:
                self.length_s = min(self.length_s * 2, self.asked_s)
                self._quiet = 0
        self._was_full, self._is_full = self._is_full, False
        return True
