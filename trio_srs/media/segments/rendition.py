"""One rendition of a stream: its newest segments, and the playlist that lists them. Floor 1.

Source:
    draft-pantos-hls-rfc8216bis, 6.2.1 and 6.2.2: what a server has to keep, and for how long.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.segment import InitSegment, Segment, SegmentPart, TrackInit, seconds
from trio_srs.media.segments.segment_keys import SegmentKeys
from trio_srs.wire.hls.media_playlist import (
    MediaPlaylist,
    PreloadHint,
    RenditionReport,
    ServerControl,
)

__all__ = ["Rendition", "WindowRule"]

_LEAST_SEGMENTS: Final = 6
_LEAST_TARGETS: Final = 3
_SKIP_TARGETS: Final = 6
_HOLD_BACK_TARGETS: Final = 3
_HOLD_BACK_PARTS: Final = 3
_PARTS_TARGETS: Final = 3
"""Parts of segments that end so long before the end are listed no longer."""


@attrs.frozen(kw_only=True)
class WindowRule:
    """What is kept, of one rendition."""

    length: int
    """Ticks of the segments that a playlist has, if they are six or more, and three target
    durations. Those that leave it are kept as long again, for who has still seen them in it."""
    most_bytes: int
    """Of all that is kept. It goes before everything else."""


@attrs.define(eq=False)
class Rendition:
    """The segments of one kind of track, or of all: those that are listed, those that were, and the
    one that is going on.

    Names are never given twice: they have the epoch in them, and the number.
    """

    name: str
    """In front of all its names: ``video``."""
    ending: str
    """Behind those of segments and parts: ``.ts``."""
    epoch: str
    """What no other rendition of that name has had, in any process."""
    first_number: int
    """Of the first segment: higher than any that the stream has had."""
    window: WindowRule
    part_rule: PartRule | None = None
    """How long parts are. None: there are none."""
    keys: SegmentKeys | None = attrs.field(default=None, kw_only=True)
    """What encrypts segments, whole ones only. None: they are not."""
    target_s: int | None = None
    """The target duration, in whole seconds; None until it is known."""
    segments: deque[Segment] = attrs.field(factory=deque)
    """Those that are listed."""
    open: Segment | None = None
    """The one that is going on."""
    discontinuities: int = 0
    """Discontinuities that are no longer listed."""
    revision: int = 0
    """Rises with everything that a playlist says."""
    peak_rate: int = 0
    """Bits per second of the largest segment so far, for its length."""
    has_ended: bool = False
    """Nothing will come any more."""
    _left: deque[Segment] = attrs.field(factory=deque)
    _named: dict[str, SegmentPart | Segment | InitSegment] = attrs.field(factory=dict)
    _inits: deque[InitSegment] = attrs.field(factory=deque)
    _next: int = attrs.field(init=False)
    _size: int = 0
    _length: int = 0

    def __attrs_post_init__(self) -> None:
        self._next = self.first_number

    # ---------------------------------------------------------------- writing

    def begin(
        self,
        start: int,
        date_ms: int,
        init: TrackInit | None = None,
        *,
        is_break: bool = False,
        has_key: bool = True,
        is_closed: bool = True,
        media_start: int = 0,
        came_ms: int = 0,
    ) -> None:
        """A segment begins; see :class:`.Segment`.

        Args:
            init: what is needed to read it, if that is another one than before.
        """
        number = self._next
        self._next += 1
        said = self._inits[-1] if self._inits else None
        if init is not None and (said is None or init.data != said.data):
            name = f"{self.name}-{self.epoch}-{number}-init.mp4"
            said = InitSegment(init.data, init.format, init.timescale, name, number)
            self._inits.append(said)
            self._named[said.name] = said
        is_break = is_break and number > self.first_number
        self.open = Segment(
            number, self._name_of(number), start, date_ms, is_break, has_key,
            is_closed, said, media_start, media_start, came_ms,
        )  # fmt: skip

    def _name_of(self, number: int) -> str:
        return f"{self.name}-{self.epoch}-{number}{self.ending}"

    def add_part(
        self, data: bytes, duration: int, *, is_independent: bool, media_end: int | None = None
    ) -> None:
        """The next part of the segment is there.

        Args:
            media_end: see :attr:`.Segment.media_end`; None: there is nothing in it.
        """
        segment = self.open
        assert segment is not None  # it has begun
        name = f"{self.name}-{self.epoch}-{segment.number}.{len(segment.parts)}{self.ending}"
        part = SegmentPart(name, data, duration, is_independent)
        segment.parts.append(part)
        if media_end is not None:
            segment.media_end = media_end
        segment.size += len(data)
        self._size += len(data)
        if self.keys is None:
            self._named[name] = part
        self.revision += 1

    def end(self) -> Segment:
        """The segment is whole: it is listed."""
        segment, self.open = self.open, None
        assert segment is not None  # it has begun
        if self.keys is not None and not segment.is_gap:
            self._encrypt(segment, self.keys)
        segment.has_ended = True
        self.segments.append(segment)
        self._named[segment.name] = segment
        if segment.init is not None:
            self._named[self._timed_name(segment, segment.media_start)] = segment
        self._length += segment.duration
        self.peak_rate = max(self.peak_rate, segment.bit_rate)
        self.revision += 1
        self._let_go()
        return segment

    def _encrypt(self, segment: Segment, keys: SegmentKeys) -> None:
        """Its parts become one, which is encrypted."""
        segment.key, data = keys.encrypt(segment.number, [part.data for part in segment.parts])
        whole = SegmentPart(segment.name, data, segment.duration, is_independent=segment.has_key)
        self._size += len(data) - segment.size
        segment.parts, segment.size = [whole], len(data)

    def _let_go(self) -> None:
        """Keep no more than the rule says."""
        window, listed = self.window, self.segments
        target = (self.target_s or 0) * HZ
        while len(listed) > _LEAST_SEGMENTS:
            rest = self._length - listed[0].duration
            if rest < window.length or rest < _LEAST_TARGETS * target:
                break
            self._unlist()
        left, kept = self._left, max(self._length, window.length)
        length = sum(segment.duration for segment in left)
        while left and length - left[0].duration >= kept:
            length -= left[0].duration
            self._forget(left.popleft())
        while self._size > window.most_bytes and (left or len(listed) > 1):
            if not left:
                self._unlist()
            self._forget(left.popleft())

    def _unlist(self) -> None:
        segment = self.segments.popleft()
        self._length -= segment.duration
        self.discontinuities += segment.is_break
        self._left.append(segment)

    def _forget(self, segment: Segment) -> None:
        self._size -= segment.size
        self._named.pop(segment.name, None)
        self._named.pop(self._timed_name(segment, segment.media_start), None)
        for part in segment.parts:
            self._named.pop(part.name, None)
        oldest = self._left[0] if self._left else self.segments[0] if self.segments else None
        while len(self._inits) > 1 and oldest and self._inits[1].first_number <= oldest.number:
            del self._named[self._inits.popleft().name]
        if self.keys is not None and oldest:
            self.keys.forget_before(oldest.number)

    # ---------------------------------------------------------------- reading

    @property
    def is_ready(self) -> bool:
        """Whether there is a playlist that every player takes: it has a whole segment."""
        return bool(self.segments) and self.target_s is not None

    @property
    def part_target(self) -> int | None:
        """Ticks: the most that parts have; None if there are none, or it is not known yet."""
        return None if self.part_rule is None else self.part_rule.target

    @property
    def has_parts(self) -> bool:
        """Whether anything is in the segment that is going on."""
        return self.open is not None and bool(self.open.parts)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    @property
    def last_number(self) -> int:
        """Of the newest segment that has ended."""
        return self.segments[-1].number if self.segments else self.first_number - 1

    @property
    def average_rate(self) -> int:
        """Bits per second of the segments that are listed."""
        bits = sum(segment.size for segment in self.segments) * 8
        return bits * HZ // max(self._length, 1)

    def find(self, name: str) -> SegmentPart | Segment | InitSegment | None:
        """What is kept under a name."""
        return self._named.get(name)

    @property
    def coming(self) -> str:
        """The other name of the segment that is going on, or comes next, as far as that can be
        known."""
        segment = self.open or self.segments[-1]
        time = segment.media_end if self.open is None else segment.media_start
        return self._timed_name(segment, time)

    def _timed_name(self, segment: Segment, media_start: int) -> str:
        init = segment.init
        if init is None:
            return ""
        return init.timed_name(str(media_start), f"{self.name}-{self.epoch}", self.ending)

    @property
    def next_part_name(self) -> str:
        """Of the part that comes next."""
        open_segment = self.open
        number = self._next if open_segment is None else open_segment.number
        index = 0 if open_segment is None else len(open_segment.parts)
        return f"{self.name}-{self.epoch}-{number}.{index}{self.ending}"

    @property
    def report(self) -> RenditionReport:
        """How far it has come, for the playlists of others."""
        open_segment = self.open
        if self.part_target is None:
            return RenditionReport(f"{self.name}.m3u8", self.last_number)
        if open_segment is not None and open_segment.parts:
            last = open_segment.number, len(open_segment.parts) - 1
        else:
            newest = self.segments[-1]
            last = newest.number, len(newest.parts) - 1
        return RenditionReport(f"{self.name}.m3u8", *last)

    def has(self, number: int, part: int | None = None) -> bool:
        """Whether a segment, or a part of it or something behind that, is there (bis, 6.2.5.2):
        a part past the end of a segment is the first of the next."""
        if part is not None and number == self.last_number and part >= self.parts_of(number):
            number, part = number + 1, 0
        if number <= self.last_number:
            return True
        open_segment = self.open
        if part is None or open_segment is None or open_segment.number != number:
            return False
        return len(open_segment.parts) > part

    def parts_of(self, number: int) -> int:
        """How many parts there are of the segment that is going on, or of the newest that has
        ended; 0 of others."""
        newest = self.segments[-1] if self.segments else None
        segments = (segment for segment in (self.open, newest) if segment is not None)
        return next((len(each.parts) for each in segments if each.number == number), 0)

    def playlist(
        self, reports: tuple[RenditionReport, ...] = (), *, is_delta: bool = False
    ) -> MediaPlaylist:
        """The playlist as of now, behind :attr:`is_ready`.

        Args:
            reports: of the other renditions, for low latency.
            is_delta: leave out what is far from the end, if anything is (bis, 6.2.5.1).
        """
        assert self.target_s is not None  # it is ready
        target, part_target = self.target_s * HZ, self.part_target
        is_low_latency = part_target is not None
        segments, open_segment = list(self.segments), self.open
        skipped = self._skipped(target) if is_delta else 0
        ends = self._ends()
        opened = open_segment if is_low_latency and open_segment and open_segment.parts else None
        return MediaPlaylist(
            target_duration_s=self.target_s,
            media_sequence=segments[0].number,
            discontinuity_sequence=self.discontinuities,
            segments=tuple(
                segment.listed(with_parts=is_low_latency and end < _PARTS_TARGETS * target)
                for segment, end in zip(segments[skipped:], ends[skipped:], strict=True)
            ),
            parts=tuple(part.listed for part in opened.parts) if opened else (),
            open_discontinuity=bool(opened and opened.is_break),
            open_init=opened.listed_init if opened else None,
            open_date_ms=opened.date_ms if opened else None,
            part_target_s=None if part_target is None else seconds(part_target),
            server_control=self._control if is_low_latency else None,
            skipped=skipped,
            hints=self._hints if is_low_latency and not self.has_ended else (),
            reports=reports if is_low_latency else (),
            independent_segments=all(segment.is_independent for segment in segments),
            is_ended=self.has_ended,
        )

    @property
    def _control(self) -> ServerControl:
        assert self.target_s is not None  # as in playlist()
        assert self.part_target is not None
        return ServerControl(
            can_block_reload=True,
            part_hold_back_s=seconds(_HOLD_BACK_PARTS * self.part_target),
            hold_back_s=_HOLD_BACK_TARGETS * float(self.target_s),
            can_skip_until_s=_SKIP_TARGETS * float(self.target_s),
        )

    @property
    def _hints(self) -> tuple[PreloadHint, ...]:
        return (PreloadHint(self.next_part_name),)

    def _ends(self) -> list[int]:
        """Of each listed segment: how long before the end of the playlist it ends, in ticks."""
        behind = self.open.duration if self.open is not None else 0
        ends = []
        for segment in reversed(self.segments):
            ends.append(behind)
            behind += segment.duration
        return ends[::-1]

    def _skipped(self, target: int) -> int:
        """How many segments from the oldest on lie wholly before the skip boundary."""
        return sum(end > _SKIP_TARGETS * target for end in self._ends())
