"""Small pictures for those who want to see them. Floor 2."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

__all__ = ["jpeg"]

_FORMAT: Final = "yuvj420p"
_QUALITY: Final = "4"
"""Of 2 (best) to 31."""


def jpeg(frame: VideoFrame, width: int) -> bytes:
    """A picture as JPEG, at most so many pixels wide, with square pixels."""
    width = min(width, frame.width) // 2 * 2 or 2
    height = max(round(frame.height * width / frame.width / 2) * 2, 2)
    small = frame.reformat(width=width, height=height, format=_FORMAT)
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, _FORMAT
    context.time_base = Fraction(1, 25)
    context.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    if small is frame:
        small = VideoFrame.from_ndarray(frame.to_ndarray(), format=_FORMAT)
    small.pts, small.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in (*context.encode(small), *context.encode(None)))
