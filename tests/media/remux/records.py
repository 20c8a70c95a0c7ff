"""Messages to be remuxed: real headers, pictures of a few bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.mp3 import mp3_frame_size
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.codec.opus import build_opus_head
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, build_audio
from trio_srs.wire.flv.enhanced import Multitrack
from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, build_video

__all__ = [
    "ASC",
    "AVC",
    "AVC_OTHER",
    "HEVC",
    "IDR",
    "INTER",
    "IRAP",
    "OTHER_SLICE",
    "TRAIL",
    "Message",
    "aac",
    "aac_head",
    "avc",
    "enhanced",
    "file_messages",
    "head",
    "hevc",
    "live",
    "mp3",
    "opus",
    "opus_head",
    "other_head",
    "other_sound",
    "sound",
    "video",
]

DATA: Final = Path(__file__).parents[2] / "data"
Message = tuple[int, int, bytes]
"""Type id, timestamp in ms, body."""

AVC: Final = (DATA / "codec" / "avc_high_320x242.bin").read_bytes()
AVC_OTHER: Final = (DATA / "codec" / "avc_baseline_320x242.bin").read_bytes()
HEVC: Final = (DATA / "codec" / "hevc_main_320x242.bin").read_bytes()
ASC: Final = build_audio_specific_config(2, 48000, 2)
IDR, INTER, OTHER_SLICE = b"\x65\x88\x84", b"\x41\x9a\x24", b"\x41\x3a\x24"
IRAP, TRAIL = b"\x26\x01\xaf", b"\x02\x01\xd0"


def video(codec: str, at_ms: int, data: bytes, **fields: object) -> Message:
    said: dict[str, object] = {
        "frame_type": FrameType.INTER, "packet_type": VideoPacketType.CODED_FRAMES,
        "enhanced": codec not in ("avc1", "hvc1"),
    }  # fmt: skip
    body = VideoBody(codec, data=data, **(said | fields))  # type: ignore[arg-type]  # by name
    return 9, at_ms % (1 << 32), build_video([body])


def head(record: bytes = AVC, at_ms: int = 0, codec: str = "avc1") -> Message:
    """A video sequence header."""
    return video(
        codec, at_ms, record, frame_type=FrameType.KEY, packet_type=VideoPacketType.SEQUENCE_START
    )


def avc(at_ms: int, *nalus: bytes, key: bool = False, cts: int = 0) -> Message:
    """A picture of H.264; without NALUs, of one slice."""
    data = join_prefixed(nalus or ((IDR if key else INTER) + b"%d" % at_ms,))
    kind = FrameType.KEY if key else FrameType.INTER
    return video("avc1", at_ms, data, frame_type=kind, composition_ms=cts)


def hevc(at_ms: int, *nalus: bytes, key: bool = False) -> Message:
    """A picture of H.265."""
    data = join_prefixed(nalus or ((IRAP if key else TRAIL) + b"%d" % at_ms,))
    return video("hvc1", at_ms, data, frame_type=FrameType.KEY if key else FrameType.INTER)


def enhanced(codec: str, at_ms: int, data: bytes, *, key: bool = True) -> Message:
    """A picture of any codec."""
    kind = FrameType.KEY if key else FrameType.INTER
    return video(codec, at_ms, data, frame_type=kind, enhanced=True)


def sound(codec: str, at_ms: int, data: bytes, **fields: object) -> Message:
    said: dict[str, object] = {"packet_type": AudioPacketType.CODED_FRAMES}
    body = AudioBody(codec, data=data, **(said | fields))  # type: ignore[arg-type]  # by name
    return 8, at_ms % (1 << 32), build_audio([body])


def aac_head(at_ms: int = 0, config: bytes = ASC) -> Message:
    """An AAC sequence header."""
    return sound("mp4a", at_ms, config, packet_type=AudioPacketType.SEQUENCE_START)


def aac(at_ms: int, data: bytes = b"\x21\x10sound") -> Message:
    """A frame of AAC."""
    return sound("mp4a", at_ms, data)


def other_sound(track: int, at_ms: int, data: bytes, **fields: object) -> Message:
    """A frame of AAC of a track that is not the first, as Enhanced RTMP has it."""
    one = {"track_id": track, "multitrack": Multitrack.ONE_TRACK}
    return sound("mp4a", at_ms, data, **(one | fields))


def other_head(track: int, at_ms: int = 0, config: bytes = ASC) -> Message:
    """The sequence header of one."""
    return other_sound(track, at_ms, config, packet_type=AudioPacketType.SEQUENCE_START)


def opus_head(at_ms: int = 0, channels: int = 2, family: int | None = None) -> Message:
    """An Opus sequence header."""
    record = build_opus_head(channels, 312)
    if family is not None:
        record = record[:18] + bytes((family,)) + record[19:]
    return sound("Opus", at_ms, record, packet_type=AudioPacketType.SEQUENCE_START)


def opus(at_ms: int, data: bytes = b"\xfc1234") -> Message:
    """A packet of Opus, of 20 ms."""
    return sound("Opus", at_ms, data)


def mp3(at_ms: int, head: str = "fffb9064") -> Message:
    """A frame of MP3, as the head says."""
    start = bytes.fromhex(head)
    return sound(".mp3", at_ms, start + bytes(mp3_frame_size(start) - len(start)))


def live(
    seconds: int, fps: int = 25, start_ms: int = 0, *, with_sound: bool = True
) -> list[Message]:
    """Pictures with B-frames and sound, as they come live."""
    pictures = [
        avc(start_ms + n * 1000 // fps, key=n % fps == 0, cts=(80, 160, 80, 0)[n % 4])
        for n in range(seconds * fps)
    ]
    sounds = [aac(start_ms + n * 64 // 3) for n in range(seconds * 3000 // 64)]
    both = [*pictures, *sounds] if with_sound else pictures
    frames = sorted(both, key=lambda message: (message[1] - start_ms) % (1 << 32))
    return [head(AVC, start_ms), aac_head(start_ms), *frames]


def file_messages(path: Path) -> list[Message]:
    """What is in an FLV file."""
    reader = FlvReader()
    reader.feed(path.read_bytes())
    return [(tag.type_id, tag.timestamp_ms, tag.body) for tag in iter(reader.next_tag, None)]
