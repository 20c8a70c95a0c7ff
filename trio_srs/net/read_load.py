"""Which part of all time reading takes, as of lately. Floor 2, and pure."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["ReadLoad"]

_WINDOW_S: Final = 0.25
"""How long is counted before it is judged anew."""
_HIGH: Final = 0.2
"""A fifth of a core: a hundred publishers of pictures and sound."""
_LOW: Final = 0.05
"""What rests together costs a third of what comes by itself: that is no reason to rest no more."""


class ReadLoad:
    """Counts the time that passes of reading take.

    Attributes:
        is_high: whether it was much of all time.
    """

    __slots__ = ("_began_at", "_spent_s", "is_high")

    def __init__(self) -> None:
        self.is_high = False
        self._began_at = -math.inf
        self._spent_s = 0.0

    def add(self, began: float, done: float) -> None:
        """A pass took from then to then, on a clock in seconds that never steps back."""
        self._spent_s += done - began
        if began >= self._began_at + _WINDOW_S:
            share = self._spent_s / (done - self._began_at)
            self.is_high = share >= (_LOW if self.is_high else _HIGH)
            self._began_at, self._spent_s = done, 0.0
