"""Two seconds each of HEVC, AV1 and Opus that repeat for ever. Floor 1.

They are files of the package, read once. HEVC frames get the frame's number in an SEI; to AV1
and Opus nothing is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final

import attrs

from trio_srs.media.pattern.avc_encoder import number_payload
from trio_srs.media.pattern.pattern_track import PatternTrack
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.flv import FrameKind, classify_audio, classify_video
from trio_srs.wire.flv.tag import FlvReader, FlvTag
from trio_srs.wire.flv.video import build_video, parse_video
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["CANNED_FPS", "CANNED_GOP_S", "CANNED_SIZE", "canned_audio", "canned_video"]

CANNED_SIZE: Final = (320, 180)
CANNED_FPS: Final = Fraction(25)
CANNED_GOP_S: Final = 2.0

_PACKET_MS: Final = Fraction(20)
_PACKETS: Final = 100  # the last of the file is the codec's own delay
_PREFIX_SEI: Final = b"\x4e\x01"  # nal_unit_type 39, layer 0, temporal id 0 (H.265, 7.3.1.2)
_FOURCC: Final = {"hevc": "hvc1", "av1": "av01", "opus": "Opus"}


def canned_video(codec: str) -> PatternTrack:
    """``"hevc"`` or ``"av1"``: :data:`CANNED_SIZE`, a keyframe every 50 frames."""
    header, frames = _clip(codec)
    number_of = _hevc_numbered if codec == "hevc" else _as_it_is
    width, height = CANNED_SIZE
    return PatternTrack(
        header,
        lambda: _repeat(frames, number_of),
        1000 / CANNED_FPS,
        {
            "width": float(width),
            "height": float(height),
            "framerate": float(CANNED_FPS),
            "videocodecid": _codec_id(codec),
        },
    )


def canned_audio() -> PatternTrack:
    """Opus: 48 kHz, stereo, packets of 20 ms."""
    header, frames = _clip("opus")
    return PatternTrack(
        header,
        lambda: _repeat(frames[:_PACKETS], _as_it_is),
        _PACKET_MS,
        {"audiocodecid": _codec_id("opus"), "audiosamplerate": 48000.0, "stereo": True},
    )


def _codec_id(codec: str) -> float:
    """A FourCC as the number that E-RTMP has in metadata."""
    return float(int.from_bytes(_FOURCC[codec].encode(), "big"))


def _repeat(frames: tuple[bytes, ...], number_of: Callable[[bytes, int], bytes]) -> Iterator[bytes]:
    number = 0
    while True:
        yield number_of(frames[number % len(frames)], number)
        number += 1


def _as_it_is(body: bytes, number: int) -> bytes:
    return body


def _hevc_numbered(body: bytes, number: int) -> bytes:
    """Put the number before the picture. No parameter sets are in these, which would go first."""
    [frame] = parse_video(body)
    sei = join_prefixed((_PREFIX_SEI + number_payload(number),))
    return build_video([attrs.evolve(frame, data=sei + frame.data)])


@cache
def _clip(name: str) -> tuple[bytes, tuple[bytes, ...]]:
    """The sequence header and the frames of a file of ours."""
    reader = FlvReader()
    reader.feed((files(__package__) / "canned" / f"{name}.flv").read_bytes())
    header, frames = b"", []
    for tag in iter(reader.next_tag, None):
        kind = _kind(tag)
        if kind == FrameKind.SEQUENCE_HEADER:
            header = tag.body  # of two, the first is empty
        elif kind in (0, FrameKind.KEYFRAME):
            frames.append(tag.body)
    return header, tuple(frames)


def _kind(tag: FlvTag) -> int:
    if tag.type_id == MessageType.VIDEO:
        return classify_video(tag.body)
    return classify_audio(tag.body) if tag.type_id == MessageType.AUDIO else FrameKind.METADATA
