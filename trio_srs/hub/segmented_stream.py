"""One stream as it is cut now: its presentation, and who waits for something of it. Floor 2."""

from __future__ import annotations

import attrs
import trio

from trio_srs.media.segments.presentation import Presentation

__all__ = ["SegmentedStream"]


@attrs.define(eq=False)
class SegmentedStream:
    """A presentation, for all who ask, and waited for by one event."""

    presentation: Presentation
    epoch: str
    """What no other of the stream has had, in any process."""
    changed: trio.Event = attrs.field(factory=trio.Event)
    """Set at the next change of any playlist; another one stands here then."""
    is_gone: bool = False
    """Nobody cuts it any more."""
    has_ended: bool = False
    """Its playlists have said their end."""
    _revision: int = 0

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
