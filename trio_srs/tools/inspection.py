"""What a stream is made of, as told by its own messages. Floor 6."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.tools.tally import Tally
from trio_srs.wire.amf.values import Value
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.av1 import parse_av1_config
from trio_srs.wire.codec.avc import parse_avc_config
from trio_srs.wire.codec.avc import parse_sps as parse_avc_sps
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc import parse_sps as parse_hevc_sps
from trio_srs.wire.codec.ids import codec_by_fourcc
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.codec.vp9 import parse_vp9_config
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, parse_audio
from trio_srs.wire.flv.script import data_frame_name, parse_metadata
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["AudioFacts", "Inspection", "Rate", "VideoFacts"]

_AVC_PROFILES: Final = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_HEVC_PROFILES: Final = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"}
_AV1_PROFILES: Final = {0: "Main", 1: "High", 2: "Professional"}
_AAC_PROFILES: Final = {1: "Main", 2: "LC", 5: "HE", 29: "HEv2", 23: "LD", 39: "ELD", 42: "xHE"}


@attrs.define
class Rate:
    """Counts things that have a timestamp, and says how often they come."""

    count: int = 0
    first_ms: int = 0
    last_ms: int = 0

    def add(self, timestamp_ms: int) -> None:
        """Count one more."""
        if not self.count:
            self.first_ms = self.last_ms = timestamp_ms
        self.count += 1
        self.first_ms = min(self.first_ms, timestamp_ms)
        self.last_ms = max(self.last_ms, timestamp_ms)

    @property
    def interval_ms(self) -> float | None:
        """From one to the next, on average; None while there are not two at different times."""
        if self.last_ms == self.first_ms:
            return None
        return (self.last_ms - self.first_ms) / (self.count - 1)

    @property
    def per_second(self) -> float | None:
        """How many in a second; None likewise."""
        return None if self.interval_ms is None else 1000 / self.interval_ms


@attrs.define
class VideoFacts:
    """The video of a stream; None is what was not said."""

    codec: str = ""
    """Our name of it, or the FourCC of one we do not know."""
    codec_string: str | None = None
    """The RFC 6381 name, such as ``avc1.64001f``."""
    profile: str | None = None
    level: str | None = None
    width: int | None = None
    """Pixels."""
    height: int | None = None
    trouble: str | None = None
    """What could not be read of it."""
    bytes: int = 0
    frames: Rate = attrs.field(factory=Rate)
    keyframes: Rate = attrs.field(factory=Rate)

    def as_dict(self) -> dict[str, object]:
        """The facts, as JSON can have them."""
        gop_ms, fps = self.keyframes.interval_ms, self.frames.per_second
        return {
            **_said(self),
            "frames": self.frames.count,
            "keyframes": self.keyframes.count,
            "fps": _round(fps),
            "gop_ms": _round(gop_ms),
            "gop_frames": _round(gop_ms * fps / 1000) if gop_ms and fps else None,
            "bitrate_kbps": _kbps(self.bytes, self.frames),
        }


@attrs.define
class AudioFacts:
    """The audio of a stream; None is what was not said."""

    codec: str = ""
    """As in :class:`VideoFacts`."""
    codec_string: str | None = None
    profile: str | None = None
    sample_rate: int | None = None
    """Hz, as played."""
    channels: int | None = None
    trouble: str | None = None
    bytes: int = 0
    frames: Rate = attrs.field(factory=Rate)

    def as_dict(self) -> dict[str, object]:
        """The facts, as JSON can have them."""
        return {
            **_said(self),
            "frames": self.frames.count,
            "bitrate_kbps": _kbps(self.bytes, self.frames),
        }


def _said(facts: VideoFacts | AudioFacts) -> dict[str, object]:
    fields = attrs.asdict(facts, recurse=False)
    return {key: fields[key] for key in fields if key not in ("bytes", "frames", "keyframes")}


@attrs.define(eq=False)
class Inspection:
    """Looks at a stream's messages as they go by; of a multitrack body at its first track."""

    tally: Tally = attrs.field(factory=Tally)
    video: VideoFacts | None = None
    audio: AudioFacts | None = None
    metadata: dict[str, Value] | None = None
    """What the last ``onMetaData`` said."""

    def add(self, message: Message) -> None:
        """Look at a message. Never raises for what is in it."""
        self.tally.add(message)
        match message.type_id:
            case MessageType.VIDEO:
                self.video = self.video or VideoFacts()
                self._on_video(self.video, message)
            case MessageType.AUDIO:
                self.audio = self.audio or AudioFacts()
                self._on_audio(self.audio, message)
            case MessageType.DATA_AMF0 if data_frame_name(message.payload) in _METADATA:
                self._on_metadata(message)

    def _on_video(self, facts: VideoFacts, message: Message) -> None:
        facts.bytes += len(message.payload)
        try:
            body = parse_video(message.payload)[0]
            if body.frame_type is FrameType.COMMAND:
                return
            facts.codec = _codec_name(body.codec)
            if body.packet_type is VideoPacketType.SEQUENCE_START:
                _VIDEO_RECORDS.get(facts.codec, _nothing)(facts, body)
            elif body.packet_type in _CODED:
                facts.frames.add(message.timestamp_ms)
                if body.frame_type is FrameType.KEY:
                    facts.keyframes.add(message.timestamp_ms)
        except ProtocolError as error:
            facts.trouble = str(error)

    def _on_audio(self, facts: AudioFacts, message: Message) -> None:
        facts.bytes += len(message.payload)
        try:
            body = parse_audio(message.payload)[0]
            facts.codec = _codec_name(body.codec)
            if body.packet_type is AudioPacketType.SEQUENCE_START:
                _AUDIO_RECORDS.get(facts.codec, _nothing)(facts, body)
            elif body.packet_type is AudioPacketType.CODED_FRAMES:
                facts.frames.add(message.timestamp_ms)
                if body.rate_hz and facts.codec not in _AUDIO_RECORDS:
                    facts.sample_rate, facts.channels = body.rate_hz, body.channels
        except ProtocolError as error:
            facts.trouble = str(error)

    def _on_metadata(self, message: Message) -> None:
        try:
            self.metadata = parse_metadata(message.payload).values
        except ProtocolError:
            self.metadata = None

    def as_dict(self) -> dict[str, object]:
        """Everything, as JSON can have it."""
        tally = self.tally
        seconds = tally.media_s
        return {
            "seconds": seconds,
            "bitrate_kbps": _round(tally.bytes * 8 / 1000 / seconds) if seconds else None,
            "video": self.video.as_dict() if self.video else None,
            "audio": self.audio.as_dict() if self.audio else None,
            "metadata": None if self.metadata is None else plain(self.metadata),
        }


_METADATA: Final = ("onMetaData", "@setDataFrame")
_CODED: Final = (VideoPacketType.CODED_FRAMES, VideoPacketType.CODED_FRAMES_X)


def _nothing(facts: object, body: object) -> None:
    """A record of a codec that has none, or none that we read."""


def _avc(facts: VideoFacts, body: VideoBody) -> None:
    config = parse_avc_config(body.data)
    facts.codec_string = config.codec_string
    facts.profile = _AVC_PROFILES.get(config.profile, str(config.profile))
    facts.level = f"{config.level / 10:g}"
    sps = parse_avc_sps(config.sps[0])
    facts.width, facts.height = sps.width, sps.height


def _hevc(facts: VideoFacts, body: VideoBody) -> None:
    config = parse_hevc_config(body.data)
    facts.codec_string = config.codec_string
    facts.profile = _HEVC_PROFILES.get(config.profile, str(config.profile))
    facts.level = f"{config.level / 30:g}"
    sps = parse_hevc_sps(config.sps[0])
    facts.width, facts.height = sps.width, sps.height


def _av1(facts: VideoFacts, body: VideoBody) -> None:
    config = parse_av1_config(body.data)
    facts.codec_string = config.codec_string
    facts.profile = _AV1_PROFILES.get(config.profile, str(config.profile))
    facts.level = f"{2 + (config.level >> 2)}.{config.level & 3}"
    if config.sequence is not None:
        facts.width, facts.height = config.sequence.width, config.sequence.height


def _vp9(facts: VideoFacts, body: VideoBody) -> None:
    config = parse_vp9_config(body.data)
    facts.codec_string = config.codec_string
    facts.profile = str(config.profile)
    facts.level = f"{config.level / 10:g}"


def _aac(facts: AudioFacts, body: AudioBody) -> None:
    config = parse_audio_specific_config(body.data)
    facts.codec_string = config.codec_string
    kind = 29 if config.ps else 5 if config.sbr else config.object_type
    facts.profile = _AAC_PROFILES.get(kind, str(kind))
    facts.sample_rate, facts.channels = config.sample_rate, config.channels


def _opus(facts: AudioFacts, body: AudioBody) -> None:
    head = parse_opus_head(body.data)
    facts.codec_string = head.codec_string
    facts.sample_rate, facts.channels = head.sample_rate, head.channels


_VIDEO_RECORDS: Final[Mapping[str, Callable[[VideoFacts, VideoBody], None]]] = {
    "h264": _avc,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
}
_AUDIO_RECORDS: Final[Mapping[str, Callable[[AudioFacts, AudioBody], None]]] = {
    "aac": _aac,
    "opus": _opus,
}


def _codec_name(fourcc: str) -> str:
    codec = codec_by_fourcc(fourcc)
    return codec.name if codec else fourcc


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _kbps(size: int, frames: Rate) -> float | None:
    """Bytes over the time that so many frames last."""
    interval_ms = frames.interval_ms
    return None if interval_ms is None else _round(size * 8 / (interval_ms * frames.count))


def plain(value: Value, depth: int = 4) -> object:
    """An AMF value as JSON can have it: what JSON does not know becomes text, and so does what
    is nested deeper than ``depth``."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dict() if depth:
            return {key: plain(each, depth - 1) for key, each in value.items()}
        case list() if depth:
            return [plain(each, depth - 1) for each in value]
        case _:
            return f"<{type(value).__name__}>"
