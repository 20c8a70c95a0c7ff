"""From RTMP's messages to access units: of the first track of each kind that can be carried, and of
other tracks of sound for who has a place for them. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.decode_times import DecodeTimes, TrackTimes
from trio_srs.media.remux.left_out import LeftOutCounter, LeftOutReason
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record
from trio_srs.wire.codec.adts import find_adts, split_adts
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.ids import BY_FOURCC
from trio_srs.wire.codec.nalu import join_prefixed, read_prefixed
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, parse_audio
from trio_srs.wire.flv.slices import find_slice
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["UnitReader"]

_VIDEO, _AUDIO = int(MessageType.VIDEO), int(MessageType.AUDIO)
_CODED, _CODED_X = VideoPacketType.CODED_FRAMES, VideoPacketType.CODED_FRAMES_X
_VIDEO_START, _AUDIO_START = VideoPacketType.SEQUENCE_START, AudioPacketType.SEQUENCE_START
_SOUND: Final = AudioPacketType.CODED_FRAMES
_KEY, _COMMAND = FrameType.KEY, FrameType.COMMAND
_AV1, _TEMPORAL_DELIMITER = "av01", b"\x12\x00"
_HZ: Final = 90_000
_DRIFT_FRAMES: Final = 2
"""Timestamps of sound are rounded, and count as such up to so many frames off the samples."""
_MOST_SHIFT: Final = 10_000 * TICKS_PER_MS
"""No encoder reorders so much: a composition time below is noise."""
_MOST_HELD: Final = 1 << 16
"""Bytes that may come before a picture by themselves."""
_SALVAGED_SIZE: Final = 4
_MOST_SOUNDS: Final = 9
"""Tracks of sound: numbers are the publisher's, and each is one more rendition."""


@attrs.define(eq=False)
class _Lane:
    """What is known of the one track of a kind."""

    kind: str
    times: TrackTimes
    codec: str = ""
    """Our name, or a FourCC that nobody knows."""
    fourcc: str = ""
    record: bytes | None = None
    """The newest sequence header's."""
    format: TrackFormat | None = None
    """None if there is none yet, or it cannot be carried: see :attr:`why`."""
    is_settled: bool = False
    """The format is that of codec and record, and nothing is to be tried again."""
    why: tuple[LeftOutReason, str] = (LeftOutReason.NO_HEADER, "")
    has_key: bool = False
    held: bytes = b""
    """What belongs to the next picture: parameter sets and SEI that came by themselves."""
    held_key: bool = False
    unit: AccessUnit | None = None
    """The newest."""
    shift: int = 0
    """How much earlier than sent pictures are decoded: some were to be shown before that."""
    anchor: int | None = None
    """Where samples are counted from; None before the first."""
    samples: int = 0

    def begin(self, fourcc: str) -> None:
        """Another codec, or the first."""
        codec = BY_FOURCC.get(fourcc)
        self.fourcc, self.codec = fourcc, fourcc if codec is None else codec.name
        self.record, self.is_settled = None, False

    def forget(self) -> None:
        """Another stream comes: nothing of the old one holds."""
        self.begin("")
        self.format = self.unit = self.anchor = None
        self.has_key = self.held_key = False
        self.held, self.shift, self.samples = b"", 0, 0


class UnitReader:
    """Reads what RTMP carries, legacy or enhanced, in the order in which it came.

    Pictures begin with the first keyframe behind each change of format. Times of sound are counted
    in samples, and taken from timestamps anew where those are more than two frames off.

    Args:
        codecs: that the container has a place for, by our names.
        refusal: why it cannot carry a format of one of them after all; None if it can.
        has_many_sounds: whether it has a place for more than one track of sound.
    """

    def __init__(
        self,
        codecs: Collection[str],
        refusal: Callable[[TrackFormat], str | None],
        *,
        has_many_sounds: bool = False,
    ) -> None:
        self.left_out = LeftOutCounter()
        """What is not read of the newest publisher's stream."""
        self.others: list[AccessUnit] = []
        """What the newest message has of tracks of sound that are not the first, where the
        container has a place for many."""
        self._codecs = codecs
        self._refusal = refusal
        self._times = DecodeTimes()
        self._video = _Lane("video", self._times.new_track(leads=True))
        self._audio = _Lane("audio", self._times.new_track(leads=True))
        self._sounds = {0: self._audio}  # by number
        self._most_sounds = _MOST_SOUNDS if has_many_sounds else 1

    def may_come(self, kind: str) -> bool:
        """Whether a track of that kind is here or may still come: what came of it is carried."""
        lane = self._video if kind == "video" else self._audio
        return not lane.is_settled or lane.format is not None

    def expected_others(self) -> list[str]:
        """Tracks of sound that are not the first, and whose header has come, by
        :attr:`.AccessUnit.lane`; but for those that cannot be carried."""
        return [
            f"audio{number}"
            for number, lane in self._sounds.items()
            if number and lane.record is not None and not (lane.is_settled and lane.format is None)
        ]

    @property
    def formats(self) -> dict[str, TrackFormat]:
        """Of the tracks of which anything came that can be carried, by :attr:`.AccessUnit.lane`."""
        lanes = {"video": self._video}
        for number, lane in self._sounds.items():
            lanes[f"audio{number or ''}"] = lane
        return {name: lane.format for name, lane in lanes.items() if lane.format is not None}

    def restart(self) -> None:
        """Another publisher comes: its headers, its tracks, its clock."""
        for lane in (self._video, *self._sounds.values()):
            lane.forget()
        self._audio.times.leads = True
        self._times.break_off()
        self.left_out.clear()

    def read(self, type_id: int, timestamp_ms: int, body: bytes) -> AccessUnit | None:
        """Read a message; None if it has no access unit for the container.

        Never raises: what cannot be read or carried is in :attr:`left_out`.

        Args:
            type_id: messages that are neither video nor audio are passed over.
            timestamp_ms: unsigned 32 bits.
        """
        if self.others:
            self.others = []
        try:
            if type_id == _VIDEO:
                return self._read_video(self._video, timestamp_ms, parse_video(body))
            if type_id == _AUDIO:
                return self._read_audio(timestamp_ms, parse_audio(body))
        except ProtocolError as error:
            lane = self._video if type_id == _VIDEO else self._audio
            self.left_out.note(lane.kind, lane.codec, LeftOutReason.UNREADABLE, str(error))
        return None

    def _others(self, kind: str, bodies: Sequence[VideoBody | AudioBody]) -> None:
        """Name the tracks that are not the first."""
        for body in bodies:
            if body.track_id:
                most = f"tracks of sound are {self._most_sounds} at most"
                detail = f"track {body.track_id}; " + (
                    most
                    if kind == "audio" and self._most_sounds > 1
                    else "of each kind track 0 is carried"
                )
                self.left_out.note(kind, body.codec, LeftOutReason.OTHER_TRACK, detail)

    def _header(self, lane: _Lane, fourcc: str, record: bytes) -> None:
        if fourcc != lane.fourcc:
            lane.begin(fourcc)
        if record and record != lane.record:
            lane.record, lane.is_settled = record, False

    def _format(self, lane: _Lane, fourcc: str, frame: bytes) -> TrackFormat | None:
        """The format of a frame; None, and why is noted, if it cannot be carried."""
        if fourcc != lane.fourcc:
            lane.begin(fourcc)
        if not lane.is_settled:
            before, lane.format = lane.format, self._new_format(lane, frame)
            if lane.format == before:
                lane.format = before
            else:
                lane.has_key, lane.anchor, lane.held = False, None, b""
        if lane.format is None:
            self.left_out.note(lane.kind, lane.codec, *lane.why)
        return lane.format

    def _new_format(self, lane: _Lane, frame: bytes) -> TrackFormat | None:
        codec, record = lane.codec, lane.record
        if codec not in self._codecs:
            lane.is_settled = True
            lane.why = LeftOutReason.NOT_CARRIED, "the container has no place for it"
            return None
        lane.is_settled = record is not None
        try:
            if record is None:  # of each frame anew, for it may change
                made = format_of_frame(codec, frame)
            else:
                made = format_of_record(codec, record)
        except ProtocolError as error:
            known = lane.format
            if record is None and known is not None and known.codec == codec and known.sets:
                return known  # of parameter sets that came with a picture before
            lane.why = LeftOutReason.NO_HEADER, str(error)
            return None
        refusal = self._refusal(made)
        if refusal is not None:
            lane.is_settled = True
            lane.why = LeftOutReason.NOT_CARRIED, refusal
            return None
        return made

    def _read_video(
        self, lane: _Lane, timestamp_ms: int, bodies: list[VideoBody]
    ) -> AccessUnit | None:
        body = bodies[0]
        if body.multitrack is not None:
            self._others(lane.kind, bodies)
        kind, data = body.packet_type, body.data
        if body.codec == _AV1:  # AV1 in ISOBMFF, 2.4: not in samples; RTMP's are the same
            data = data.removeprefix(_TEMPORAL_DELIMITER)
        if body.track_id or body.frame_type is _COMMAND:
            return None
        if kind is _VIDEO_START:
            self._header(lane, body.codec, data)
            return None
        if not data or (kind is not _CODED and kind is not _CODED_X):
            return None
        track_format = self._format(lane, body.codec, data)
        if track_format is None:
            return None
        is_key = body.frame_type is _KEY
        begins = find_slice(body.codec, data, track_format.length_size)
        if begins is None:
            data = _salvaged(data, track_format.length_size)
            begins = find_slice(body.codec, data, track_format.length_size)
        if lane.held:
            data, is_key = lane.held + data, is_key or lane.held_key
            lane.held = b""
        if begins is None:
            if len(data) <= _MOST_HELD:
                lane.held, lane.held_key = data, is_key
            return None
        if not (lane.has_key or (is_key and begins)):
            detail = "pictures that nothing can be decoded from, before a keyframe"
            self.left_out.note(lane.kind, lane.codec, LeftOutReason.NO_KEYFRAME, detail)
            return None
        lane.has_key = True
        if not begins:
            before = lane.unit
            assert before is not None
            return AccessUnit(
                track_format, before.dts, before.pts, data, is_key=False, continues=True
            )
        return self._picture(lane, track_format, timestamp_ms, body, data, is_key)

    def _picture(
        self,
        lane: _Lane,
        track_format: TrackFormat,
        timestamp_ms: int,
        body: VideoBody,
        data: bytes,
        is_key: bool,
    ) -> AccessUnit:
        dts, breaks = self._times.place(lane.times, timestamp_ms, body.nano_offset)
        self._audio.times.leads = False
        if breaks:  # times of sound are not to be compared with those before either
            for sound in self._sounds.values():
                sound.unit = sound.anchor = None
        composition = body.composition_ms * TICKS_PER_MS
        pts = dts + composition
        if composition + lane.shift < 0:
            lane.shift = min(-composition, _MOST_SHIFT)
        if lane.shift:
            dts -= lane.shift
            if lane.unit is not None and not breaks:
                dts = max(dts, lane.unit.dts + 1)
            pts = max(pts, dts)  # also if it is noise
        lane.unit = unit = AccessUnit(
            track_format, dts, pts, data, is_key=is_key, discontinuity=breaks
        )
        return unit

    def _read_audio(self, timestamp_ms: int, bodies: list[AudioBody]) -> AccessUnit | None:
        if len(bodies) == 1 and not bodies[0].track_id:  # nearly always
            return self._read_sound(self._audio, timestamp_ms, bodies[0])
        first: AccessUnit | None = None
        for body in bodies:
            lane = self._sound_lane(body.track_id)
            if lane is None:
                self._others("audio", (body,))
                continue
            unit = self._read_sound(lane, timestamp_ms, body)
            if unit is not None and body.track_id:
                unit.track = body.track_id
                self.others.append(unit)
            else:
                first = first or unit
        return first

    def _sound_lane(self, number: int) -> _Lane | None:
        """That of a track of sound; None if there are too many."""
        lane = self._sounds.get(number)
        if lane is None and len(self._sounds) < self._most_sounds:
            lane = self._sounds[number] = _Lane("audio", self._times.new_track(leads=False))
        return lane

    def _read_sound(self, lane: _Lane, timestamp_ms: int, body: AudioBody) -> AccessUnit | None:
        data = body.data
        if body.packet_type is _AUDIO_START:
            self._header(lane, body.codec, data)
            return None
        if not data or body.packet_type is not _SOUND:
            return None
        track_format = self._format(lane, body.codec, data)
        if track_format is None:
            return None
        if lane.codec == "aac" and find_adts(data) is not None:
            data = _raw_aac(data)
        assert track_format.samples_of is not None
        samples = track_format.samples_of(data)
        ticks, breaks = self._times.place(lane.times, timestamp_ms, body.nano_offset)
        rate, anchor = track_format.sample_rate, lane.anchor
        dts = ticks if anchor is None else anchor + lane.samples * _HZ // rate
        if anchor is None or breaks or abs(ticks - dts) > _DRIFT_FRAMES * samples * _HZ // rate:
            if lane.unit is not None and not breaks:
                ticks = max(ticks, lane.unit.dts + 1)
            lane.anchor, lane.samples, dts = ticks, 0, ticks
        lane.samples += samples
        lane.unit = unit = AccessUnit(
            track_format, dts, dts, data, samples=samples, discontinuity=breaks
        )
        return unit


def _salvaged(data: bytes, length_size: int) -> bytes:
    """NALUs behind their lengths, also if start codes stand where lengths should, or the last one
    is cut short."""
    if length_size != _SALVAGED_SIZE:
        return data
    nalus, trouble = read_prefixed(data, length_size)
    return data if trouble is None else join_prefixed(nalus)


def _raw_aac(data: bytes) -> bytes:
    """What is in the one ADTS frame that a message should not be."""
    frames, left = split_adts(data)
    if len(frames) != 1 or left:
        raise CodecConfigError(f"{len(frames)} ADTS frames in a message, and {left} bytes more")
    return frames[0][1]
