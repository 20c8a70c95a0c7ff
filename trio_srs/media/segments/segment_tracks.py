"""What of a stream goes into segments, and when something changes between them. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.mp4_format import with_own_sets
from trio_srs.media.remux.track_format import TrackFormat

__all__ = ["SegmentTracks"]

_PAUSE: Final = 1500 * TICKS_PER_MS
"""If nothing comes for longer, that is left out: no segment could hold it."""
_INTERVALS: Final = 3
"""Unless pictures are further apart than a pause, all the time: so many of them are one then."""
_AGAIN: Final = 2
"""What is at most so much longer than the pause right before it is none: so far apart are they."""
_GONE: Final = 5000 * TICKS_PER_MS
"""A track of which nothing has come for so long is no longer there."""
_ORIGIN: Final = 750 * TICKS_PER_MS
"""When the first unit of all is decoded: there is room for what is decoded before it is sent. It is
well before a whole second, as ffmpeg finds its way in DASH by those (libavformat/dashdec.c): of
segments of nearly a second that begin right behind one, it repeats the first."""
_NEAR: Final = 500 * TICKS_PER_MS
"""Tracks that go on with each other are no further apart."""
_KINDS: Final = ("video", "audio")
_GUESS: Final = 40 * TICKS_PER_MS


@attrs.define(eq=False)
class SegmentTracks:
    """Puts the units of a stream on one timeline without breaks, and says where others begin.

    Times rise, whatever the clocks of publishers do: where one is set, where nothing came for a
    while, and where another publisher comes, they go on from where they were. What can be decoded
    changes with keyframes only: sound that comes late, or is configured anew, is left out until
    the next.
    """

    formats: dict[str, TrackFormat] = attrs.field(factory=dict)
    """Of each track that there is, by :attr:`.AccessUnit.lane`, with the newest parameter sets."""
    interval: int = _GUESS
    """From one picture to the next, in ticks: of the newest two."""
    breaks: bool = False
    """The newest unit does not go on with those before it: another publisher, another format,
    another track, or time that is left out."""
    is_late: bool = False
    """That is all that breaks: time is left out, or a clock was set. If it came when it would have
    come without, nobody need know."""
    end: int | None = None
    """Of all that was taken, on the line; None before the first unit."""
    end_before: int = 0
    """Where the newest unit would go on with those before it."""
    seen: int = 0
    """When the newest picture is decoded."""
    _origin: int = attrs.field(default=_ORIGIN, alias="origin")
    """When the first unit of all is decoded, in ticks."""
    shift: int = 0
    """What was added to the times of the newest unit."""
    _is_new: bool = True  # publisher
    _break_due: bool = False
    _sent: TrackFormat | None = None  # of pictures, as the reader has it
    _sound: TrackFormat | None = None
    _others: dict[str, TrackFormat] = attrs.field(factory=dict)  # of sound
    _heard: int = 0
    _newest: int | None = None  # picture of this publisher
    _interval_before: int = _GUESS
    _is_paced: bool = False
    """It is known how far apart the pictures of this publisher are."""
    _pause: int = 0
    """For how long nothing came right before the newest unit, if that was one."""

    def restart(self) -> None:
        """Another publisher comes: its tracks, its clock."""
        self._is_new = True

    def take(
        self, unit: AccessUnit, units: list[AccessUnit], known: Mapping[str, TrackFormat]
    ) -> AccessUnit | None:
        """Take the next unit; return it, with its times on the line, or None if it is left out.

        Args:
            units: that came together, this one among them.
            known: what has come of the publisher so far, by :attr:`.AccessUnit.lane`.
        """
        is_first, self.breaks, self.is_late = self._is_new, False, False
        if unit.track:
            return None if is_first else self._take_other(unit)
        if is_first:
            self._is_new = False
            self._begin(units, known)
        is_picture = unit.format.kind == "video"
        unit = self._placed(unit, is_first=is_first)
        changes = self._changes(unit) if is_picture else self._changes_sound(unit)
        if changes is None:
            return None
        self._note(unit, is_picture=is_picture)
        may_break = unit.is_key and (is_picture or "video" not in self.formats)
        if changes or is_first or (self._break_due and may_break):
            self.breaks, self.is_late = True, not (changes or is_first)
            self._break_due = False
        return unit

    def _take_other(self, unit: AccessUnit) -> AccessUnit | None:
        """Sound beside the first: it is where that is on the line, from the next keyframe on."""
        self._others[unit.lane] = unit.format
        is_known = unit.format is self.formats.get(unit.lane)
        return unit.later(self.shift) if is_known else None

    def _begin(self, units: list[AccessUnit], known: Mapping[str, TrackFormat]) -> None:
        """All tracks of a new publisher."""
        self.formats = formats = dict(known)
        self._others = {name: formats.pop(name) for name in [*formats] if name not in _KINDS}
        if "video" in formats:
            formats.update(self._others)
        self._sent, self._sound = formats.get("video"), formats.get("audio")
        self.seen = self._heard = self.end or _ORIGIN
        self._newest, self._is_paced = None, False
        first = next((unit for unit in units if unit.format.kind == "video"), None)
        if first is not None:
            formats["video"] = with_own_sets(first.format, first.data)
        self._break_due = True

    def _placed(self, unit: AccessUnit, *, is_first: bool) -> AccessUnit:
        """It, on the line."""
        end = self.end
        if end is None:
            self.shift = self._origin - unit.dts
        elif is_first:
            self.shift = end - unit.dts
        elif unit.discontinuity:
            self.shift = self._next_of(unit, end) - unit.dts
            self._break_due = True
        else:
            pause = unit.dts + self.shift - end
            is_left_out = self._is_left_out(unit, pause)
            if is_left_out:
                self.shift = self._next_of(unit, end) - unit.dts
                self._break_due = True
            elif unit.dts + self.shift < 0:
                self.shift = -unit.dts
            if not unit.continues:
                self._pause = pause if pause > _PAUSE else 0
        return unit.later(self.shift)

    def _is_left_out(self, unit: AccessUnit, pause: int) -> bool:
        """Whether nothing came for longer than usual."""
        is_first_step = unit.format.kind == "video" and not self._is_paced
        if is_first_step and pause < _GONE and "audio" not in self.formats:
            return False
        return pause > max(_PAUSE, _INTERVALS * self.interval, _AGAIN * self._pause)

    def _next_of(self, unit: AccessUnit, end: int) -> int:
        """Where a unit goes on with its own track, if that is about where all have come to."""
        is_picture = unit.format.kind == "video"
        own = self.seen + self.interval if is_picture else self._heard + unit.duration
        return own if abs(end - own) < _NEAR else end

    def without_pause(self, unit: AccessUnit) -> AccessUnit:
        """The newest unit, without the time before it in which nothing came: what comes with the
        next keyframe breaks."""
        pause = max(unit.dts - self.end_before, 0)
        assert self.end is not None  # of that unit
        self.shift -= pause
        self._break_due = True
        self.end -= pause
        if unit.format.kind == "video":
            self.seen = self._newest = unit.dts - pause
            self.interval = self._interval_before
        else:
            self._heard = unit.dts - pause
        return unit.later(-pause)

    def _note(self, unit: AccessUnit, *, is_picture: bool) -> None:
        ended = self.end
        self.end_before = unit.dts if ended is None else self._next_of(unit, ended)
        if is_picture:
            self._interval_before = self.interval
            before, self._newest, self.seen = self._newest, unit.dts, unit.dts
            if before is not None and 0 < unit.dts - before < _GONE:
                self.interval, self._is_paced = unit.dts - before, True
        else:
            self._heard = unit.dts
        end = unit.dts + (self.interval if is_picture else unit.duration)
        if ended is None or end > ended:
            self.end = end

    def _changes(self, unit: AccessUnit) -> bool | None:
        """Whether a picture is the first of something else; None if it is left out."""
        formats = self.formats
        if not unit.is_key:
            return False if "video" in formats else None
        known = formats.get("video")
        is_same = unit.format is self._sent and known is not None
        own = with_own_sets(known if known and is_same else unit.format, unit.data)
        self._sent = unit.format
        sound = self._sound
        if sound is not None and "audio" in formats and unit.dts - self._heard > _GONE:
            sound = self._sound = None
        made = {"video": own, **({} if sound is None else {"audio": sound}), **self._others}
        if len(made) == len(formats) and all(made[name] is formats.get(name) for name in made):
            return False
        self.formats = made
        self._heard = max(self._heard, unit.dts - _GONE)
        return True

    def _changes_sound(self, unit: AccessUnit) -> bool | None:
        """Whether a frame of sound is; None likewise."""
        self._sound = unit.format
        formats = self.formats
        if "video" in formats and unit.dts - self.seen <= _GONE:
            if unit.format is formats.get("audio"):
                return False
            self._heard = unit.dts
            return None
        if unit.format is formats.get("audio") and "video" not in formats:
            return False
        self.formats = {"audio": unit.format}
        return True
