"""From access units to RTMP's messages: what other containers carry, as everything here reads it.
Floor 1."""

from __future__ import annotations

from typing import Final

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.flv.audio import (
    SOUND_FORMAT_ENHANCED,
    AudioBody,
    AudioPacketType,
    build_audio,
)
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, build_video
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["MessageWriter"]

_LEGACY_VIDEO: Final = frozenset({"h264"})
_AAC, _MP3, _MP3_8K = 10, 2, 14
_MP3_RATES: Final = {8000: _MP3_8K, 11025: _MP3, 22050: _MP3, 44100: _MP3}
"""SoundFormats by the rates that the legacy form has a number for."""
_MOST_COMPOSITION_MS: Final = 0x7FFFFF


class MessageWriter:
    """Writes what :class:`~trio_srs.media.remux.unit_reader.UnitReader` reads.

    H.264, AAC and MP3 are written in the legacy form where that can say them, all else with a
    FourCC. A sequence header stands where a track begins, and where its format is another. Times
    are rounded to milliseconds; RTMP has none before 0, so if the first is earlier, all are as
    much later.
    """

    def __init__(self) -> None:
        self._formats: dict[str, TrackFormat] = {}
        self._shift = -1  # ticks; known with the first unit

    def write(self, unit: AccessUnit) -> list[Message]:
        """The unit's message, behind a sequence header where there has to be one."""
        if self._shift < 0:
            self._shift = max(0, -unit.dts)
        track_format, kind = unit.format, unit.format.kind
        at_ms = self._ms(unit.dts)
        make = self._picture if kind == "video" else _sound
        type_id = MessageType.VIDEO if kind == "video" else MessageType.AUDIO
        bodies = []
        known = self._formats.get(kind)
        if known is not track_format:
            self._formats[kind] = track_format
            if known != track_format and track_format.record:
                bodies.append(_header(track_format))
        bodies.append(make(unit))
        return [Message(type_id, 0, at_ms & 0xFFFFFFFF, body) for body in bodies]

    def _ms(self, ticks: int) -> int:
        return (2 * (ticks + self._shift) + TICKS_PER_MS) // (2 * TICKS_PER_MS)

    def _picture(self, unit: AccessUnit) -> bytes:
        composition_ms = self._ms(unit.pts) - self._ms(unit.dts)
        return _video(
            unit.format.codec,
            FrameType.KEY if unit.is_key else FrameType.INTER,
            VideoPacketType.CODED_FRAMES,
            unit.data,
            min(composition_ms, _MOST_COMPOSITION_MS),
        )


def _header(track_format: TrackFormat) -> bytes:
    codec, record = track_format.codec, track_format.record
    if track_format.kind == "video":
        return _video(codec, FrameType.KEY, VideoPacketType.SEQUENCE_START, record)
    return _audio(track_format, AudioPacketType.SEQUENCE_START, record)


def _video(
    codec: str,
    frame_type: FrameType,
    packet_type: VideoPacketType,
    data: bytes,
    composition_ms: int = 0,
) -> bytes:
    fourcc, enhanced = BY_NAME[codec].fourcc, codec not in _LEGACY_VIDEO
    body = VideoBody(fourcc, frame_type, packet_type, data, composition_ms, enhanced=enhanced)
    return build_video([body])


def _sound(unit: AccessUnit) -> bytes:
    return _audio(unit.format, AudioPacketType.CODED_FRAMES, unit.data)


def _audio(track_format: TrackFormat, packet_type: AudioPacketType, data: bytes) -> bytes:
    codec, rate = track_format.codec, track_format.sample_rate
    body = AudioBody(BY_NAME[codec].fourcc, packet_type, data)
    if codec == "aac":  # whatever its rate and channels are (FLV 10.1, E.4.2.1)
        body.sound_format, body.rate_hz, body.channels = _AAC, 44100, 2
    elif codec == "mp3":
        body.sound_format = _MP3_RATES.get(rate, SOUND_FORMAT_ENHANCED)
        body.rate_hz, body.channels = rate, track_format.channels
    body.sample_bits = 16
    return build_audio([body])
