"""How far a publish has come: to stop when there is enough of it. Floor 6."""

from __future__ import annotations

from typing import Final

from trio_srs.hub.cursor import Begin
from trio_srs.hub.feed import Feed
from trio_srs.hub.policy import Block
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.message import Message

__all__ = ["LOOK_S", "PublishProgress"]

LOOK_S: Final = 0.05
"""How often it is looked at."""


class PublishProgress:
    """Counts what a publisher sends: the one that a feed has now, from its next record on."""

    def __init__(self, feed: Feed) -> None:
        self.tally = Tally()
        self._cursor = feed.cursor(Block(self._catch_up), Begin.NOW, follow=False)

    def _catch_up(self, most: int | None = None) -> None:
        for record in self._cursor.take(most):
            self.tally.add(Message(record.type_id, 0, record.sent_ms, record.sent_body))

    def close(self) -> None:
        """Count no further, and keep nothing of the stream alive."""
        self._cursor.close()

    @property
    def has_frames(self) -> bool:
        """Whether there is any frame by now: headers are none."""
        self._catch_up()
        return self.tally.has_media

    def reached(self, enough: Enough) -> str:
        """What there is enough of by now; empty while there is not."""
        self._catch_up()
        return enough.is_reached_by(self.tally)
