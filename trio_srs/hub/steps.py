"""The time line of one publish while it grows, within a bound. Floor 2, and pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from trio_srs.media.conduct import Step, StepKind

__all__ = ["MOST_STEPS", "Steps"]

MOST_STEPS: Final = 256
"""Of one report: half of them the first ones, and half of them the newest."""


class Steps:
    """What happened when; what happened in the middle of very much is left out."""

    def __init__(self, began: Iterable[Step] = ()) -> None:
        self._first: list[Step] = list(began)
        self._newest: deque[Step] = deque(maxlen=MOST_STEPS // 2)

    def add(self, what: StepKind, at_s: float, detail: str = "") -> None:
        """Something happened, so many seconds after the session was accepted."""
        kept = self._first if len(self._first) < MOST_STEPS // 2 else self._newest
        kept.append(Step(at_s=at_s, what=what, detail=detail))

    def all(self) -> tuple[Step, ...]:
        """All that is kept, in order."""
        return (*self._first, *self._newest)
