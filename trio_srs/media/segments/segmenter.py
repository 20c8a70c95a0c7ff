"""From RTMP's messages to segments. Floor 1."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.byte_stream import begins_closed
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.unit_source import UnitSource
from trio_srs.media.segments.common_clock import CommonClock
from trio_srs.media.segments.cut_rule import HZ, CutRule
from trio_srs.media.segments.packager import Packager, SegmentStart
from trio_srs.media.segments.segment_tracks import SegmentTracks

__all__ = ["Segmenter"]

_AHEAD: Final = 1000 * TICKS_PER_MS
"""If sound is so far ahead of pictures, those have stopped."""
_IN_TIME_MS: Final = 500
"""What comes so near to its time of day needs no other: networks are no better."""
_LEAST_PICTURES: Final = 3
_RATES: Final = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
_NEAR: Final = 0.0005
"""Of a rate: what is so near to one that all the world has is that one."""


class Segmenter:
    """Cuts one stream into segments, whoever publishes it.

    Segments begin with keyframes, wherever there are any in time; of a stream without pictures
    they begin anywhere. Where another publisher comes, and where anything changes that a decoder
    has to know, another segment begins, and is marked.

    Attributes:
        open_gops: segments that begin with a keyframe behind which pictures may need what is before
            it.

    Args:
        packager: what they are packed by.
        rule: where they end.
        clock: says the time of day for several streams, which are cut at the same times then.
    """

    def __init__(
        self,
        packager: Packager,
        rule: CutRule,
        tracks: SegmentTracks | None = None,
        clock: CommonClock | None = None,
    ) -> None:
        self._packager, self._rule = packager, rule
        self._source = UnitSource(
            packager.codecs, type(packager).refusal, has_many_sounds=packager.has_many_sounds
        )
        self._tracks, self._clock = tracks or SegmentTracks(), clock
        self._is_open = False
        self._anchor = 0  # a decode time,
        self._anchor_ms = 0  # and its time of day
        self._pictures = 0  # since then
        self.open_gops = 0
        self._rate: float | None = None  # of them
        self._changes: deque[tuple[int, Mapping[str, TrackFormat]]] = deque()  # from when on
        self._newest = 0  # the time of the last of them

    @property
    def left_out(self) -> list[LeftOut]:
        """What the container cannot carry, and why; see :class:`.UnitSource`."""
        return self._source.left_out.found

    @property
    def forced(self) -> int:
        """Segments that ended without a keyframe: see :class:`.CutRule`."""
        return self._rule.forced

    @property
    def formats(self) -> Mapping[str, TrackFormat]:
        """Of the tracks that there are, by :attr:`.AccessUnit.lane`."""
        return self._tracks.formats

    def formats_since(self, dts: int) -> list[TrackFormat]:
        """Those of all tracks from then on, the newest first, pictures before sound.

        Args:
            dts: on the line of decode times; what was before is forgotten.
        """
        changes = self._changes
        while len(changes) > 1 and changes[1][0] <= dts:
            changes.popleft()
        every = [self.formats, *(formats for _, formats in reversed(changes))]
        names = dict.fromkeys(("video", *(name for formats in every for name in formats)))
        return [formats[name] for name in names for formats in every if name in formats]

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second since something changed last; if there were too few, as before, or
        by the interval of two. None before the second."""
        if self._pictures >= _LEAST_PICTURES:
            rate = (self._pictures - 1) * HZ / (self._newest - self._anchor)
            self._rate = next(
                (each for each in _RATES if abs(rate - each) < each * _NEAR), round(rate, 3)
            )
        elif self._rate is None and self._pictures > 1:
            return round(HZ / (self._newest - self._anchor), 3)
        return self._rate

    def write(self, type_id: int, timestamp_ms: int, body: bytes, unix_ms: int) -> None:
        """Take the stream's next message. Never raises.

        Args:
            timestamp_ms: unsigned 32 bits.
            unix_ms: when it came: milliseconds since 1970.
        """
        self._take(self._source.read(type_id, timestamp_ms, body), unix_ms)

    def restart(self, unix_ms: int) -> None:
        """The publish has ended, another may come: what there is of its last segment is whole."""
        self._take(self._source.finish(), unix_ms)
        self._source.restart()
        self._tracks.restart()
        if self._is_open:
            assert self._tracks.end is not None  # of what is open
            self._finish(self._tracks.end)

    def _take(self, units: list[AccessUnit], unix_ms: int) -> None:
        for each in units:
            unit = self._tracks.take(each, units, self._source.formats)
            if unit is not None:  # what was held came before what let it go
                self._unit(unit, unix_ms - max(units[-1].dts - each.dts, 0) // TICKS_PER_MS)

    def _unit(self, unit: AccessUnit, unix_ms: int) -> None:
        tracks, rule = self._tracks, self._rule
        breaks = tracks.breaks and not (tracks.is_late and self._is_in_time(unit, unix_ms))
        breaks = breaks or not self._is_open
        if not breaks and self._ends_before(unit):
            at = min(unit.dts, rule.start + rule.limit)
            if at < unit.dts and not self._is_beside_pictures(unit):  # nothing came in time
                unit = tracks.without_pause(unit)
                breaks = unit.is_key
            else:
                self._packager.cut(self._start(unit, at, None, unix_ms))
                self._say_target()
        if breaks:
            if self._is_open:
                self._finish(unit.dts)
            _ = self.frame_rate  # of what has ended
            self._anchor, self._anchor_ms, self._pictures = unit.dts, self._date(unit, unix_ms), 0
            self._changes.append((unit.dts, tracks.formats))
            self._packager.begin(self._start(unit, unit.dts, tracks.formats, unix_ms))
            self._is_open = True
        if unit.format.kind == "video" and not unit.continues:
            self._pictures, self._newest = self._pictures + 1, unit.dts
        self._packager.add(unit)

    def _date(self, unit: AccessUnit, unix_ms: int) -> int:
        """The time of day of a unit; that of others is counted from there."""
        if self._clock is None:  # dates rise, whatever the clock does that they are of
            return max(unix_ms, self._due_ms(unit)) if self._changes else unix_ms
        date_ms = self._clock.date_ms(unit.dts - self._tracks.shift, unix_ms)
        self._rule.phase = date_ms * TICKS_PER_MS - unit.dts
        return date_ms

    def _is_in_time(self, unit: AccessUnit, unix_ms: int) -> bool:
        """Whether it came when the time of day of what is before it says, and nobody else counts
        by the clock that was set."""
        return self._clock is None and abs(unix_ms - self._due_ms(unit)) < _IN_TIME_MS

    def _due_ms(self, unit: AccessUnit) -> int:
        """Its time of day, if it goes on with what is before it."""
        return self._anchor_ms + (unit.dts - self._anchor) // TICKS_PER_MS

    def _start(
        self, unit: AccessUnit, dts: int, formats: Mapping[str, TrackFormat] | None, unix_ms: int
    ) -> SegmentStart:
        # What begins anew may begin with sound; the first picture is a keyframe all the same.
        has_key = unit.is_key and (formats is not None or not self._is_beside_pictures(unit))
        self._rule.begin(dts, is_key=has_key)
        date_ms = self._anchor_ms + (dts - self._anchor) // TICKS_PER_MS
        is_closed = not unit.is_key or begins_closed(unit.format, unit.data)
        self.open_gops += not is_closed
        return SegmentStart(dts, date_ms, has_key, formats, is_closed, unix_ms)

    def _is_beside_pictures(self, unit: AccessUnit) -> bool:
        return unit.format.kind == "audio" and "video" in self._tracks.formats

    def _finish(self, dts: int) -> None:
        self._packager.finish(dts)
        self._is_open = False
        length = max(dts - self._rule.start, 1)
        self._rule.settle(length, length)
        self._say_target()

    def _ends_before(self, unit: AccessUnit) -> bool:
        rule, tracks, size = self._rule, self._tracks, self._packager.size
        if unit.track:
            return False
        if unit.format.kind == "video":
            if unit.continues:
                return False
            return rule.ends_before(unit.dts, tracks.interval, size, is_key=unit.is_key)
        if not self._is_beside_pictures(unit):
            return rule.ends_before_sound(unit.dts, unit.duration, size)
        if unit.dts - tracks.seen <= _AHEAD:
            return False  # pictures decide, and may come later
        return rule.ends_before(unit.dts, unit.duration, size, is_key=False)

    def _say_target(self) -> None:
        for rendition in self._packager.renditions:
            rendition.target_s = self._rule.target_s
