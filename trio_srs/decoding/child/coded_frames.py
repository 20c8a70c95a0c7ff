"""The coded frames of a file, numbered as traces number them. Floor 2.

Of each kind the first track is read. What belongs to one picture is one frame, in however many
messages it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.stream_clock import StreamClock
from trio_srs.media.video_track import VideoTrack
from trio_srs.wire.codec.ids import codec_by_fourcc
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, parse_audio
from trio_srs.wire.flv.tag import FlvReader, FlvTag
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.serial import SerialTime

__all__ = ["CodedFormat", "CodedFrame", "coded_frames"]

_READ: Final = 256 * 1024


@attrs.frozen
class CodedFormat:
    """What a decoder has to know before the frames that follow."""

    kind: str
    codec: str
    """Our name; a FourCC that has none as it is."""
    record: bytes = b""
    rate_hz: int = 0
    """Of codecs whose FLV header says it."""
    channels: int = 0
    sample_bits: int = 0


@attrs.define
class CodedFrame:
    """One frame. Treat as immutable."""

    format: CodedFormat
    """The same object for as long as nothing changes."""
    index: int
    timestamp_ms: int
    time_ms: float
    """When it is shown or heard, on a clock that never goes round."""
    data: bytes
    is_key: bool


def coded_frames(path: Path) -> Iterator[CodedFrame]:
    """Read a file (FLV) to its end, or to where it cannot be read on.

    Raises:
        OSError: it cannot be read.
    """
    frames = _Frames()
    reader = FlvReader()
    with path.open("rb") as file:
        try:
            while data := file.read(_READ):
                reader.feed(data)
                while (tag := reader.next_tag()) is not None:
                    yield from frames.take(tag)
        except ProtocolError:  # the report says that the file breaks off
            pass
    yield from frames.finish()


class _Frames:
    """Puts frames together as their messages come."""

    def __init__(self) -> None:
        clock = StreamClock()
        self._time = SerialTime()
        self._video: VideoTrack | None = None
        self._audio: AudioTrack | None = None
        self._clock = clock
        self._formats: dict[str, CodedFormat] = {}
        self._picture: CodedFrame | None = None
        self._ahead = b""

    def take(self, tag: FlvTag) -> Iterator[CodedFrame]:
        """The frames that are whole with this tag."""
        try:
            if tag.type_id == MessageType.VIDEO:
                yield from self._take_video(tag, parse_video(tag.body))
            elif tag.type_id == MessageType.AUDIO:
                yield from self._take_audio(tag, parse_audio(tag.body))
        except ProtocolError:  # what cannot be read is a track's trouble, and no frame
            return

    def finish(self) -> Iterator[CodedFrame]:
        """The picture of which no more will come."""
        if self._picture is not None:
            yield self._picture
            self._picture = None

    def _take_video(self, tag: FlvTag, bodies: list[VideoBody]) -> Iterator[CodedFrame]:
        if self._video is None:
            self._video = VideoTrack(bodies[0].track_id, True, self._clock.new_clock())
        track = self._video
        for body in bodies:
            if body.track_id != track.track_id or body.frame_type is FrameType.COMMAND:
                continue
            if body.packet_type is VideoPacketType.SEQUENCE_START and body.data:
                self._formats["video"] = CodedFormat("video", _name(body.codec), body.data)
            try:
                track.see(body, tag.timestamp_ms, len(tag.body))
            except ProtocolError:
                track.fail("it cannot be read")
            yield from self._put_together(track, body, tag.timestamp_ms)

    def _put_together(
        self, track: VideoTrack, body: VideoBody, timestamp_ms: int
    ) -> Iterator[CodedFrame]:
        if track.is_frame:
            yield from self.finish()
            self._picture = CodedFrame(
                self._format("video", body.codec), track.frames - 1, timestamp_ms,
                self._time.place(timestamp_ms) + body.composition_ms,
                self._ahead + body.data, track.is_key,
            )  # fmt: skip
            self._ahead = b""
        elif track.is_part and self._picture is not None:
            self._picture.data += body.data
        elif track.is_ahead:
            self._ahead += body.data

    def _take_audio(self, tag: FlvTag, bodies: list[AudioBody]) -> Iterator[CodedFrame]:
        if self._audio is None:
            self._audio = AudioTrack(bodies[0].track_id, True, self._clock.new_clock())
        track = self._audio
        for body in bodies:
            if body.track_id != track.track_id:
                continue
            if body.packet_type is AudioPacketType.SEQUENCE_START and body.data:
                self._formats["audio"] = CodedFormat("audio", _name(body.codec), body.data)
            try:
                track.see(body, tag.timestamp_ms, len(tag.body))
            except ProtocolError:
                track.fail("it cannot be read")
            if track.is_frame:
                said = (body.rate_hz, body.channels, body.sample_bits)
                yield CodedFrame(
                    self._format("audio", body.codec, said), track.frames - 1, tag.timestamp_ms,
                    self._time.place(tag.timestamp_ms), body.data, True,
                )  # fmt: skip

    def _format(
        self, kind: str, fourcc: str, said: tuple[int, int, int] = (0, 0, 0)
    ) -> CodedFormat:
        codec = _name(fourcc)
        known = self._formats.get(kind)
        if known is None or known.codec != codec:
            known = self._formats[kind] = CodedFormat(kind, codec, b"", *said)
        return known


def _name(fourcc: str) -> str:
    codec = codec_by_fourcc(fourcc)
    return fourcc if codec is None else codec.name
