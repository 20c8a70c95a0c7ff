"""Whether a video body, or what is in it, has the first slice of a picture. Floor 0.

Encoders may put slices, parameter sets, SEI and delimiters of one picture into bodies of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from trio_srs.wire.flv.enhanced import FlvBodyError
from trio_srs.wire.flv.video import parse_video

__all__ = ["begins_picture", "find_slice"]

_MOST_NALUS: Final = 64
"""Looked at in one body: what stands before a slice is a handful."""


def _avc_first(nalu: bytes) -> bool | None:
    """H.264, 7.3.3: ``first_mb_in_slice``, of which 0 is a single 1."""
    if nalu[0] & 0x1F not in (1, 2, 5):
        return None
    return nalu[1] >= 0x80


def _hevc_first(nalu: bytes) -> bool | None:
    """H.265, 7.3.6.1: ``first_slice_segment_in_pic_flag``, behind a header of two bytes."""
    if nalu[0] & 0x40:
        return None
    return nalu[2] >= 0x80


_FIRST: Final[dict[str, Callable[[bytes], bool | None]]] = {
    "avc1": _avc_first,
    "hvc1": _hevc_first,
}
"""For the first bytes of a NALU: whether it is the first slice of a picture; None for no slice."""
_HEAD: Final = 3


def begins_picture(body: bytes) -> bool:
    """Whether the first slice of a picture is in a body of coded video.

    Of codecs that have no slices in bodies of their own, every body is a picture. What cannot be
    read begins none. Of several tracks in one body the first is asked. Never raises.
    """
    try:
        track = parse_video(body)[0]
    except FlvBodyError:
        return False
    return bool(find_slice(track.codec, track.data))


def find_slice(fourcc: str, data: bytes, length_size: int = 4) -> bool | None:
    """Whether the first slice in coded video is the first of its picture.

    Args:
        data: NALUs, each behind its size of ``length_size`` bytes.

    Returns:
        None if there is no slice that can be seen. Of codecs that have no slices in units of
        their own, everything is a picture. Never raises.
    """
    is_first = _FIRST.get(fourcc)
    if is_first is None:
        return True
    pos = 0
    for _ in range(_MOST_NALUS):
        begin = pos + length_size
        head = data[begin : begin + _HEAD]
        size = int.from_bytes(data[pos:begin], "big")
        if len(head) < _HEAD:
            return None
        if size >= _HEAD and (answer := is_first(head)) is not None:
            return answer
        pos = begin + size
    return None
