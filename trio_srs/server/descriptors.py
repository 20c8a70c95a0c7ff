"""The three descriptors that every program has: none of them may be missing. Floor 5."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["fill_closed_descriptors"]

_FIRST_FREE: Final = 3


def fill_closed_descriptors() -> None:
    """Make ``/dev/null`` of those that are closed. Idempotent.

    The next file or socket would get such a number, and what is written to standard error would go
    there: to a player, as it may be.
    """
    for number in range(_FIRST_FREE):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the smallest number, which is this one
