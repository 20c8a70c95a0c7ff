"""How much of a publish has come: to stop when there is enough. Floor 6."""

from __future__ import annotations

from typing import Final

from trio_srs.hub.feed import Feed
from trio_srs.hub.follower import Follower
from trio_srs.hub.record import Record
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.message import Message

__all__ = ["LOOK_S", "Gauge"]

LOOK_S: Final = 0.05
"""How often it is looked at."""


class Gauge(Follower):
    """Counts what a publisher sends."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        self.tally = Tally()

    def see(self, records: list[Record]) -> None:
        """Count the next records."""
        for record in records:
            self.tally.add(Message(record.type_id, 0, record.sent_ms, record.sent_body))

    @property
    def has_frames(self) -> bool:
        """Whether there is any frame by now: headers are none."""
        self.catch_up()
        return self.tally.has_media

    def reached(self, enough: Enough) -> str:
        """What there is enough of by now; empty while there is not."""
        self.catch_up()
        return enough.is_reached_by(self.tally)
