"""Bit rates of sessions over the last 30 seconds, for as long as anybody asks. Floor 3."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

import attrs
import trio

from trio_srs.hub.directory import SessionView
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.sessions import bytes_of
from trio_srs.hub.turns import Turns
from trio_srs.service.api.srs.stream_answers import SrsKbps

__all__ = ["Rates", "total"]

_EVERY_S: Final = 5.0
_WINDOW_S: Final = 30.0
_SHORTEST_S: Final = 1.0
"""Over less a rate says nothing: a player is sent a whole group of pictures at once."""
_GO_ON_S: Final = 60.0
"""How long sessions are looked at when nobody asks any more."""


@attrs.frozen
class _Sample:
    at: float
    received: int
    sent: int


class Rates:
    """Looks at all sessions every few seconds, from the first who asks until nobody does.

    Who asks before there is anything to compare with is told the rate since a session began.
    """

    def __init__(self, registry: SessionView, turns: Turns) -> None:
        self._registry, self._turns = registry, turns
        self.samples: dict[str, deque[_Sample]] = {}
        self._asked_at = -_GO_ON_S
        self._asked = trio.Event()

    def kbps(self, entry: SessionEntry) -> SrsKbps:
        """Of a session that is open."""
        now = self._asked_at = trio.current_time()
        self._asked.set()
        before = self._before(entry, now)
        received, sent = bytes_of(entry)
        seconds = max(now - before.at, _SHORTEST_S)
        return SrsKbps(
            recv_30s=_kilobits(received - before.received, seconds),
            send_30s=_kilobits(sent - before.sent, seconds),
        )

    def _before(self, entry: SessionEntry, now: float) -> _Sample:
        """The oldest that is within the window; its beginning, if that is, or if there is none yet
        that is old enough to say anything."""
        if now - entry.began_at > _WINDOW_S:
            for sample in self.samples.get(entry.id, ()):
                if _EVERY_S <= now - sample.at <= _WINDOW_S:
                    return sample
        return _Sample(entry.began_at, 0, 0)

    async def run(self) -> None:
        """Look at them until cancelled."""
        while True:
            await self._asked.wait()
            await self._look()
            await trio.sleep(_EVERY_S)
            if trio.current_time() - self._asked_at > _GO_ON_S:
                self._asked = trio.Event()
                self.samples.clear()

    async def _look(self) -> None:
        now, samples = trio.current_time(), self.samples
        there: dict[str, deque[_Sample]] = {}

        def visit(entry: SessionEntry) -> bool:
            of_it = there[entry.id] = samples.get(entry.id) or deque()
            while of_it and now - of_it[0].at > _WINDOW_S:
                of_it.popleft()
            of_it.append(_Sample(trio.current_time(), *bytes_of(entry)))
            return True

        await self._turns.walk(visit, self._registry)
        self.samples = there


def total(rates: Iterable[SrsKbps]) -> SrsKbps:
    """All of them together."""
    received = sent = 0
    for each in rates:
        received += each.recv_30s
        sent += each.send_30s
    return SrsKbps(recv_30s=received, send_30s=sent)


def _kilobits(count: int, seconds: float) -> int:
    return round(count * 8 / 1000 / seconds)
