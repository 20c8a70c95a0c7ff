"""Long walks in short steps, so that whoever asks about everything holds nobody up. Floor 2.

What walks all sessions, streams or events would hold up the media while it walks, and ten that do
so at once ten times as long. So all walks of a server share its turns: in each pass of the
scheduler one of them goes one step on.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import trio

__all__ = ["STEP_MOST", "Turns"]

T = TypeVar("T")
U = TypeVar("U")

STEP_MOST: Final = 64
"""Items of a step."""
_RUN: Final = 512
"""Items that are sorted in one go."""
_STEP_S: Final = 0.001
"""How long a step may take; more only if one item does."""


class Turns:
    """Who walks takes turns with all others who do, in the order in which they came."""

    def __init__(self) -> None:
        self._turn = trio.Lock()

    async def step(self, make: Callable[[], T]) -> T:
        """Do something short in the next turn."""
        async with self._turn:
            return make()

    async def walk(self, visit: Callable[[T], bool], items: Iterable[T]) -> None:
        """Visit one item after the other, until one visit says that it was enough (False)."""
        rest = iter(items)

        def go_on() -> bool:
            turn_ends = time.perf_counter() + _STEP_S
            for count, item in enumerate(rest, 1):
                if not visit(item):
                    return False
                if count >= STEP_MOST or time.perf_counter() >= turn_ends:
                    return True
            return False

        while await self.step(go_on):
            pass

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
