"""Pictures of AV1, VP9 and VP8, whose frames may be sent before they are shown. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from trio_srs.media.picture import AGAIN, Picture
from trio_srs.wire.codec.av1 import SEQUENCE_HEADER, iter_obus
from trio_srs.wire.codec.av1_frame import FRAME_OBUS, TILE_GROUP, parse_av1_frame
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.vp8_frame import parse_vp8_frame
from trio_srs.wire.codec.vp9_frame import parse_vp9_frame, split_superframe

__all__ = ["read_av1_picture", "read_vp8_picture", "read_vp9_picture"]

_TYPES: Final = {"key": "I", "intra_only": "I", "inter": "P", "switch": "P", "existing": AGAIN}
_Frames = list[tuple[str, bool]]
"""Of each frame, what it is and whether it is shown."""
_T = TypeVar("_T")


def read_av1_picture(data: bytes) -> Picture:
    """Read a temporal unit of AV1, or a part of one. A keyframe that is not shown at once opens
    its group."""
    frames, sets, has_tiles, trouble = _Frames(), list[bytes](), False, None
    try:
        for obu in iter_obus(data):
            if obu.kind in FRAME_OBUS:
                frame = parse_av1_frame(obu.payload)
                frames.append((frame.kind, frame.shown))
            elif obu.kind == SEQUENCE_HEADER:
                sets.append(obu.payload)
            elif obu.kind == TILE_GROUP:
                has_tiles = True
    except CodecConfigError as error:
        trouble = str(error)
    picture = _shown(frames)
    picture.sets, picture.continues = tuple(sets), has_tiles
    return _blamed(picture, trouble)


def read_vp9_picture(data: bytes) -> Picture:
    """Read a packet of VP9."""
    try:
        parts = split_superframe(data)
    except CodecConfigError as error:
        return _blamed(Picture(), str(error))
    read, trouble = _read_each(parse_vp9_frame, parts)
    picture = _shown([(frame.kind, frame.shown) for frame in read])
    picture.size = next((frame.size for frame in read if frame.size), None)
    return _blamed(picture, trouble)


def read_vp8_picture(data: bytes) -> Picture:
    """Read a frame of VP8."""
    read, trouble = _read_each(parse_vp8_frame, [data])
    picture = _shown([("key" if frame.is_key else "inter", frame.shown) for frame in read])
    picture.size = next((frame.size for frame in read), None)
    return _blamed(picture, trouble)


def _blamed(picture: Picture, trouble: str | None) -> Picture:
    picture.trouble, picture.broken = trouble, trouble is not None
    return picture


def _read_each(read: Callable[[bytes], _T], frames: Sequence[bytes]) -> tuple[list[_T], str | None]:
    """Every frame that can be read, and what is wrong with the others."""
    out, trouble = list[_T](), None
    for frame in frames:
        try:
            out.append(read(frame))
        except CodecConfigError as error:
            trouble = trouble or str(error)
    return out, trouble


def _shown(frames: _Frames) -> Picture:
    """The picture that so many frames make: the last that is shown."""
    shown = [kind for kind, is_shown in frames if is_shown]
    opens = ("key", False) in frames
    return Picture(
        kind=_TYPES[shown[-1]] if shown else "",
        slices=len(frames),
        starts=bool(shown),
        is_key="key" in shown,
        may_begin=opens or "existing" in shown,
        opens=opens,
        hidden=len(frames) - len(shown),
    )
