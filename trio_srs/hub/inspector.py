"""Inspection: facts about what is published, off the receive path. Floor 2.

An inspector is a cursor with a probe. It catches up whenever somebody asks, so that what it says is
exact at any moment, and a few times a second, so that it never has much to catch up with. For who
floods it has no time then, and it blocks: that publisher waits for it in its own turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trio_srs.hub.cursor import Begin
from trio_srs.hub.policy import Block
from trio_srs.media.facts import StreamFacts
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.media.trace import Trace

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed

__all__ = ["Inspector"]


class Inspector:
    """Learns all about one publish: the one that a feed has now, from its next record on.

    Attributes:
        cursor: how far it has come.
    """

    def __init__(self, feed: Feed, level: Level, *, published_at: float) -> None:
        """
        Args:
            published_at: when the publish was accepted, on Trio's clock.
        """
        self.cursor: Final = feed.cursor(Block(self.catch_up), Begin.NOW, follow=False)
        self.level: Final = level
        self._name, self._supervisor = feed.name, feed.supervisor
        self._probe: StreamProbe | None = StreamProbe(
            level,
            published_at_s=published_at,
            arrival_resolution_s=feed.settings.merge_read,
        )
        self._facts = StreamFacts(level=level)
        self._trace = Trace()

    def catch_up(self, most: int | None = None) -> None:
        """Look at what has come since the last time, or so many records of it at most. A bug in
        looking ends the inspection, and not the publish."""
        probe, cursor = self._probe, self.cursor
        if probe is None:
            return
        take = probe.take
        try:
            for record in cursor.take(most):
                take(record.type_id, record.sent_ms, record.sent_body, record.arrived_at)
        except Exception as bug:  # a probe promises to raise nothing: what it knew stays
            self._supervisor.report(f"the inspection of {self._name}", bug)
            cursor.close()
        if cursor.closed:
            self._close(probe)

    def facts(self) -> StreamFacts:
        """What is known of everything that has come."""
        self.catch_up()
        return self._facts if self._probe is None else self._probe.facts()

    def trace(self) -> Trace:
        """The frames of everything that has come, as far as they are kept."""
        self.catch_up()
        return self._trace if self._probe is None else self._probe.trace()

    def _close(self, probe: StreamProbe) -> None:
        """Only facts and trace are kept."""
        self._facts, self._trace, self._probe = probe.facts(), probe.trace(), None
