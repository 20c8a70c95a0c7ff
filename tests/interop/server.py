"""A server of this project in the test's own process, on real ports, with everything it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from trio_srs import serve
from trio_srs.config.load import loads
from trio_srs.hub.bus import Event
from trio_srs.server.run import Server

__all__ = ["Watched", "watched"]

E = TypeVar("E", bound=Event)


class Watched:
    """A server, and what has happened in it so far."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.events: list[Event] = []
        self._news = trio.Event()

    def note(self, event: Event) -> None:
        """Something happened."""
        self.events.append(event)
        self._news.set()
        self._news = trio.Event()

    def all(self, kind: type[E]) -> list[E]:
        """Everything of one kind that has happened."""
        return [event for event in self.events if isinstance(event, kind)]

    async def told(self, kind: type[E], count: int = 1) -> E:
        """Wait until something has happened ``count`` times in all; return the last of these."""
        while len(found := self.all(kind)) < count:
            await self._news.wait()
        return found[count - 1]

    def url(self, name: str = "live/a") -> str:
        """The URL of a stream here."""
        return self.server.rtmp_url(name)


@asynccontextmanager
async def watched(
    stream: str = "", *, rtmp: str = "", listen: str = "127.0.0.1:0", more: str = ""
) -> AsyncIterator[Watched]:
    """Run a server.

    Args:
        stream: keys of the section [stream], in TOML.
        rtmp: keys of the section [rtmp].
        more: other sections.
    """
    text = (
        f'[rtmp]\nlisten = ["{listen}"]\nshutdown_grace = "1s"\n{rtmp}\n[stream]\n{stream}\n{more}'
    )
    async with serve(loads(text)) as server:
        seen = Watched(server)
        with server.bus.listening(seen.note):
            yield seen
