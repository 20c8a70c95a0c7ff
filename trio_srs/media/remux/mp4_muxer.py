"""From RTMP's messages to a fragmented MP4. Floor 1.

Source:
    ISO/IEC 14496-12:2022, 8.8; ISO/IEC 23000-19 (CMAF), 7.3 and 9.2.1; RFC 8216, 3.3; W3C, ISO BMFF
    Byte Stream Format (what Media Source Extensions take).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.container_muxer import ContainerMuxer
from trio_srs.media.remux.mp4_format import entry_of, with_own_sets
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.sliced_picture import Slices
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.codec.nalu import mended_prefixes
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.mp4.fragment import Mp4Sample, TrackRun, build_fragment
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.sample_entry import MP4_CODECS

__all__ = ["FRAGMENT_MS", "Mp4Muxer", "mp4_refusal"]

FRAGMENT_MS: Final = 200
"""How long a fragment is at least, unless a keyframe ends it."""

_HZ: Final = 90_000
_TRACK_IDS: Final = {"video": 1, "audio": 2}
_GUESS: Final = 40 * TICKS_PER_MS
"""How long the last picture lasts, if there was no other to go by."""
_ALONE: Final = 1000 * TICKS_PER_MS
"""So much sound, or a fragment if that is longer, does not wait for a picture."""
_MOST_SAMPLES: Final = 2000
_MOST_BYTES: Final = 1 << 22
"""In one fragment, whatever the times of its samples are."""
_ROUNDING: Final = 2
"""Samples that a time in ticks may be off."""


@attrs.define(eq=False)
class _OpenTrack:
    """One track: its samples that are not written yet."""

    sent: TrackFormat
    """As the stream's header has it."""
    format: TrackFormat
    """As the head has it: of pictures, with the newest parameter sets."""
    track: Mp4Track
    time: int | None = None
    """When the first of them is decoded, in the track's timescale."""
    next_time: int = 0
    """When the next sound is, if there is no gap."""
    samples: list[Mp4Sample] = attrs.field(factory=list)
    waiting: AccessUnit | None = None
    """The newest picture: the next one says how long it lasts."""
    slices: Slices = attrs.field(factory=Slices)
    duration: int = _GUESS

    def run(self) -> TrackRun:
        """Hand over the samples."""
        assert self.time is not None
        run = TrackRun(self.track.track_id, self.time, self.samples)
        self.time, self.samples = None, []
        return run


class Mp4Muxer(ContainerMuxer):
    """Muxes one stream: H.264, H.265, AV1 and VP9; AAC, MP3, Opus, FLAC, AC-3 and E-AC-3.

    An init segment, :attr:`~trio_srs.media.remux.muxed_piece.MuxedPiece.head`, says which tracks
    there are and how they are configured; where that changes, so does it. A fragment has samples of
    all tracks, begins with each keyframe at the latest, and is written when the next picture says
    how long its last one lasts. Behind a restart there is another head.

    Args:
        fragment_ms: how long a fragment is at least, unless a keyframe ends it.
    """

    def __init__(self, fragment_ms: int = FRAGMENT_MS) -> None:
        super().__init__(MP4_CODECS, mp4_refusal)
        self._least = fragment_ms * TICKS_PER_MS
        self._lanes: dict[str, _OpenTrack] = {}
        self._head = b""
        self._is_new_head = False
        self._sequence = 0
        self._began = 0  # the DTS of the fragment's first unit, if it has begun
        self._has_begun = False
        self._size = 0  # of the fragment, in bytes
        self._end = 0  # of what was written or waits

    @property
    def formats(self) -> list[TrackFormat]:
        return [lane.format for lane in self._lanes.values()]

    @property
    def end(self) -> int:
        return self._end

    def _take_tracks(self, firsts: Mapping[str, AccessUnit]) -> None:
        for unit in firsts.values():
            self._take_format(unit, unit.format)

    def forget_tracks(self) -> None:
        self._lanes = {}

    def _take_format(self, unit: AccessUnit, track_format: TrackFormat) -> None:
        kind = track_format.kind
        timescale = track_format.sample_rate or _HZ
        entry = entry_of(track_format, unit.data)
        before = self._lanes.get(kind)
        # What the first picture is shown later than decoded is put before all times, and taken off
        # again by the edit list: so it is shown at once, and none is decoded before 0.
        start = unit.pts - unit.dts if before is None else before.track.media_start
        track = Mp4Track(_TRACK_IDS[kind], timescale, entry, kind == "video", start)
        self._lanes[kind] = _OpenTrack(unit.format, track_format, track)
        lanes = [self._lanes[each] for each in _TRACK_IDS if each in self._lanes]
        self._head = build_init([lane.track for lane in lanes])
        self._is_new_head = True

    def _unit(self, unit: AccessUnit) -> list[MuxedPiece]:
        if unit.dts < 0:  # shown before 0, by a composition time
            unit = self.delayed(unit, -unit.dts)
        return self._picture(unit) if unit.format.kind == "video" else self._sound(unit)

    def _picture(self, unit: AccessUnit) -> list[MuxedPiece]:
        lane = self._lanes.get("video")
        if unit.format.codec in BYTE_STREAMS:
            data = mended_prefixes(unit.data, unit.format.length_size)
            if data is not unit.data:
                unit = attrs.evolve(unit, data=data)
        before = None if lane is None else lane.waiting
        if lane is not None and before is not None:
            if unit.continues:
                lane.slices.add(before, unit.data)
                return []
            lane.duration = max(unit.dts - before.dts, 1)
            self._settle(lane)
        track_format = lane.format if lane and lane.sent is unit.format else unit.format
        pieces: list[MuxedPiece] = []
        if unit.is_key or unit.dts - self._began >= self._least or self._is_full(lane):
            pieces = self._write()
        if unit.is_key:
            track_format = with_own_sets(track_format, unit.data)
        if lane is None or track_format is not lane.format:
            self._take_format(unit, track_format)
            lane = self._lanes["video"]
        lane.waiting = unit
        self._note(unit)
        return pieces

    def _settle(self, lane: _OpenTrack) -> None:
        """The waiting picture becomes a sample."""
        unit, lane.waiting = lane.waiting, None
        if unit is None:
            return
        if lane.time is None:
            lane.time = unit.dts + lane.track.media_start
        composition = unit.pts - unit.dts
        data = lane.slices.join(unit)
        lane.samples.append(Mp4Sample(data, lane.duration, unit.is_key, composition))
        self._end = max(self._end, unit.dts + lane.duration)

    def _sound(self, unit: AccessUnit) -> list[MuxedPiece]:
        lane = self._lanes.get("audio")
        pieces: list[MuxedPiece] = []
        if lane is None or unit.format is not lane.format:
            pieces = self._write()
            self._take_format(unit, unit.format)
            lane = self._lanes["audio"]
        rate = lane.track.timescale
        time = (unit.dts * rate + _HZ // 2) // _HZ
        ahead, duration = time - lane.next_time, unit.samples
        if ahead <= _ROUNDING:
            time = lane.next_time
            if ahead < -_ROUNDING:  # more came than there was time for, and that must not add up
                duration = max(duration + ahead, 1)
        elif lane.samples:  # a gap
            pieces += self._write()
        if lane.time is None:
            lane.time = time
        lane.samples.append(Mp4Sample(unit.data, duration))
        lane.next_time = time + duration
        self._end = max(self._end, unit.dts + unit.duration)
        self._note(unit)
        most = max(_ALONE, self._least) if "video" in self._lanes else self._least
        if unit.dts + unit.duration - self._began >= most or self._is_full(lane):
            pieces += self._write()
        return pieces

    def _note(self, unit: AccessUnit) -> None:
        """One more in the fragment, or the first."""
        if not self._has_begun:
            self._began, self._has_begun = unit.dts, True
        self._size += len(unit.data)

    def _is_full(self, lane: _OpenTrack | None) -> bool:
        """Whether a fragment is to end, whatever the times of its samples are."""
        count = 0 if lane is None else len(lane.samples)
        return self._size >= _MOST_BYTES or count >= _MOST_SAMPLES

    def flush(self) -> list[MuxedPiece]:
        # The last picture lasts as long as the one before.
        lane = self._lanes.get("video")
        if lane is not None:
            self._settle(lane)
        return self._write()

    def _write(self) -> list[MuxedPiece]:
        """Write the samples that are whole."""
        self._has_begun, self._size = False, 0
        lanes = [lane for lane in self._lanes.values() if lane.samples]
        if not lanes:
            return []
        video = self._lanes.get("video")
        is_entry = video is None or bool(video.samples and video.samples[0].is_sync)
        count = sum(len(lane.samples) for lane in lanes)
        self._sequence += 1
        runs = [lane.run() for lane in lanes]
        scales = [lane.track.timescale for lane in lanes]
        dts = min(run.time * _HZ // scale for run, scale in zip(runs, scales, strict=True))
        data = build_fragment(self._sequence, runs)
        is_new, self._is_new_head = self._is_new_head, False
        return [MuxedPiece(data, dts, is_entry, self._head, is_new, count)]


def mp4_refusal(track_format: TrackFormat) -> str | None:
    """Why an MP4 cannot carry that."""
    if track_format.codec in BYTE_STREAMS and not track_format.width:
        return "no sequence parameter set that can be read is in its header"
    # A mapping that is cut short would be another one.
    return parse_opus_head(track_format.record).trouble if track_format.codec == "opus" else None
