"""Who looks at what is published, in turn and off the receive path. Floor 2."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

import trio

from trio_srs.hub.cursor import Cursor

__all__ = ["Inspection", "Looks"]

_BUDGET_S: Final = 0.001
"""All inspecting together may take this long in one scheduler pass."""
_SLICE: Final = 32
"""Records seen between two looks at the clock: at 15 us each, half of the budget."""


class Looks(Protocol):
    """Who looks at a publish: see :class:`~trio_srs.hub.inspect.Inspector`."""

    @property
    def cursor(self) -> Cursor:
        """How far it has come."""
        ...

    def catch_up(self, most: int | None = None) -> None:
        """Look at so many records at most."""
        ...


class Inspection:
    """Lets those who look catch up at intervals, in turn and within a budget."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._looking: dict[Looks, None] = {}
        self._begun = trio.Event()

    def add(self, looks: Looks) -> None:
        """From now on, until its cursor is closed."""
        self._looking[looks] = None
        self._begun.set()

    async def run(self) -> None:
        """Let them catch up until cancelled."""
        while True:
            if not self._looking:
                self._begun = trio.Event()
                await self._begun.wait()
            await trio.sleep(self._every_s)
            await self._round()

    async def _round(self) -> None:
        """Each of them once, as far as there was something when its turn came."""
        self._looking = {each: None for each in self._looking if not each.cursor.closed}
        turns = deque((it, it.cursor.position + it.cursor.behind) for it in self._looking)
        until = trio.current_time() + _BUDGET_S
        while turns:
            looks, end = turns.popleft()
            looks.catch_up(_SLICE)
            if looks.cursor.behind and looks.cursor.position < end:
                turns.append((looks, end))
            if turns and trio.current_time() >= until:
                await trio.lowlevel.checkpoint()
                until = trio.current_time() + _BUDGET_S
