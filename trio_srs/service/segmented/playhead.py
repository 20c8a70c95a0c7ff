"""Whether a viewer of segments can be showing something, by what it was given and when. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["Playhead"]

_HZ: Final = 90_000
_LATE_S: Final = 0.5
"""A request on its way, and a part that comes a little later than it should."""


@attrs.define(eq=False)
class Playhead:
    """Follows one rendition: that of the pictures, where a viewer asks for those.

    A player cannot show what it has not been given, nor sooner than it was given it. So when it is
    given more only after all that it had would be over, it stood still meanwhile, or somebody
    paused it; that is counted, whatever the reason: its own network, ours, or a publisher that sent
    nothing.
    """

    segments: int = 0
    """That it was given, or given a part of."""
    stalls: int = 0
    """How often it was given more too late."""
    _rendition: str = ""
    _number: int = -1
    _end: int = -1
    _over_at: float = 0.0

    def given(self, rendition: str, number: int, start: int, duration: int, now: float) -> None:
        """It is given a segment, or a part of it.

        Args:
            rendition: that it is of: its name, and behind it what no other presentation has.
            number: of the segment.
            start: when what it is given begins, in ticks of 90 kHz; likewise how long it lasts.
            now: a clock, in seconds.
        """
        is_known = bool(self._rendition)
        if rendition != self._rendition:
            if is_known and rendition.startswith("audio") > self._rendition.startswith("audio"):
                return
            self._rendition, self._number, self._end = rendition, -1, -1
        if number > self._number:
            self.segments, self._number = self.segments + 1, number
        end = start + duration
        if end <= self._end:
            return  # once more
        if is_known and now > self._over_at + _LATE_S:
            self.stalls += 1
        more = end - max(start, self._end)
        self._over_at, self._end = max(self._over_at, now) + more / _HZ, end
