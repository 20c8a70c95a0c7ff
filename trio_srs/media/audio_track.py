"""One audio track, from its first message. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.audio_headers import (
    AUDIO_HEADERS,
    FRAME_HEADERS,
    AudioHeader,
    legacy_header,
)
from trio_srs.media.facts import AudioFacts, TrackFacts
from trio_srs.media.samples import SampleClock
from trio_srs.media.track import Track
from trio_srs.wire.codec.adts import find_adts
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType

__all__ = ["AudioTrack"]

_AAC: Final = "aac"
_BARE_OPUS: Final = 13
"""The SoundFormat that some servers write Opus under: packets, without any header."""
# Asking an enumeration for a member takes long.
_FRAMES, _START = AudioPacketType.CODED_FRAMES, AudioPacketType.SEQUENCE_START
_NOTHING: Final = AudioHeader()
_SYNC: Final = b"\xff"


@attrs.define(eq=False)
class AudioTrack(Track):
    """Follows one audio track."""

    _header: AudioHeader = _NOTHING
    _samples: SampleClock = attrs.field(factory=SampleClock)

    def see(self, body: AudioBody, timestamp_ms: int, size: int) -> None:
        """Take the track's part of a message, all in all of so many bytes.

        Raises:
            ProtocolError: its header or its frame cannot be read; it is counted all the same.
        """
        self.is_frame = False
        self.name(body.codec, bare=body.sound_format == _BARE_OPUS)
        if body.packet_type is _FRAMES:
            self._see_frame(body, timestamp_ms, size)
        elif body.packet_type is _START:
            self.see_record(body.data, timestamp_ms)

    @property
    def needs_look(self) -> bool:
        """Whether the next frame may tell something that no header did."""
        return self._header is _NOTHING

    def forget_header(self) -> None:
        """Nothing is known of the frames to come but their codec."""
        self._header = _NOTHING
        self._samples.begin()

    def read_header(self, record: bytes) -> None:
        """Learn rate, channels and how long frames are. Raises ProtocolError."""
        read = AUDIO_HEADERS.get(self.codec)
        if read is not None:
            self._header = header = read(record)
            if header.trouble is not None:
                self.fail(header.trouble)

    def _see_frame(self, body: AudioBody, timestamp_ms: int, size: int) -> None:
        self.is_frame = True
        self.frames += 1
        data = body.data
        if self.is_full:
            time_ms = self.see_time(timestamp_ms, size)
            self.still.add(data, self.clock)
        if self._header is _NOTHING:
            self._learn(body)
        if data[:1] == _SYNC and self.codec == _AAC and find_adts(data) is not None:
            self.fail("an ADTS header before the frame, expected a raw frame")
        header = self._header
        if self.is_full and header.samples_of is not None and header.sample_rate:
            self._samples.add(time_ms, header.samples_of(data), header.sample_rate)

    def _learn(self, body: AudioBody) -> None:
        """Where no header came, from the frame itself. Raises ProtocolError."""
        read = FRAME_HEADERS.get(self.codec)
        if read is not None:
            self._header = read(body.data) or _NOTHING
        elif body.rate_hz:
            self._header = legacy_header(self.codec, body.rate_hz, body.channels, body.sample_bits)

    def facts(self) -> TrackFacts:
        """What is known so far."""
        header = self._header
        return TrackFacts(
            kind="audio",
            codec_string=header.codec_string,
            profile=header.profile,
            audio=AudioFacts(
                sample_rate=header.sample_rate,
                channels=header.channels,
                samples=self._samples.total,
                sample_drift_ms=self._samples.drift_ms,
            ),
            **self.shared_facts(),
        )
