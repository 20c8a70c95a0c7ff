"""VP9: superframes, and how a frame's header begins. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.bits import BitReader
from trio_srs.wire.codec.config_record import CodecConfigError, blame

__all__ = ["Vp9Frame", "parse_vp9_frame", "split_superframe"]

_SYNC = 0x498342
_SRGB = 7
_WITH_444: Final = (1, 3)


@attrs.define
class Vp9Frame:
    """How a frame header begins."""

    kind: str
    """``"key"``, ``"inter"``, ``"intra_only"``, or ``"existing"``: shows one that was sent
    before."""
    shown: bool
    size: tuple[int, int] | None = None
    """Width and height in pixels, which only keyframes say here."""


def split_superframe(data: bytes) -> list[bytes]:
    """Split a packet into its frames: nearly always one, with hidden frames more.

    Raises:
        CodecConfigError: frames that are longer than the packet.

    Source:
        VP9 Bitstream & Decoding Process Specification, annex B.
    """
    marker = data[-1] if data else 0
    if marker >> 5 != 0b110:
        return [data]
    count, width = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index_at = len(data) - 2 - count * width
    if index_at < 0 or data[index_at] != marker:
        return [data]
    frames, pos = [], 0
    for at in range(index_at + 1, len(data) - 1, width):
        end = pos + int.from_bytes(data[at : at + width], "little")
        if end > index_at:
            raise CodecConfigError(f"VP9 superframe: a frame ends at byte {end} of {index_at}")
        if end > pos:
            frames.append(data[pos:end])
        pos = end
    return frames


def parse_vp9_frame(data: bytes) -> Vp9Frame:
    """Parse the beginning of an uncompressed header.

    Raises:
        CodecConfigError: cut short, no frame marker, or a keyframe without its sync code.

    Source:
        VP9 Bitstream & Decoding Process Specification, 6.2.
    """
    with blame("VP9 frame"):
        return _read_frame(BitReader(data))


def _read_frame(bits: BitReader) -> Vp9Frame:
    if (marker := bits.u(2)) != 2:
        raise CodecConfigError(f"VP9 frame: marker {marker} (bit 0), expected 2")
    profile = bits.u(1) | bits.u(1) << 1
    if profile == 3:
        bits.skip(1)
    if bits.flag():  # show_existing_frame
        return Vp9Frame("existing", True)
    flags = bits.u(3)  # frame_type, show_frame, error_resilient_mode
    shown = bool(flags & 2)
    if flags & 4:
        return Vp9Frame("intra_only" if not shown and bits.flag() else "inter", shown)
    if (sync := bits.u(24)) != _SYNC:
        raise CodecConfigError(f"VP9 frame: sync code {sync:06x}, expected {_SYNC:06x}")
    _skip_colour(bits, profile)
    return Vp9Frame("key", shown, (bits.u(16) + 1, bits.u(16) + 1))


def _skip_colour(bits: BitReader, profile: int) -> None:
    if profile >= 2:
        bits.skip(1)  # ten_or_twelve_bit
    if bits.u(3) != _SRGB:
        bits.skip(4 if profile in _WITH_444 else 1)  # range, subsampling x and y, reserved
    elif profile in _WITH_444:
        bits.skip(1)  # reserved
