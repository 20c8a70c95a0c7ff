"""One track in fragmented MP4: its samples become parts, and its parts segments. Floor 1.

Source:
    ISO/IEC 23000-19 (CMAF), 7.3 and 9.2.1: one track in a file; offsets of composition may be
    negative, so that the first picture is shown when it is decoded, and no edit list is needed.
    RFC 8216, 3.3. bis, 4.4.4.9: no part is longer than the part target, and all but the last of a
    segment have 85 % of it.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.mp4_format import entry_of
from trio_srs.media.remux.sliced_picture import Slices
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import TrackInit
from trio_srs.wire.mp4.box import box
from trio_srs.wire.mp4.fragment import Mp4Sample, TrackRun, build_fragment
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init

__all__ = ["CmafTrack"]

_TRACK_ID: Final = 1
_MOST_SAMPLES: Final = 2000
_MOST_BYTES: Final = 1 << 22
"""In one fragment, whatever the times of its samples are."""
_HOLE: Final = 100 * TICKS_PER_MS
"""What is longer, and nothing came for it, is told as a gap."""
_GUESS: Final = 40 * TICKS_PER_MS
"""How long the last picture lasts, if there was no other to go by."""
_SEGMENT_HEAD: Final = box(b"styp", b"msdh", bytes(4), b"msdh", b"cmfs")


@attrs.define(eq=False)
class CmafTrack:
    """One track, segment after segment."""

    rendition: Rendition
    format: TrackFormat | None = None
    """None while there is no such track: then its segments are gaps."""
    size: int = 0
    """Bytes of the segment that is going on."""
    _start: SegmentStart | None = None
    """Of the segment; None before the first and between two publishers."""
    _has_begun: bool = False
    """The rendition knows of the segment."""
    _init: TrackInit | None = None
    _timescale: int = HZ
    _media_start: int = 0
    """Ticks that the first picture is shown after it is decoded: all are as much later."""
    _samples: list[Mp4Sample] = attrs.field(factory=list)
    _time: int = 0
    """When the first of them is decoded, in the track's timescale."""
    _next: int = 0
    """When the next is, if there is no gap; likewise."""
    _early: int = 0
    """Ticks that pictures are decoded before their time, because one would have lasted too long for
    its part, and for so little a part too short to be one."""
    _part_size: int = 0
    _waiting: AccessUnit | None = None
    """The newest picture: the next one says how long it lasts."""
    _slices: Slices = attrs.field(factory=Slices)
    _interval: int = _GUESS
    _step: int = 0
    """How long the newest sample lasts, in the track's timescale."""
    _sequence: int = 0

    def begin(self, start: SegmentStart) -> None:
        """Go on with another segment, from its start."""
        self._start, self._has_begun, self.size = start, False, 0
        if start.formats is not None:
            self._init, self._early = None, 0

    def add(self, unit: AccessUnit) -> None:
        """Take the next unit."""
        if self._init is None:
            self._configure(unit)
        if unit.format.kind == "video":
            self._picture(unit)
        else:
            self._sound(unit)

    def is_whole_at(self, dts: int) -> bool:
        """Whether all sound of a segment that ends there has come: of the frame that comes next
        more than half is behind that."""
        return (self._next + self._step // 2) * HZ // self._timescale >= dts

    def end(self, dts: int, *, goes_on: bool) -> None:
        """The segment is over; what nothing came for is a gap.

        Args:
            goes_on: another one begins there.
        """
        start, waiting = self._start, self._waiting
        if start is None:
            return
        if waiting is not None:
            last = waiting.dts + self._interval
            lasts_on = goes_on and (dts - last <= _HOLE or self.rendition.part_rule is None)
            self._settle(dts if lasts_on else min(dts, last))
        elif self.rendition.part_rule is None:
            self._last_until(dts)
        self._flush()
        if not self._has_begun:
            self._announce(start.dts)
            self._fill(max(dts - start.dts, 1))
        else:
            self._fill(dts - (self._next * HZ // self._timescale - self._media_start))
        self.rendition.end()
        self._start = None

    def _last_until(self, dts: int) -> None:
        """Let the last sample of sound last until the segment is over, if frames are missing: a
        playlist without parts cannot say that there is a gap."""
        missing = dts * self._timescale // HZ - self._next
        if self._samples and missing > self._samples[-1].duration:
            self._samples[-1].duration += missing
            self._next += missing

    def _fill(self, ticks: int) -> None:
        """Nothing came for so long."""
        at_most = self.rendition.part_target or ticks
        if ticks <= _HOLE and self.rendition.has_parts:
            return
        while ticks > 0:
            self.rendition.add_part(b"", min(ticks, at_most), is_independent=False)
            ticks -= at_most

    # --------------------------------------------------------------- samples

    def _configure(self, unit: AccessUnit) -> None:
        """Say what is needed to read what follows."""
        assert self.format is not None  # a unit of it comes
        self._timescale = self.format.sample_rate or HZ
        self._media_start = unit.pts - unit.dts  # of sound 0
        self._next = unit.dts * self._timescale // HZ
        entry = entry_of(self.format, unit.data)
        is_video = unit.format.kind == "video"
        data = build_init([Mp4Track(_TRACK_ID, self._timescale, entry, is_video)])
        self._init = TrackInit(data, self.format, self._timescale)

    def _picture(self, unit: AccessUnit) -> None:
        waiting = self._waiting
        if unit.continues:
            if waiting is not None:
                self._slices.add(waiting, unit.data)
            return
        if waiting is not None:
            self._settle(unit.dts)
        self._waiting = unit

    def _settle(self, dts: int) -> None:
        """The waiting picture becomes a sample, which lasts until then."""
        unit, self._waiting = self._waiting, None
        assert unit is not None  # it waits
        self._interval = duration = max(dts - unit.dts, 1)
        composition = unit.pts - unit.dts - self._media_start + self._early
        time, wanted = unit.dts + self._media_start - self._early, duration + self._early
        lasts = self._room_for(time, wanted)
        self._put(Mp4Sample(self._slices.join(unit), lasts, unit.is_key, composition), time)
        self._early = wanted - lasts

    @property
    def _limit(self) -> int | None:
        """The most that a part may have, in the track's timescale."""
        target = self.rendition.part_target
        return None if target is None else target * self._timescale // HZ

    def _room_for(self, time: int, wanted: int) -> int:
        """How long a picture lasts that is to last so long: a little less if the part would be too
        long with all of it, and too short without it."""
        limit = self._limit
        if limit is None:
            return wanted
        room = limit
        if self._samples and not self._is_filled(time):
            room -= time - self._time
        return room if 0 < wanted - room <= _HOLE else wanted

    def _is_filled(self, time: int) -> bool:
        """Whether the part that is going on is long enough if it ends then."""
        rule = self.rendition.part_rule
        return rule is not None and rule.is_filled((time - self._time) * HZ // self._timescale)

    def _sound(self, unit: AccessUnit) -> None:
        time = (unit.dts * self._timescale + HZ // 2) // HZ
        gap, lasts = time - self._next, unit.samples
        if gap < unit.samples:  # clocks differ, or one was set: no frame is missing
            time = self._next
        elif self._has_begun or self._samples:
            lasts += self._bridge(gap)
            time = self._next
        self._put(Mp4Sample(unit.data, lasts), time)

    def _bridge(self, gap: int) -> int:
        """Nothing came for so long: what was last there lasts on, and nobody sees a hole. Returns
        how much of it is left: what comes next lasts longer."""
        limit, hole, left = self._limit, _HOLE * self._timescale // HZ, gap
        if self._samples:
            room = gap if limit is None else limit - (self._next - self._time)
            longer = gap if gap - room > hole else min(gap, room)
            self._samples[-1].duration += longer
            self._next, left = self._next + longer, gap - longer
            if longer > room:
                self._flush()
        elif limit is not None and gap > hole:
            self._fill(gap * HZ // self._timescale)
        if left > hole or (limit is not None and 2 * left > limit):
            self._next, left = self._next + left, 0
        return left

    def _put(self, sample: Mp4Sample, time: int) -> None:
        """One sample more, and a part when there is no room for another."""
        limit = self._limit
        is_over = limit is not None and time + sample.duration - self._time > limit
        if is_over and self._samples and self._is_filled(time):
            self._flush()
        if not self._samples:
            self._time = time
        self._samples.append(sample)
        self._next = time + sample.duration
        self._part_size += len(sample.data)
        self.size += len(sample.data)
        is_full = self._part_size >= _MOST_BYTES or len(self._samples) >= _MOST_SAMPLES
        step, self._step = min(sample.duration, self._step or sample.duration), sample.duration
        if is_full or (limit is not None and self._next + step - self._time > limit):
            self._flush()

    def _flush(self) -> None:
        """Write the samples as a part."""
        samples = self._samples
        if not samples:
            return
        head = b"" if self._has_begun else _SEGMENT_HEAD
        if not self._has_begun:
            self._announce(self._time * HZ // self._timescale - self._media_start)
        self._sequence += 1
        data = head + build_fragment(self._sequence, [TrackRun(_TRACK_ID, self._time, samples)])
        # Of the borders, so that what is rounded does not add up.
        begin, end = (time * HZ // self._timescale for time in (self._time, self._next))
        is_independent = any(sample.is_sync for sample in samples)
        lasts, target = end - begin, self.rendition.part_target
        told = lasts if target is None else min(lasts, target)
        self.rendition.add_part(data, told, is_independent=is_independent, media_end=self._next)
        if told < lasts:  # the rest of what lasts longer than any part may
            self._fill(lasts - told)
        self._samples, self._part_size = [], 0

    def _announce(self, dts: int) -> None:
        """Tell the rendition of the segment, and when its first sample is decoded."""
        start = self._start
        assert start is not None  # a segment is going on
        self._has_begun = True
        is_sound = self.format is None or self.format.kind == "audio"
        date_ms = start.date_ms + (dts - start.dts) // TICKS_PER_MS
        self.rendition.begin(
            dts, date_ms, self._init, is_break=start.formats is not None,
            has_key=start.has_key or is_sound, is_closed=start.is_closed or is_sound,
            media_start=self._time, came_ms=start.came_ms,
        )  # fmt: skip
