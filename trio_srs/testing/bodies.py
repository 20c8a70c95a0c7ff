"""Media messages for tests: small, lawful, and told apart at a glance. Floor 7.

Headers are real (a 320x240 H.264 picture, 44.1 kHz stereo AAC), so that whoever reads codec
records is content. Frames are well-formed units full of nothing: no decoder will show them.
"""

from __future__ import annotations

from typing import Final

from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray, Value
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = [
    "AUDIO_HEADER",
    "FRAME_OVERHEAD",
    "VIDEO_HEADER",
    "audio",
    "audio_header",
    "command",
    "data",
    "header",
    "inter",
    "key",
    "metadata",
]

_SPS: Final = bytes.fromhex("6742c01eda0507e4")  # baseline 3.0, 320x240
_PPS: Final = bytes.fromhex("68ce3c80")
_KEY_HEAD: Final = bytes.fromhex("1701000000")
_INTER_HEAD: Final = bytes.fromhex("2701000000")
_AUDIO_HEAD: Final = bytes.fromhex("af01")
_IDR, _SLICE = b"\x65\x88", b"\x41\x9a"  # a picture's first slice, of type I and P

FRAME_OVERHEAD: Final = 10
"""The fewest bytes a video frame can have: FLV's five, a NALU's length and its first byte."""
VIDEO_HEADER: Final = b"\x17\x00\x00\x00\x00" + build_avc_config((_SPS,), (_PPS,))
"""The body of :func:`header`."""
AUDIO_HEADER: Final = b"\xaf\x00" + build_audio_specific_config(2, 44100, 2)
"""The body of :func:`audio_header`."""


def header(timestamp_ms: int = 0, *, stream_id: int = 1) -> Message:
    """The video sequence header: H.264, 320x240."""
    return Message(MessageType.VIDEO, stream_id, timestamp_ms, VIDEO_HEADER)


def audio_header(timestamp_ms: int = 0, *, stream_id: int = 1) -> Message:
    """The audio sequence header: AAC-LC, 44.1 kHz, stereo."""
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, AUDIO_HEADER)


def key(timestamp_ms: int, size: int = 100, *, fill: int = 0, stream_id: int = 1) -> Message:
    """A keyframe of ``size`` bytes, FLV's included; ``fill`` tells it from others."""
    body = _frame(_KEY_HEAD, _IDR, size, fill)
    return Message(MessageType.VIDEO, stream_id, timestamp_ms, body)


def inter(timestamp_ms: int, size: int = 20, *, fill: int = 0, stream_id: int = 1) -> Message:
    """A frame that needs the one before it; otherwise as :func:`key`."""
    body = _frame(_INTER_HEAD, _SLICE, size, fill)
    return Message(MessageType.VIDEO, stream_id, timestamp_ms, body)


def audio(timestamp_ms: int, size: int = 10, *, fill: int = 0, stream_id: int = 1) -> Message:
    """An AAC frame of ``size`` bytes, FLV's two included."""
    body = _AUDIO_HEAD + bytes((fill,)) * (size - len(_AUDIO_HEAD))
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, body)


def data(*values: Value, timestamp_ms: int = 0, stream_id: int = 1) -> Message:
    """A data message (type 18): a name and its values."""
    return Message(MessageType.DATA_AMF0, stream_id, timestamp_ms, amf0.encode(*values))


def metadata(values: dict[str, Value] | None = None, *, stream_id: int = 1) -> Message:
    """``@setDataFrame("onMetaData", ...)``, as a publisher says it; 320x240 by default."""
    said = {"width": 320.0, "height": 240.0} if values is None else values
    return data("@setDataFrame", "onMetaData", EcmaArray(said), stream_id=stream_id)


def command(name: str, *args: Value, transaction_id: float = 0.0, stream_id: int = 0) -> Message:
    """A command (type 20); the first of ``args`` is its command object, mostly None."""
    return Command(name, transaction_id, args).message(stream_id)


def _frame(head: bytes, nalu_head: bytes, size: int, fill: int) -> bytes:
    """One NALU behind its length, in a body of exactly ``size`` bytes."""
    if size < FRAME_OVERHEAD:
        raise ValueError(f"a video frame of {size} bytes, expected at least {FRAME_OVERHEAD}")
    length = size - FRAME_OVERHEAD + 1
    nalu = nalu_head[:length] + bytes((fill,)) * (length - len(nalu_head))
    return head + length.to_bytes(4, "big") + nalu
