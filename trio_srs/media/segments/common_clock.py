"""The time of day for several streams of one encoder, so that what belongs together has the same.
Floor 1.

Source:
    draft-pantos-hls-rfc8216bis, 6.2.4: variants are to be aligned, by their dates where they have
    some.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS

__all__ = ["CommonClock"]

_NEAR_MS: Final = 2000
"""So much later or earlier what was sent for the same time may come."""


@attrs.define(eq=False)
class CommonClock:
    """Says when something was, by the timestamp that it was sent with.

    An encoder gives the same picture the same timestamp in all of its streams, but they do not come
    in the same moment. Who has a clock of its own is told by when it comes.
    """

    _offset_ms: int | None = None

    def date_ms(self, sent: int, came_ms: int) -> int:
        """The time of day, in milliseconds since 1970.

        Args:
            sent: the timestamp, in ticks.
            came_ms: when it came.
        """
        sent_ms = sent // TICKS_PER_MS
        if self._offset_ms is None:
            self._offset_ms = came_ms - sent_ms
        date_ms = sent_ms + self._offset_ms
        return date_ms if abs(came_ms - date_ms) <= _NEAR_MS else came_ms
