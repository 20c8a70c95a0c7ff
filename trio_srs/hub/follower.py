"""Followers: whoever sees every message of one publish, in order, as it came. Floor 2.

A reader may be too slow, and then it skips; a follower never does. It stands at a position of
the log like a reader, off the receive path, and catches up whenever it likes; but before the log
lets go of something that it has not seen, it is made to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from trio_srs.hub.record import Record

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed

__all__ = ["Follower"]


class Follower(ABC):
    """Follows the publish that a stream has now, from its next record on.

    When the publish ends it is caught up with for the last time, and let go. One that raises is
    reported and let go alone: neither the publish nor another follower has anything to do with it.

    Attributes:
        position: of the first record that it has not seen.
    """

    def __init__(self, feed: Feed) -> None:
        self.position = feed.log.end
        self._feed: Feed | None = feed
        feed.followers += (self,)

    @property
    def following(self) -> bool:
        """Whether there may be more to see."""
        return self._feed is not None

    @property
    def behind(self) -> int:
        """Records that it has not seen yet."""
        return 0 if self._feed is None else self._feed.log.end - self.position

    def catch_up(self, most: int | None = None) -> None:
        """See what has come since the last time.

        Args:
            most: so many records at most.
        """
        feed = self._feed
        if feed is None:
            return
        begin, end = self.position, feed.log.end
        if most is not None and end - begin > most:
            end = begin + most
        if begin < end:
            self.position = end
            try:
                self.see(feed.log.between(begin, end))
            except Exception as bug:
                self._report(feed, bug)
                self._leave(feed)
                self.end()

    @abstractmethod
    def see(self, records: list[Record]) -> None:
        """Look at the next records. What was sent is in their ``sent_ms`` and ``sent_body``."""

    def let_go(self) -> None:
        """The publish is over, or nobody is interested any more: see what there is, and no more."""
        feed = self._feed
        if feed is not None:
            self.catch_up()
            self._leave(feed)

    def end(self) -> None:
        """Let it go, and let nobody else suffer if that fails."""
        feed = self._feed
        try:
            self.let_go()
        except Exception as bug:
            if feed is not None:
                self._report(feed, bug)
        if feed is not None:
            self._leave(feed)

    def _report(self, feed: Feed, bug: Exception) -> None:
        feed.supervisor.report(f"a follower of {feed.name}, {type(self).__name__}", bug)

    def _leave(self, feed: Feed) -> None:
        self._feed = None
        feed.followers = tuple(each for each in feed.followers if each is not self)
