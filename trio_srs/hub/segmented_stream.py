"""One stream as it is cut now: its presentation, and who waits for something of it. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

import attrs
import trio

from trio_srs.media.segments.presentation import Presentation

__all__ = ["SegmentedStream"]

_MS: Final = 1000


@attrs.define(eq=False)
class SegmentedStream:
    """A presentation, for all who ask and who wait for something of it."""

    presentation: Presentation
    epoch: str
    """What no other of the stream has had, in any process."""
    zero_s: float
    """When Trio's clock was 0: seconds since 1970. A clock of the machine that is set anew later
    moves nothing: all that is said of times here goes by this."""
    changed: trio.Event = attrs.field(factory=trio.Event)
    """Set at the next change of any playlist; another one stands here then."""
    is_gone: bool = False
    """Nobody cuts it any more."""
    has_ended: bool = False
    """Its playlists have said their end."""
    publish: int = 0
    """Of the stream, which publish in number is cut now, or was last; 0 before the first."""
    before: int = 0
    """The number of the last segment of the publishes before that."""
    _revision: int = 0
    _wanted: dict[Hashable, tuple[Callable[[], bool], trio.Event]] = attrs.field(factory=dict)
    """What is waited for, by what it is called."""

    def unix_ms(self, at_s: float | None = None) -> int:
        """A time of Trio's clock, or now, in milliseconds since 1970."""
        return round((self.zero_s + (trio.current_time() if at_s is None else at_s)) * _MS)

    def has_publish(self, publish: int) -> bool:
        """Whether there is a playlist that every player takes, and has something of a publish."""
        presentation = self.presentation
        if publish != self.publish or not presentation.is_ready:
            return False
        return presentation.renditions[0].last_number > self.before

    async def until(self, what: Hashable, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, or the stream is gone. Who waits for the same is woken once,
        by one look for all of them, however often the stream changes meanwhile.

        Args:
            what: the same for all who wait for the same.
            is_so: whether it is; from then on it stays so.
        """
        if self.is_gone or is_so():
            return
        _, came = self._wanted.setdefault(what, (is_so, trio.Event()))
        await came.wait()

    def tell(self) -> None:
        """Wake who waits, if anything has changed."""
        revision = self.presentation.revision
        if revision != self._revision:
            self._revision = revision
            self._wake()

    def give_up(self) -> None:
        """Nothing will change any more."""
        self.is_gone = True
        self._wake()

    def _wake(self) -> None:
        changed, self.changed = self.changed, trio.Event()
        changed.set()
        for what, (is_so, came) in tuple(self._wanted.items()):
            if self.is_gone or is_so():
                del self._wanted[what]
                came.set()
