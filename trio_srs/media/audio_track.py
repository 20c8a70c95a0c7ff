"""One audio track, from its first message. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.audio_headers import AUDIO_HEADERS, AudioHeader, read_mp3_frame
from trio_srs.media.facts import AudioFacts, TrackFacts
from trio_srs.media.samples import SampleClock
from trio_srs.media.track import Track
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType

__all__ = ["AudioTrack"]

_MP3: Final = "mp3"
# Asking an enumeration for a member takes long.
_FRAMES, _START = AudioPacketType.CODED_FRAMES, AudioPacketType.SEQUENCE_START
_NOTHING: Final = AudioHeader()


@attrs.define(eq=False)
class AudioTrack(Track):
    """Follows one audio track."""

    is_frame: bool = False
    """Whether the newest message has coded audio."""
    _header: AudioHeader = _NOTHING
    _samples: SampleClock = attrs.field(factory=SampleClock)

    def see(self, body: AudioBody, timestamp_ms: int, size: int) -> None:
        """Take the track's part of a message, all in all of so many bytes.

        Raises:
            ProtocolError: its header or its frame cannot be read; it is counted all the same.
        """
        self.is_frame = False
        self.name(body.codec)
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
            self._header = read(record)

    def _see_frame(self, body: AudioBody, timestamp_ms: int, size: int) -> None:
        self.is_frame = True
        self.frames += 1
        data = body.data
        if self.is_full:
            time_ms = self.see_time(timestamp_ms, size)
            self.still.add(data, self.clock.interval_ms or 0)
        if self._header is _NOTHING:
            self._learn(body)
        header = self._header
        if self.is_full and header.samples_of is not None and header.sample_rate:
            self._samples.add(time_ms, header.samples_of(data), header.sample_rate)

    def _learn(self, body: AudioBody) -> None:
        """Of codecs without a header, from the frame itself. Raises ProtocolError."""
        if self.codec == _MP3:
            self._header = read_mp3_frame(body.data)
        elif body.rate_hz and self.codec not in AUDIO_HEADERS:
            self._header = AudioHeader(sample_rate=body.rate_hz, channels=body.channels)

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
