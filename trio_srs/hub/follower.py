"""Followers: whoever sees every message of one publish, in order, as it came. Floor 2.

A reader may be too slow, and then it skips; a follower never does. It stands at a position of
the log like a reader, off the receive path, and catches up whenever it likes; but before the log
lets go of something that it has not seen, it is made to.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from trio_srs.hub.record import Record

if TYPE_CHECKING:
    from trio_srs.hub.live import Live

__all__ = ["Follower"]

_log = logging.getLogger(__name__)


class Follower(ABC):
    """Follows the publish that a stream has now, from its next record on.

    When the publish ends it is caught up with for the last time, and let go. One that raises is
    logged and let go alone: neither the publish nor another follower has anything to do with it.

    Attributes:
        position: of the first record that it has not seen.
    """

    def __init__(self, live: Live) -> None:
        self.position = live.log.end
        self._live: Live | None = live
        live.followers += (self,)

    @property
    def following(self) -> bool:
        """Whether there may be more to see."""
        return self._live is not None

    @property
    def behind(self) -> int:
        """Records that it has not seen yet."""
        return 0 if self._live is None else self._live.log.end - self.position

    def catch_up(self, most: int | None = None) -> None:
        """See what has come since the last time.

        Args:
            most: so many records at most.
        """
        live = self._live
        if live is None:
            return
        begin, end = self.position, live.log.end
        if most is not None and end - begin > most:
            end = begin + most
        if begin < end:
            self.position = end
            try:
                self.see(live.log.between(begin, end))
            except Exception:
                _log.exception("a bug ended a follower of %s, %s", live.name, type(self).__name__)
                self._leave(live)
                self.end()

    @abstractmethod
    def see(self, records: list[Record]) -> None:
        """Look at the next records. What was sent is in their ``sent_ms`` and ``sent_body``."""

    def let_go(self) -> None:
        """The publish is over, or nobody is interested any more: see what there is, and no more."""
        live = self._live
        if live is not None:
            self.catch_up()
            self._leave(live)

    def end(self) -> None:
        """Let it go, and let nobody else suffer if that fails."""
        live = self._live
        try:
            self.let_go()
        except Exception:
            _log.exception("a bug in letting go of a follower, %s", type(self).__name__)
        if live is not None:
            self._leave(live)

    def _leave(self, live: Live) -> None:
        self._live = None
        live.followers = tuple(each for each in live.followers if each is not self)
