"""VP8: how a frame's header begins. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.config_record import RecordReader

__all__ = ["Vp8Frame", "parse_vp8_frame"]

_START: Final = b"\x9d\x01\x2a"
_SIZE_MASK: Final = 0x3FFF


@attrs.define
class Vp8Frame:
    """How a frame header begins."""

    is_key: bool
    shown: bool
    size: tuple[int, int] | None = None
    """Width and height in pixels, which only keyframes say."""


def parse_vp8_frame(data: bytes) -> Vp8Frame:
    """Parse the beginning of a frame.

    Layout::

        0..2   u24     little-endian: bit 0 is 0 in keyframes, bit 4 is 1 in frames that are shown
        3..5           keyframes only: 9d 01 2a
        6..7   u16     likewise, little-endian: the width in the low 14 bits
        8..9   u16     likewise, the height

    Raises:
        CodecConfigError: cut short, or a keyframe without its start code.

    Source:
        RFC 6386, 9.1.
    """
    record = RecordReader(data, "VP8 frame")
    first = record.take(3, "frame tag")[0]
    is_key, shown = not first & 1, bool(first & 0x10)
    if not is_key:
        return Vp8Frame(is_key, shown)
    if (start := record.take(3, "start code")) != _START:
        raise record.fail(f"start code {start.hex()} (byte 3), expected {_START.hex()}")
    width, height = (int.from_bytes(record.take(2, "size"), "little") for _ in range(2))
    return Vp8Frame(is_key, shown, (width & _SIZE_MASK, height & _SIZE_MASK))
