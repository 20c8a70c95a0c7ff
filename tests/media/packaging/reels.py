"""Streams of every codec, of frames that ffmpeg made, as long as is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import count, takewhile
from typing import Final

import attrs

from tests.media.remux.records import DATA, Message, file_messages, sound
from trio_srs.wire.flv import FrameKind, classify_audio, classify_video
from trio_srs.wire.flv.audio import AudioPacketType
from trio_srs.wire.mp4.mp4_reader import Mp4Fragment, Mp4Reader

__all__ = ["PICTURES", "SOUNDS", "Reel", "reel", "together"]

OTHERS: Final = FrameKind.SEQUENCE_END | FrameKind.METADATA | FrameKind.COMMAND


@attrs.frozen
class Reel:
    """A few frames of one track, over and over."""

    file: str
    type_id: int
    interval_ms: float
    most: int = 1000
    """Frames that are repeated: from one keyframe to the next, none shown before the first."""

    @property
    def messages(self) -> tuple[list[bytes], list[bytes]]:
        """Bodies of the sequence header, if there is one, and of the frames."""
        return _read(self.file, self.type_id, self.most)


@cache
def _read(file: str, type_id: int, most: int) -> tuple[list[bytes], list[bytes]]:
    if file.endswith(".mp4"):
        return _read_mp4(file)
    classify = classify_video if type_id == 9 else classify_audio
    heads, frames = [], []
    for each, _, body in file_messages(DATA / "flv" / file):
        if each == type_id:
            kind = classify(body)
            if kind & FrameKind.SEQUENCE_HEADER:
                heads.append(body)
            elif not kind & OTHERS:
                frames.append(body)
    return heads, frames[:most]


def _read_mp4(file: str) -> tuple[list[bytes], list[bytes]]:
    """FLAC, which ffmpeg does not write into FLV."""
    events = Mp4Reader().feed((DATA / "mp4" / file).read_bytes())
    samples = [s for event in events if isinstance(event, Mp4Fragment) for s in event.samples]
    samples = [sample for sample in samples if sample.track.entry.codec == "flac"]
    start = AudioPacketType.SEQUENCE_START
    head = sound("fLaC", 0, samples[0].track.entry.record, packet_type=start)
    return [head[2]], [sound("fLaC", 0, sample.data)[2] for sample in samples[:-1]]


PICTURES: Final[Mapping[str, Reel]] = {
    "h264": Reel("ffmpeg_h264_mp3.flv", 9, 40.0, 6),
    "hevc": Reel("ffmpeg_hevc_eac3.flv", 9, 40.0, 4),
    "av1": Reel("ffmpeg_av1_aac.flv", 9, 40.0, 6),
    "vp9": Reel("ffmpeg_vp9_opus.flv", 9, 40.0, 6),
}
SOUNDS: Final[Mapping[str, Reel]] = {
    "aac": Reel("ffmpeg_av1_aac.flv", 8, 1024 / 48),
    "opus": Reel("ffmpeg_vp9_opus.flv", 8, 20.0, 20),
    "mp3": Reel("ffmpeg_h264_mp3.flv", 8, 1152 / 44.1),
    "ac3": Reel("ffmpeg_h264_ac3.flv", 8, 32.0),
    "eac3": Reel("ffmpeg_hevc_eac3.flv", 8, 32.0),
    "flac": Reel("ffmpeg_vp9_flac.mp4", 8, 1024 / 48),
}


def reel(kept: Reel, seconds: float, start_ms: int = 0) -> list[Message]:
    """A track of so many seconds."""
    heads, frames = kept.messages
    times = takewhile(lambda at_ms: at_ms < seconds * 1000, (n * kept.interval_ms for n in count()))
    made = [(kept.type_id, start_ms, body) for body in heads]
    for number, at_ms in enumerate(times):
        body = frames[number % len(frames)]
        made.append((kept.type_id, (start_ms + round(at_ms)) % (1 << 32), body))
    return made


def together(*tracks: list[Message]) -> list[Message]:
    """In the order of their times."""
    return sorted((each for track in tracks for each in track), key=lambda each: each[1])
