"""Where somebody stands in a log, what it is given first, and what it has missed. Floor 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trio_srs.hub.entry_point import NOTHING_FIRST, Prologue

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed

__all__ = ["LogPosition"]


class LogPosition:
    """One who reads a feed, whatever becomes of the records.

    Attributes:
        feed: what it reads.
        prologue: headers to be given before the position.
        owes_headers: whether there were some, and what they were is forgotten.
        is_fresh: whether it was never placed: it knows no headers.
        awaits_keyframe: whether it stands nowhere until there is a place where one may begin.
        skipped: records it missed because it was too slow.
        skips: how often that happened.
    """

    __slots__ = (
        "_missed_from",
        "_position",
        "awaits_keyframe",
        "feed",
        "is_fresh",
        "owes_headers",
        "prologue",
        "skipped",
        "skips",
    )

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.prologue: Prologue = NOTHING_FIRST
        self.owes_headers = False
        self.is_fresh = True
        self.awaits_keyframe = False
        self.skipped = 0
        self.skips = 0
        self._position = 0
        self._missed_from: int | None = None

    @property
    def position(self) -> int:
        """The next record it gets."""
        return self._position

    @property
    def wants_from(self) -> int:
        """From where on it wants records to be kept; the end of the log, if none."""
        return self.position

    @property
    def knows_until(self) -> int:
        """Headers that stand before this position were given to it."""
        return 0 if self.is_fresh or self.prologue or self.owes_headers else self.position

    @property
    def after_s(self) -> float:
        """How far behind it may fall, in seconds between arrivals."""
        raise NotImplementedError

    def wake(self) -> None:
        """It was placed, or has something to do that is not done for it."""
        raise NotImplementedError

    def place(self, position: int, prologue: Prologue = NOTHING_FIRST) -> None:
        """Stand at a position, to be given some headers first."""
        if self._missed_from is not None:
            self.skipped += position - self._missed_from
            self._missed_from = None
        self._position, self.prologue = position, prologue
        self.is_fresh = self.awaits_keyframe = self.owes_headers = False

    def await_keyframe(self) -> None:
        """Stand nowhere until the feed places it at the next keyframe."""
        self.awaits_keyframe = True
        self.forget_prologue()
        self.feed.slow.pop(self, None)  # it keeps nothing alive

    def forget_prologue(self) -> None:
        """Keep no header alive: wherever it is placed next, it is given all of them."""
        if self.prologue:
            self.prologue, self.owes_headers = NOTHING_FIRST, True

    def skip(self) -> None:
        """It is too slow: go on further on, at the newest keyframe or at the next."""
        self.skips += 1
        self._missed_from = self._position
        self.feed.skip(self)
