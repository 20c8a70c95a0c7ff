"""AV1: how a frame's header begins. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["FRAME_OBUS", "TILE_GROUP", "Av1Frame", "parse_av1_frame"]

FRAME_OBUS: Final = (3, 6)
"""obu_type of a frame's header, and of a header with its tiles."""
TILE_GROUP: Final = 4
"""obu_type of tiles whose header stands before them."""
_TYPES: Final = ("key", "inter", "intra_only", "switch")


@attrs.define
class Av1Frame:
    """How a frame header begins."""

    kind: str
    """``"key"``, ``"inter"``, ``"intra_only"``, ``"switch"``; ``"existing"`` shows once more, or
    at last, a frame that was sent before."""
    shown: bool


def parse_av1_frame(payload: bytes) -> Av1Frame:
    """Parse the beginning of a frame header, or of a frame.

    The sequence must not have reduced still picture headers, which no stream of pictures has.

    Raises:
        CodecConfigError: it is empty.

    Source:
        AV1 Bitstream & Decoding Process Specification, 5.9.2.
    """
    if not payload:
        raise CodecConfigError("AV1 frame header: 0 bytes, expected at least 1")
    first = payload[0]
    if first & 0x80:
        return Av1Frame("existing", True)
    return Av1Frame(_TYPES[first >> 5 & 3], bool(first & 0x10))
