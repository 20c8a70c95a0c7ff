"""What publishers send again and again: a stream of the right shape, or a file. Floor 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.tools.load.plan import LoadRefusedError
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.flv.tag import FlvReader, FlvTag, encode_header, encode_tag
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.serial import SerialTime

__all__ = ["LoadSource", "encode_flv", "frame_body", "read_flv", "synthetic"]

_SPS: Final = bytes.fromhex("6742c01eda0507e4")  # baseline 3.0, 320x240
_PPS: Final = bytes.fromhex("68ce3c80")
_VIDEO_HEADER: Final = b"\x17\0\0\0\0" + build_avc_config((_SPS,), (_PPS,))
_AUDIO_HEADER: Final = b"\xaf\0" + build_audio_specific_config(2, 44100, 2)
_FRAME_HEAD: Final = {True: bytes.fromhex("1701000000"), False: bytes.fromhex("2701000000")}
_NALU_HEAD: Final = {True: b"\x65\x88\x80", False: b"\x41\x9a\x00"}
"""Its type, and how the header of a picture's first slice begins (H.264 7.3.3): who packs pictures
anew looks for that."""
_FRAME_OVERHEAD: Final = 10
_AAC: Final = tuple(bytes((0xA0 | flags,)) for flags in range(16))
_AUDIO_PER_S: Final = 44100 / 1024
_AUDIO_SHARE: Final = 0.1
_KEY_WEIGHT: Final = 8
"""A keyframe has the bytes of this many others."""
_GOP_S: Final = 2.0
_GOPS: Final = 5


@attrs.frozen
class LoadSource:
    """Messages to send again and again, with timestamps that go on rising.

    Attributes:
        headers: sent once, at 0: what a decoder needs first.
        items: (timestamp in ms from 0, message type, body), in order.
        length_ms: what is added to the timestamps with every repetition.
    """

    headers: tuple[tuple[int, bytes], ...]
    items: tuple[tuple[int, int, bytes], ...]
    length_ms: int


def frame_body(size: int, *, key: bool) -> bytes:
    """A video body of exactly ``size`` bytes (64 at least): well-formed, and full of nothing."""
    nalu = size - _FRAME_OVERHEAD + 1
    return b"".join((_FRAME_HEAD[key], nalu.to_bytes(4, "big"), _NALU_HEAD[key], bytes(nalu - 3)))


def synthetic(kbit: int, *, fps: float = 25.0, audio: bool = True) -> LoadSource:
    """A stream of that many thousand bits per second: a keyframe every 2 s, AAC-sized audio."""
    budget = kbit * 1000 / 8  # bytes per second
    sound = max(8, round(budget * _AUDIO_SHARE / _AUDIO_PER_S))
    frames = max(1, round(_GOP_S * fps))
    left = budget - (sound * _AUDIO_PER_S if audio else 0)
    inter = max(64, round(left * _GOP_S / (frames - 1 + _KEY_WEIGHT)))
    total = frames * _GOPS
    # Whole milliseconds, and the same distance over the joint where it begins again.
    length_ms = round(total * 1000 / fps)
    items = [
        (i * length_ms // total, MessageType.VIDEO.value, _picture(inter, key=i % frames == 0))
        for i in range(total)
    ]
    if audio:
        count = round(length_ms / 1000 * _AUDIO_PER_S)
        body = b"\xaf\x01" + bytes(sound - 2)
        items += [(i * length_ms // count, MessageType.AUDIO.value, body) for i in range(count)]
    headers = [(MessageType.VIDEO.value, _VIDEO_HEADER)]
    if audio:
        headers.append((MessageType.AUDIO.value, _AUDIO_HEADER))
    items.sort(key=lambda item: item[0])
    return LoadSource(tuple(headers), tuple(items), length_ms)


def _picture(inter: int, *, key: bool) -> bytes:
    return frame_body(inter * _KEY_WEIGHT if key else inter, key=key)


def read_flv(data: bytes) -> LoadSource:
    """A source from an FLV file. It must be whole, and have media in it.

    Raises:
        FlvError: it is no FLV file.
        LoadRefusedError: there is nothing to send in it.
    """
    reader = FlvReader()
    reader.feed(data)
    tags: list[FlvTag] = []
    while (tag := reader.next_tag()) is not None:
        tags.append(tag)
    headers = [(tag.type_id, tag.body) for tag in tags if _is_header(tag)]
    media = [tag for tag in tags if tag.type_id in (8, 9) and not _is_header(tag)]
    if len(media) < 2:
        raise LoadRefusedError(f"an FLV file with {len(media)} frames, expected two at least")
    time, begin = SerialTime(), media[0].timestamp_ms
    items = [(time.place(tag.timestamp_ms) - begin, tag.type_id, tag.body) for tag in media]
    return LoadSource(tuple(headers), tuple(items), _length_ms(items))


def _is_header(tag: FlvTag) -> bool:
    """Whether it is a sequence header of H.264 or AAC; other codecs' are sent as frames are."""
    first = tag.body[:2]
    if tag.type_id == MessageType.VIDEO:
        return first == b"\x17\0"
    return tag.type_id == MessageType.AUDIO and first[:1] in _AAC and first[1:] == b"\0"


def _length_ms(items: Sequence[tuple[int, int, bytes]]) -> int:
    """Up to where the next frame after the last would be."""
    times = [time for time, kind, _ in items if kind == 9] or [time for time, _, _ in items]
    step = round((times[-1] - times[0]) / max(1, len(times) - 1))
    return max(items[-1][0] + 1, times[-1] + step)


def encode_flv(source: LoadSource) -> bytes:
    """The source once, as an FLV file."""
    tags = [FlvTag(kind, 0, body) for kind, body in source.headers]
    tags += [FlvTag(kind, time, body) for time, kind, body in source.items]
    kinds = {kind for kind, _ in source.headers}
    return encode_header(8 in kinds, 9 in kinds) + b"".join(map(encode_tag, tags))
