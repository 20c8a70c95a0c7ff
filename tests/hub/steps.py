"""How much is done at most between two moments at which others can have their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import trio

__all__ = ["longest_step"]


class _Steps(trio.abc.Instrument):
    def __init__(self, done: Callable[[], int], by: Literal["step", "pass"]) -> None:
        self._done, self._by = done, by
        self._before = done()
        self.most = 0

    def _mark(self) -> None:
        done = self._done()
        self.most = max(self.most, done - self._before)
        self._before = done

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if self._by == "step":
            self._mark()

    def before_io_wait(self, timeout: float) -> None:
        self._mark()


@contextmanager
def longest_step(
    done: Callable[[], int], by: Literal["step", "pass"] = "step"
) -> Iterator[Callable[[], int]]:
    """The most by which a count grows in one step of a task, or in one pass of the scheduler.

    A pass is what is done between two looks at the sockets: the longest is the pause of everybody.

    Args:
        done: the count.
    """
    steps = _Steps(done, by)
    trio.lowlevel.add_instrument(steps)
    try:
        yield lambda: steps.most
    finally:
        trio.lowlevel.remove_instrument(steps)
