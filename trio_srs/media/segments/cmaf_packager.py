"""Segments of fragmented MP4: each track in a rendition of its own. Floor 1.

What pictures and sound are cut by is the same line, but they come as they come: sound that is ahead
waits for the pictures of its time, and sound that is late still goes where it belongs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from typing import ClassVar, Final

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.mp4_muxer import mp4_refusal
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cmaf_track import CmafTrack
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.wire.mp4.sample_entry import MP4_CODECS

__all__ = ["CmafPackager"]

_VIDEO, _AUDIO = "video", "audio"
_APART: Final = 1000 * TICKS_PER_MS
"""So far apart pictures and sound may come; beyond that nobody waits for the other."""
_PATIENCE: Final = 400 * TICKS_PER_MS
"""So long pictures wait for sound that was never late,"""
_MORE: Final = 200 * TICKS_PER_MS
"""and so much longer than it was ever late."""


class CmafPackager:
    """Packs one stream: H.264, H.265, AV1 and VP9; AAC, MP3, Opus, FLAC, AC-3 and E-AC-3.

    Args:
        rendition: makes one for a track by its name, whose first segment has a number.
        part_rule: theirs; it is settled here.
    """

    codecs: ClassVar[Collection[str]] = MP4_CODECS
    refusal: ClassVar[Callable[[TrackFormat], str | None]] = staticmethod(mp4_refusal)
    has_many_sounds: ClassVar[bool] = True

    def __init__(
        self,
        rendition: Callable[[str, int], Rendition],
        first_number: int,
        part_rule: PartRule | None = None,
    ) -> None:
        self._rendition, self._number = rendition, first_number
        self._part_rule = part_rule
        self._firsts: dict[str, tuple[int, int]] = {}  # of each track: when, and how many units
        self._frames: dict[str, int] = {}  # of each track: how long one lasts
        self._tracks: dict[str, CmafTrack] = {}
        self._renditions: tuple[Rendition, ...] = ()
        self._ahead: deque[AccessUnit] = deque()  # sound that waits for pictures
        # Of each track of sound: starts of segments that its own has not come to.
        self._starts: dict[str, deque[SegmentStart]] = {}
        self._sounds: list[tuple[CmafTrack, deque[SegmentStart]]] = []  # with the same
        self._is_apart = False  # there are pictures and sound
        self._seen = 0  # the newest picture
        self._late = 0  # how much behind pictures sound has come, at most
        self._breaks = -1  # discontinuities so far

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """One for each track that there has been."""
        return self._renditions

    @property
    def size(self) -> int:
        """Bytes of the segment that is going on."""
        return sum(track.size for track in self._tracks.values())

    def begin(self, start: SegmentStart) -> None:
        formats = start.formats
        assert formats is not None  # it goes on with nothing
        number = self._number
        self._number += 1
        self._seen = start.dts
        self._breaks += 1
        for kind in formats:
            if kind not in self._tracks:
                track = self._tracks[kind] = CmafTrack(self._rendition(kind, number))
                track.rendition.discontinuities = self._breaks  # as the others count them
                if kind != _VIDEO:
                    self._starts[kind] = deque()
                    self._sounds.append((track, self._starts[kind]))
        tracks = self._tracks
        self._renditions = tuple(tracks[name].rendition for name in sorted(tracks, key=_order))
        for kind, track in self._tracks.items():
            track.format = formats.get(kind)
            track.begin(start)
        self._is_apart = _VIDEO in formats and len(formats) > 1

    def cut(self, start: SegmentStart) -> None:
        if _VIDEO in self._firsts and _VIDEO not in self._frames:  # there was one
            self._frames[_VIDEO] = max(start.dts - self._firsts[_VIDEO][0], 1)
        self._settle()
        self._number += 1
        for kind, track in self._tracks.items():
            if kind != _VIDEO and self._is_apart:
                self._starts[kind].append(start)
            else:
                _cut(track, start)

    def add(self, unit: AccessUnit) -> None:
        if self._part_rule is not None and self._part_rule.target is None:
            self._measure(unit, self._part_rule.nominal)
        if unit.format.kind == _VIDEO:
            self._tracks[_VIDEO].add(unit)
            self._seen = unit.dts
            while self._ahead and self._ahead[0].dts <= self._seen:
                self._sound(self._ahead.popleft())
            patience = min(max(_PATIENCE, self._late + _MORE), _APART)
            for track, starts in self._sounds:
                while starts and (
                    track.is_whole_at(starts[0].dts) or self._seen - starts[0].dts > patience
                ):
                    _cut(track, starts.popleft())
        elif self._is_apart:
            self._late = max(self._late, self._seen - unit.dts)
            self._ahead.append(unit)
            horizon = max(self._seen, unit.dts - _APART)
            while self._ahead and self._ahead[0].dts <= horizon:
                self._sound(self._ahead.popleft())
        else:
            self._tracks[unit.lane].add(unit)

    def finish(self, dts: int) -> None:
        self._settle()
        while self._ahead:
            self._sound(self._ahead.popleft())
        for track, starts in self._sounds:
            while starts:
                _cut(track, starts.popleft())
        for track in self._tracks.values():
            track.end(dts, goes_on=False)

    def _measure(self, unit: AccessUnit, nominal: int) -> None:
        """How long frames are, until that is known: before the first part has to be whole."""
        name = unit.lane
        first, count = self._firsts.get(name, (unit.dts, 0))
        self._firsts[name] = first, count + 1
        if unit.format.kind != _VIDEO:
            self._frames[name] = unit.duration
        elif count:
            self._frames[name] = max((unit.dts - first) // count, 1)
        frame = self._frames.get(next(iter(self._tracks)) if len(self._tracks) == 1 else _VIDEO)
        if frame is not None and unit.dts + 2 * frame - first >= nominal:
            self._settle()

    def _settle(self) -> None:
        if self._part_rule is not None:
            self._part_rule.settle(self._frames.values())

    def _sound(self, unit: AccessUnit) -> None:
        """Sound whose time has come: more than half of it says in which segment it is."""
        name = unit.lane if unit.track else _AUDIO
        track, starts = self._tracks[name], self._starts[name]
        while starts and unit.dts + unit.duration // 2 >= starts[0].dts:
            _cut(track, starts.popleft())
        track.add(unit)


def _order(name: str) -> tuple[bool, int, str]:
    """Pictures first, then sound by its number."""
    return name != _VIDEO, len(name), name


def _cut(track: CmafTrack, start: SegmentStart) -> None:
    track.end(start.dts, goes_on=True)
    track.begin(start)
