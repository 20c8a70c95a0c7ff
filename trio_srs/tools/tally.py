"""What went by: messages counted, and a digest to compare two ends by. Floor 6."""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import attrs

from trio_srs.wire.flv import FrameKind, classify_audio, classify_video
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.serial import SerialTime

__all__ = ["Tally", "is_frame"]

_HEAD: Final = struct.Struct(">BII")
_NO_FRAME: Final = (
    FrameKind.SEQUENCE_HEADER | FrameKind.SEQUENCE_END | FrameKind.METADATA | FrameKind.COMMAND
)


def is_frame(message: Message) -> bool:
    """Whether it has coded audio or video, and so a timestamp that says something."""
    match message.type_id:
        case MessageType.AUDIO:
            return not classify_audio(message.payload) & _NO_FRAME
        case MessageType.VIDEO:
            return not classify_video(message.payload) & _NO_FRAME
    return False


@attrs.define(eq=False)
class Tally:
    """Counts a stream's messages as they go by."""

    messages: int = 0
    audio: int = 0
    video: int = 0
    audio_frames: int = 0
    """Audio messages but for headers and the like; :attr:`video_frames` likewise."""
    video_frames: int = 0
    bytes: int = 0
    """Of payload."""
    first_ms: int | None = None
    """The first timestamp of an audio or video frame."""
    last_ms: int = 0
    """The latest timestamp of a frame, those that go round at 2**32 counted on."""
    _time: SerialTime = attrs.field(factory=SerialTime)
    _digest: hashlib._Hash = attrs.field(factory=hashlib.sha256)

    def add(self, message: Message) -> None:
        """Count a message, and take audio and video into the digest."""
        body = message.payload
        self.messages += 1
        self.bytes += len(body)
        if message.type_id == MessageType.AUDIO:
            self.audio += 1
            self.audio_frames += (has_time := is_frame(message))
        elif message.type_id == MessageType.VIDEO:
            self.video += 1
            self.video_frames += (has_time := is_frame(message))
        else:
            return
        self._digest.update(_HEAD.pack(message.type_id, message.timestamp_ms, len(body)))
        self._digest.update(body)
        if not has_time:  # its timestamp says nothing: ffmpeg's is 0 wherever the media begins
            return
        time_ms = self._time.place(message.timestamp_ms)
        if self.first_ms is None:
            self.first_ms = self.last_ms = time_ms
        self.last_ms = max(self.last_ms, time_ms)

    @property
    def has_media(self) -> bool:
        """Whether there was any frame of audio or video: headers are none."""
        return self.first_ms is not None

    @property
    def media_s(self) -> float:
        """Seconds of media: from the first timestamp to the latest."""
        return 0.0 if self.first_ms is None else (self.last_ms - self.first_ms) / 1000

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the audio and video so far.

        Of each message the type (1 byte), the timestamp and the length (4 bytes each, big
        endian) and the payload. Other messages have no part in it: servers put their own
        words into metadata.
        """
        return self._digest.hexdigest()

    def as_dict(self) -> dict[str, object]:
        """The counts, as commands print them."""
        return {
            "messages": self.messages,
            "audio": self.audio,
            "video": self.video,
            "bytes": self.bytes,
            "seconds": self.media_s,
            "digest": self.digest,
        }
