"""Inspection: facts about what is published, off the receive path. Floor 2.

An inspector is a follower with a probe. It catches up whenever somebody asks, so that what it
says is exact at any moment, and a few times a second, so that it never has much to catch up with.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.hub.follower import Follower
from trio_srs.hub.record import Record
from trio_srs.media.facts import StreamFacts
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.media.trace import Trace

if TYPE_CHECKING:
    from trio_srs.hub.live import Live

__all__ = ["Inspection", "Inspector"]

_log = logging.getLogger(__name__)

_BUDGET_S: Final = 0.001
"""All inspecting together may take this long in one scheduler pass."""
_SLICE: Final = 32
"""Records seen between two looks at the clock: at 15 us each, half of the budget."""


class Inspector(Follower):
    """Learns all about one publish."""

    def __init__(self, live: Live, level: Level, *, published_at: float) -> None:
        """
        Args:
            published_at: when the publish was accepted, on Trio's clock.
        """
        super().__init__(live)
        self.level: Final = level
        self._name = live.name
        self._probe: StreamProbe | None = StreamProbe(
            level,
            published_at_s=published_at,
            arrival_resolution_s=live.settings.merge_read,
        )
        self._facts = StreamFacts(level=level)
        self._trace = Trace()

    def see(self, records: list[Record]) -> None:
        """Look at records. A bug in looking ends the inspection, and not the publish."""
        probe = self._probe
        if probe is None:
            return
        take = probe.take
        try:
            for record in records:
                take(record.type_id, record.sent_ms, record.sent_body, record.arrived_at)
        except Exception:  # a probe promises to raise nothing: what it knew until now stays
            _log.exception("a bug ended the inspection of %s", self._name)
            self._close(probe)

    def facts(self) -> StreamFacts:
        """What is known of everything that has come."""
        self.catch_up()
        return self._facts if self._probe is None else self._probe.facts()

    def trace(self) -> Trace:
        """Likewise."""
        self.catch_up()
        return self._trace if self._probe is None else self._probe.trace()

    def let_go(self) -> None:
        """See the rest; only facts and trace are kept."""
        super().let_go()
        if self._probe is not None:
            self._close(self._probe)

    def _close(self, probe: StreamProbe) -> None:
        self._facts, self._trace, self._probe = probe.facts(), probe.trace(), None


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
