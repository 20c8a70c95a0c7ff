"""AV1: the frames of a temporal unit, as their headers begin. Floor 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from trio_srs.wire.codec.av1 import iter_obus
from trio_srs.wire.codec.record import CodecConfigError

__all__ = ["Av1Frame", "iter_av1_frames"]

_FRAME_HEADER, _FRAME = 3, 6
_TYPES: Final = ("key", "inter", "intra_only", "switch")


@attrs.define
class Av1Frame:
    """How a frame header begins."""

    kind: str
    """``"key"``, ``"inter"``, ``"intra_only"``, ``"switch"``; ``"existing"`` shows once more, or
    at last, a frame that was sent before."""
    shown: bool


def iter_av1_frames(data: bytes) -> Iterator[Av1Frame]:
    """Walk the frames of a temporal unit.

    The sequence must not have reduced still picture headers, which no stream of pictures has.

    Raises:
        CodecConfigError: broken OBUs, or an empty frame header.

    Source:
        AV1 Bitstream & Decoding Process Specification, 5.9.2.
    """
    for obu in iter_obus(data):
        if obu.kind not in (_FRAME_HEADER, _FRAME):
            continue
        if not obu.payload:
            raise CodecConfigError("AV1 frame header: 0 bytes, expected at least 1")
        first = obu.payload[0]
        if first & 0x80:
            yield Av1Frame("existing", True)
        else:
            yield Av1Frame(_TYPES[first >> 5 & 3], bool(first & 0x10))
