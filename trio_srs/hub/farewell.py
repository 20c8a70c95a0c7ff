"""Waiting for the end of a session that was told to end. Floor 2."""

from __future__ import annotations

from typing import Final

import trio

from trio_srs.hub.bus import Bus, Event, SessionEnded
from trio_srs.hub.registry import SessionEntry

__all__ = ["FAREWELL_S", "until_ended"]

FAREWELL_S: Final = 5.0
"""How long one waits at most: a peer that reads nothing takes its time."""


async def until_ended(bus: Bus, entry: SessionEntry, within_s: float = FAREWELL_S) -> bool:
    """Wait until the connection of a session is closed; whether it is."""
    if entry.ended is None:
        closed = trio.Event()

        def hear(event: Event) -> None:
            if type(event) is SessionEnded and event.session == entry.id:
                closed.set()

        with bus.listening(hear), trio.move_on_after(within_s):
            await closed.wait()
    return entry.ended is not None
