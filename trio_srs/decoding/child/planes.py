"""The planes of decoded pictures as arrays. Floor 2."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

__all__ = ["Plane", "luma_of", "plane_of"]

Plane: TypeAlias = NDArray[np.uint8]

_EIGHT_BITS: Final = frozenset(
    ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
)
"""Formats whose first plane is luma of 8 bits."""


def plane_of(frame: VideoFrame, at: int) -> Plane:
    """A plane of 8 bits, row by row, without what stands behind the rows; nothing is copied."""
    plane = frame.planes[at]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def luma_of(frame: VideoFrame) -> Plane:
    """A picture's plane of luma, in 8 bits."""
    is_ready = frame.format.name in _EIGHT_BITS
    return plane_of(frame if is_ready else frame.reformat(format="yuv420p"), 0)
