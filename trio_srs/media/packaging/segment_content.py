"""What is in a segment: its access units, whatever the container. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Final

from trio_srs.media.packaging.mp4_layout import Mp4Layout
from trio_srs.media.packaging.ts_layout import TsLayout
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import begins_closed
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.wire.mp4.mp4_reader import Mp4Fragment, Mp4Reader, ReadSample
from trio_srs.wire.ts.packet import CLOCK_HZ, SYNC

__all__ = ["SegmentContent", "is_ts"]

_STYP: Final = b"styp", b"moof", b"sidx", b"prft", b"emsg"


def is_ts(data: bytes) -> bool:
    """Whether it is a transport stream, and no MP4."""
    return data[:1] == bytes((SYNC,)) and data[4:8] not in _STYP


class SegmentContent:
    """One segment, read by itself: nothing of those before it is known.

    Args:
        init: what is needed to read it; empty of MPEG-TS.
    """

    def __init__(self, data: bytes, init: bytes = b"") -> None:
        self.data, self.init = data, init
        self.is_ts = is_ts(data)

    @cached_property
    def _read(self) -> tuple[list[AccessUnit], list[LeftOut]]:
        demuxer = TsDemuxer() if self.is_ts else Mp4Demuxer()
        units = demuxer.feed(self.init + self.data) + demuxer.finish()
        return units, demuxer.left_out

    @property
    def units(self) -> list[AccessUnit]:
        """In the order in which they are to be decoded."""
        return self._read[0]

    @property
    def left_out(self) -> list[LeftOut]:
        """What could not be read."""
        return self._read[1]

    @cached_property
    def ts(self) -> TsLayout:
        """Its packets, if it is a transport stream."""
        return TsLayout(self.data)

    @cached_property
    def mp4(self) -> Mp4Layout:
        """Its boxes, if it is an MP4."""
        return Mp4Layout(self.init, self.data)

    @cached_property
    def samples(self) -> list[ReadSample]:
        """Of an MP4, as its boxes say them."""
        events = Mp4Reader().feed(self.init + self.data)
        return [s for event in events if isinstance(event, Mp4Fragment) for s in event.samples]

    @cached_property
    def by_kind(self) -> Mapping[str, list[AccessUnit]]:
        """The units of each track, pictures first; nothing of tracks that have none."""
        found: dict[str, list[AccessUnit]] = {"video": [], "audio": []}
        for unit in self.units:
            if not unit.continues:
                found[unit.format.kind].append(unit)
        return {kind: units for kind, units in found.items() if units}

    @property
    def formats(self) -> Mapping[str, TrackFormat]:
        """By kind: those it begins with."""
        return {kind: units[0].format for kind, units in self.by_kind.items()}

    @property
    def leading(self) -> list[AccessUnit]:
        """The units of the track that says where it begins; none if it has no track."""
        return next(iter(self.by_kind.values()), [])

    @property
    def is_independent(self) -> bool:
        """Whether it begins with a keyframe, and nothing behind that can need what is before."""
        first = self.leading[0]
        return first.is_key and begins_closed(first.format, first.data)

    @cached_property
    def interval(self) -> int:
        """Ticks from one unit to the next of the same track: the longest; 0 if none has two."""
        pairs = (pair for units in self.by_kind.values() for pair in pairwise(units))
        return max((after.dts - before.dts for before, after in pairs), default=0)

    def end(self, kind: str) -> int:
        """Where another segment may go on: ticks, on the line of decode times of a track. What a
        transport stream's last picture lasts nobody says: as long as the one before."""
        last, times = self.by_kind[kind][-1], [unit.dts for unit in self.by_kind[kind][-2:]]
        if kind == "audio":
            return last.dts + last.duration
        return times[-1] + (times[-1] - times[0] or self.interval)

    @property
    def durations_s(self) -> tuple[float, float]:
        """How long its shortest track is, and how long all of them are together."""
        if not self.is_ts:
            track = self.samples[0].track
            own = [sample for sample in self.samples if sample.track is track]
            length_s = (own[-1].time + own[-1].duration - own[0].time) / self.timescale
            return length_s, length_s
        begins = {kind: units[0].dts for kind, units in self.by_kind.items()}
        ends = {kind: self.end(kind) for kind in begins}
        least = min(ends[kind] - begins[kind] for kind in begins)
        return least / CLOCK_HZ, (max(ends.values()) - min(begins.values())) / CLOCK_HZ

    @property
    def timescale(self) -> int:
        """Of an MP4, its first track's."""
        return self.samples[0].track.timescale if self.samples else CLOCK_HZ
