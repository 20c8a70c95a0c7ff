"""Who looks at what is published, in turn and off the receive path. Floor 2."""

from __future__ import annotations

from collections import deque
from typing import Final

import trio

from trio_srs.hub.follower import Follower

__all__ = ["Inspection"]

_BUDGET_S: Final = 0.001
"""All inspecting together may take this long in one scheduler pass."""
_SLICE: Final = 32
"""Records seen between two looks at the clock: at 15 us each, half of the budget."""


class Inspection:
    """Lets followers catch up at intervals, in turn and within a budget."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._followers: dict[Follower, None] = {}
        self._begun = trio.Event()

    def add(self, follower: Follower) -> None:
        """From now on, for as long as it follows."""
        self._followers[follower] = None
        self._begun.set()

    async def run(self) -> None:
        """Let them catch up until cancelled."""
        while True:
            if not self._followers:
                self._begun = trio.Event()
                await self._begun.wait()
            await trio.sleep(self._every_s)
            await self._round()

    async def _round(self) -> None:
        """Each of them once, as far as there was something when its turn came."""
        self._followers = {each: None for each in self._followers if each.following}
        turns = deque((each, each.position + each.behind) for each in self._followers)
        until = trio.current_time() + _BUDGET_S
        while turns:
            follower, end = turns.popleft()
            follower.catch_up(_SLICE)
            if follower.behind and follower.position < end:
                turns.append((follower, end))
            if turns and trio.current_time() >= until:
                await trio.lowlevel.checkpoint()
                until = trio.current_time() + _BUDGET_S
