"""One timeline for all tracks: without wraps, rising, and broken only where it has to be. Floor 1.

Timestamps of RTMP are the times of decoding. They go round at 32 bits, stand still, step back, and
are set anew, not always for all tracks alike.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS
from trio_srs.wire.serial import SerialTime

__all__ = ["DecodeTimes", "TrackTimes"]

_JUMP: Final = 10_000 * TICKS_PER_MS
"""Longer than an encoder's pause: its clock was set."""
_BACK: Final = 1000 * TICKS_PER_MS
"""A longer step back is no jitter: the clock was set."""


@attrs.define(eq=False)
class TrackTimes:
    """Where one track is."""

    leads: bool
    """Its clock is the stream's: if it is set, so is the stream's. Video leads where there is
    any."""
    last: int | None = None
    """The time it had last; None before the first, and behind a break."""
    offset: int = 0
    """What is added to its timestamps: they are apart from the leading track's."""
    is_stale: bool = False
    """The clock was set, and it has not come since: it may still be on the old one."""


@attrs.define(eq=False)
class DecodeTimes:
    """Places the messages of a stream, in the order in which they came."""

    now: int | None = None
    """The latest time of any track since the last break."""
    _tracks: list[TrackTimes] = attrs.field(factory=list)
    _serial: SerialTime = attrs.field(factory=SerialTime)
    _breaks: bool = False

    def new_track(self, *, leads: bool) -> TrackTimes:
        """One more track, whose times are to be compared with those of the others."""
        track = TrackTimes(leads)
        self._tracks.append(track)
        return track

    def break_off(self) -> None:
        """Another publisher comes: what follows is on another clock, wherever it begins."""
        self._breaks = self.now is not None

    def place(self, track: TrackTimes, timestamp_ms: int, nanoseconds: int = 0) -> tuple[int, bool]:
        """Take a message's timestamp.

        Args:
            timestamp_ms: unsigned 32 bits.
            nanoseconds: to be added (Enhanced RTMP).

        Returns:
            Its time in ticks, later than the one before of its track, and whether the clock was
            set: then times are not to be compared with those before.
        """
        sent = self._serial.place(timestamp_ms) * TICKS_PER_MS + nanoseconds * 9 // 100_000
        now, last, ticks = self.now, track.last, sent + track.offset
        if now is None:
            self.now = track.last = ticks
            return ticks, False
        if last is not None and last < ticks and abs(ticks - now) <= _JUMP and not self._breaks:
            track.last = ticks  # nearly always
            if ticks > now:
                self.now = ticks
            return ticks, False
        return self._judge(track, sent, now)

    def _judge(self, track: TrackTimes, sent: int, now: int) -> tuple[int, bool]:
        ticks = sent + track.offset
        away = abs(ticks - now) > (_BACK if track.is_stale else _JUMP)
        away = away or (track.last is not None and ticks < track.last - _BACK)
        breaks = self._breaks or (track.leads and away)
        if breaks:
            is_stale = not self._breaks  # of another publisher nothing comes on the old clock
            self._breaks, self.now, ticks = False, None, sent
            for each in self._tracks:
                each.offset, each.last, each.is_stale = 0, None, is_stale
        elif away:
            # It follows the leading track to its new clock, or else is shown beside it as it is.
            near = abs(sent - now) <= _JUMP and (track.last is None or sent > track.last - _BACK)
            track.offset = 0 if near and track.offset else now - sent
            ticks = sent + track.offset
        if track.last is not None and ticks <= track.last:
            ticks = track.last + 1
        track.last, track.is_stale = ticks, False
        self.now = ticks if self.now is None else max(self.now, ticks)
        return ticks, breaks
