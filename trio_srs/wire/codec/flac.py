"""FLAC: the stream's information, and how a frame begins. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.bits import BitReader
from trio_srs.wire.codec.config_record import CodecConfigError, blame

__all__ = ["FlacFrame", "FlacInfo", "parse_flac_frame", "parse_flac_info"]

_MAGIC: Final = b"fLaC"
_INFO_SIZE: Final = 34
_RATES_HZ: Final = {
    1: 88200, 2: 176400, 3: 192000, 4: 8000, 5: 16000, 6: 22050, 7: 24000, 8: 32000, 9: 44100,
    10: 48000, 11: 96000,
}  # fmt: skip
_LATER_RATES: Final = {12: (8, 1000), 13: (16, 1), 14: (16, 10)}
"""Bits behind the frame's number, and their unit in Hz."""
_SIZE_8, _SIZE_16 = 6, 7
_LAST_INDEPENDENT, _LAST_STEREO = 7, 10
_SYNC: Final = 0x3FFE


@attrs.frozen
class FlacInfo:
    """What a STREAMINFO block says."""

    sample_rate: int
    """Hz."""
    channels: int
    bit_depth: int


@attrs.frozen
class FlacFrame:
    """How a frame begins."""

    samples: int
    """Per channel."""
    sample_rate: int | None
    """Hz; None if it is that of the stream's information."""
    channels: int


def parse_flac_info(data: bytes) -> FlacInfo:
    """Parse the body of a FLAC sequence header: STREAMINFO, behind ``fLaC`` and the head of a
    metadata block or, as some write it, bare.

    Raises:
        CodecConfigError: cut short, another block, or no rate.

    Source:
        RFC 9639, 8.1 and 8.2; Enhanced RTMP v2.
    """
    body = data.removeprefix(_MAGIC)
    if len(body) != _INFO_SIZE:
        if len(body) >= 4 and body[0] & 0x7F:
            raise CodecConfigError(f"fLaC: a metadata block of type {body[0] & 0x7F}, expected 0")
        body = body[4:]
    with blame("fLaC"):
        bits = BitReader(body)
        bits.skip(16 + 16 + 24 + 24)  # sizes of blocks and frames
        rate, channels, depth = bits.u(20), bits.u(3) + 1, bits.u(5) + 1
    if not rate:
        raise CodecConfigError("fLaC: a sample rate of 0")
    return FlacInfo(rate, channels, depth)


def parse_flac_frame(data: bytes) -> FlacFrame:
    """Parse the header of a frame.

    Raises:
        CodecConfigError: cut short, no sync code, or a reserved value.

    Source:
        RFC 9639, 9.1.
    """
    with blame("FLAC frame"):
        bits = BitReader(data[:16])
        if (sync := bits.u(15) >> 1) != _SYNC:
            raise CodecConfigError(f"FLAC frame: begins with {sync:04x}, expected {_SYNC:04x}")
        bits.skip(1)
        size, rate, layout = bits.u(4), bits.u(4), bits.u(4)
        bits.skip(4)  # bit depth
        if not size or rate == 15 or layout > _LAST_STEREO:
            raise CodecConfigError(f"FLAC frame: reserved values in its header {data[:4].hex()}")
        bits.skip(8 * _number_size(bits.u(8)))
        samples = _samples(bits, size)
        hz = _RATES_HZ.get(rate)
        if rate in _LATER_RATES:
            count, unit = _LATER_RATES[rate]
            hz = unit * bits.u(count)
    return FlacFrame(samples, hz, layout + 1 if layout <= _LAST_INDEPENDENT else 2)


def _number_size(first: int) -> int:
    """Bytes behind the first of a number that is coded as UTF-8 codes characters."""
    ones = 8 - (first ^ 0xFF).bit_length()
    return max(0, ones - 1)


def _samples(bits: BitReader, code: int) -> int:
    if code == 1:
        return 192
    if code == _SIZE_8:
        return bits.u(8) + 1
    if code == _SIZE_16:
        return bits.u(16) + 1
    return 576 << code - 2 if code < _SIZE_8 else 256 << code - 8
