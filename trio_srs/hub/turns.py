"""Long walks in short steps, so that whoever asks about everything holds nobody up. Floor 2.

What walks all sessions, streams or events would hold up the media while it walks, and ten that do
so at once ten times as long. So all walks of a server share what there is in each pass of the
scheduler: so many items, and so much time. Who finds some of it left goes on at once. The others
stand in line, and whoever has the first turn of a pass chooses as many for the next one as will
have room.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import attrs
import trio

__all__ = ["STEP_MOST", "Turns", "WouldWaitError"]

T = TypeVar("T")
U = TypeVar("U")

STEP_MOST: Final = 256
"""Items of all steps in a pass."""
_RUN: Final = 512
"""Items that are sorted in one go."""
_STEP_S: Final = 0.001
"""How long all steps in a pass may take; more only if one item does."""
_WEIGHT: Final = 0.25
"""Of the newest step in what is usual."""


class WouldWaitError(Exception):
    """What was to be done at once would have to wait for a turn."""


@attrs.define(eq=False)
class _Turn:
    """Who stands in line."""

    came: trio.Event = attrs.field(factory=trio.Event)
    number: int = 0
    """Of the pass in which its turn is."""


class Turns:
    """Who walks shares each pass with all others who do, in the order in which they came."""

    def __init__(self) -> None:
        self._line: deque[_Turn] = deque()
        self._first: _Turn | None = None
        """Who has the first turn of the next pass."""
        self._number = 0
        self._may_wait = True
        self._left, self._left_s = STEP_MOST, _STEP_S
        self._usual, self._usual_s = float(STEP_MOST), _STEP_S
        """What a step takes, of late: items, and seconds."""

    async def step(self, make: Callable[[], T], *, items: int = 1, more_s: float = 0.0) -> T:
        """Do something short in the next turn.

        Args:
            items: how many that looks at, at most.
            more_s: how long what the caller does behind it takes as a rule.
        """
        await self._enter()
        began = time.perf_counter()
        try:
            return make()
        finally:
            self._spend(items, time.perf_counter() - began + more_s)

    def at_once(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something that waits for turns, if for anything, with what is left of this pass.

        Raises:
            WouldWaitError: that was not enough, or it waits for something else. What it did is
                lost: it may be done again from the beginning.
        """
        doing = make()
        self._may_wait = False
        try:
            doing.send(None)
        except StopIteration as done:
            made: T = done.value
            return made
        finally:
            self._may_wait = True
            doing.close()
        raise WouldWaitError

    async def walk(self, visit: Callable[[T], bool], items: Iterable[T]) -> None:
        """Visit one item after the other, until one visit says that it was enough (False)."""
        rest = iter(items)
        while True:
            await self._enter()
            if not self._go_on(visit, rest):
                return

    def _go_on(self, visit: Callable[[T], bool], rest: Iterator[T]) -> bool:
        """One step of a walk; whether there is another."""
        began, count, most = time.perf_counter(), 0, max(1, self._left)
        ends = began + self._left_s
        try:
            for item in rest:
                count += 1
                if not visit(item):
                    return False
                if count >= most or time.perf_counter() >= ends:
                    return True
            return False
        finally:
            self._spend(count, time.perf_counter() - began)

    # ------------------------------------------------------------------ turns

    async def _enter(self) -> None:
        """Wait for a turn."""
        if self._first is None and self._left > 0 and self._left_s > 0:
            return
        if not self._may_wait:
            raise WouldWaitError
        turn = _Turn()
        try:
            if self._first is None:
                self._first, turn.number = turn, self._number + 1
                await trio.lowlevel.checkpoint()  # the next pass
            else:
                self._line.append(turn)
                await turn.came.wait()
        except trio.Cancelled:
            with suppress(ValueError):  # it has been chosen
                self._line.remove(turn)
            raise
        finally:
            if turn.number > self._number:
                self._number = turn.number
                self._left, self._left_s = STEP_MOST, _STEP_S
            if turn is self._first:
                self._choose()

    def _choose(self) -> None:
        """Say who has a turn in the next pass."""
        room = min(STEP_MOST / max(1.0, self._usual), _STEP_S / max(1e-6, self._usual_s))
        count = min(max(1, int(room)), len(self._line))
        chosen = [self._line.popleft() for _ in range(count)]
        for turn in chosen:
            turn.number = self._number + 1
            turn.came.set()
        self._first = chosen[0] if chosen else None

    def _spend(self, items: int, seconds: float) -> None:
        self._left -= items
        self._left_s -= seconds
        self._usual += _WEIGHT * (items - self._usual)
        self._usual_s += _WEIGHT * (seconds - self._usual_s)

    # ------------------------------------------------------------------ lists

    async def sort(
        self, items: Sequence[T], key: Callable[[T], Any], *, reverse: bool = False
    ) -> Iterator[T]:
        """All items in order. What is returned goes on sorting while one iterates over it."""
        runs = await self.make(
            lambda start: sorted(items[start : start + _RUN], key=key, reverse=reverse),
            range(0, len(items), _RUN),
        )
        return heapq.merge(*runs, key=key, reverse=reverse)

    async def make(self, make: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Make something of each item."""
        made: list[U] = []

        def visit(item: T) -> bool:
            made.append(make(item))
            return True

        await self.walk(visit, items)
        return made
