"""What went by: messages counted, and a digest to compare two ends by. Floor 6."""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import attrs

from trio_srs.wire.flv import FrameKind, classify_audio, classify_video
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Tally"]

_HEAD: Final = struct.Struct(">BII")
_NO_FRAME: Final = (
    FrameKind.SEQUENCE_HEADER | FrameKind.SEQUENCE_END | FrameKind.METADATA | FrameKind.COMMAND
)


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
    """The first timestamp of audio or video."""
    last_ms: int = 0
    """The latest timestamp of audio or video."""
    _digest: hashlib._Hash = attrs.field(factory=hashlib.sha256)

    def add(self, message: Message) -> None:
        """Count a message."""
        body = message.payload
        self.messages += 1
        self.bytes += len(body)
        if message.type_id == MessageType.AUDIO:
            self.audio += 1
            self.audio_frames += not classify_audio(body) & _NO_FRAME
        elif message.type_id == MessageType.VIDEO:
            self.video += 1
            self.video_frames += not classify_video(body) & _NO_FRAME
        else:
            return
        self._digest.update(_HEAD.pack(message.type_id, message.timestamp_ms, len(body)))
        self._digest.update(body)
        if self.first_ms is None:
            self.first_ms = self.last_ms = message.timestamp_ms
        self.last_ms = max(self.last_ms, message.timestamp_ms)

    @property
    def has_media(self) -> bool:
        """Whether there was any audio or video."""
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
