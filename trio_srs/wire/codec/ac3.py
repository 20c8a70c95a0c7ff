"""AC-3 and E-AC-3: how a frame begins. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.bits import BitReader
from trio_srs.wire.codec.config_record import CodecConfigError, blame

__all__ = ["Ac3Header", "ac3_frame_size", "ac3_samples", "parse_ac3_header"]

_SYNC: Final = 0x0B77
_RATES_HZ: Final = (48000, 44100, 32000)
_CHANNELS: Final = (2, 1, 2, 3, 3, 4, 4, 5)
"""By acmod; the low-frequency channel comes on top."""
_BLOCKS: Final = (1, 2, 3, 6)
_BLOCK_SAMPLES: Final = 256
_LAST_AC3: Final = 10  # bsid: up to 8 as it was, 9 and 10 at lower rates, from 11 on E-AC-3
_NORMAL_AC3: Final = 8
_DEPENDENT: Final = 1
_KBPS: Final = (
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
)  # fmt: skip
"""By half of frmsizecod."""
_HEAD: Final = 8


@attrs.frozen
class Ac3Header:
    """What a syncframe says."""

    is_enhanced: bool
    """E-AC-3."""
    sample_rate: int
    """Hz."""
    channels: int
    """Of this substream, the low-frequency one among them."""
    samples: int
    """Per channel."""
    counts: bool
    """Whether it takes time of its own: it is no substream beside another."""
    size: int | None
    """Bytes of the frame, where the header itself says it (E-AC-3)."""


def parse_ac3_header(data: bytes) -> Ac3Header:
    """Parse how a syncframe of either begins.

    Raises:
        CodecConfigError: cut short, no sync word, or a reserved rate.

    Source:
        ETSI TS 102 366 V1.4.1, 4.3, 4.4.1, 4.4.2 and E.1.2; A/52:2018, annex E.
    """
    with blame("AC-3 frame"):
        bits = BitReader(data[:_HEAD])
        if (sync := bits.u(16)) != _SYNC:
            raise CodecConfigError(f"AC-3 frame: begins with {sync:04x}, expected {_SYNC:04x}")
        kind = BitReader(data[5:6]).u(5)
        return _read_ac3(bits, kind) if kind <= _LAST_AC3 else _read_enhanced(bits)


def _rate(code: int) -> int:
    if code >= len(_RATES_HZ):
        raise CodecConfigError(f"AC-3 frame: sample rate code {code} is reserved")
    return _RATES_HZ[code]


def _read_ac3(bits: BitReader, kind: int) -> Ac3Header:
    bits.skip(16)  # crc1
    rate = _rate(bits.u(2)) >> max(0, kind - _NORMAL_AC3)
    bits.skip(6 + 5 + 3)  # frmsizecod, bsid, bsmod
    mode = bits.u(3)
    if mode & 1 and mode != 1:
        bits.skip(2)  # cmixlev
    if mode & 4:
        bits.skip(2)  # surmixlev
    if mode == 2:
        bits.skip(2)  # dsurmod
    channels = _CHANNELS[mode] + bits.u(1)
    return Ac3Header(False, rate, channels, 6 * _BLOCK_SAMPLES, counts=True, size=None)


def _read_enhanced(bits: BitReader) -> Ac3Header:
    stream_type, number = bits.u(2), bits.u(3)
    size = 2 * (bits.u(11) + 1)
    code = bits.u(2)
    if code == 3:
        rate, blocks = _rate(bits.u(2)) // 2, 6
    else:
        rate, blocks = _rate(code), _BLOCKS[bits.u(2)]
    channels = _CHANNELS[bits.u(3)] + bits.u(1)
    counts = stream_type != _DEPENDENT and number == 0
    return Ac3Header(True, rate, channels, blocks * _BLOCK_SAMPLES, counts, size)


def ac3_samples(data: bytes) -> int:
    """How many samples per channel the syncframes of a packet have; those of substreams beside
    another take no time of their own.

    Raises:
        CodecConfigError: as :func:`parse_ac3_header`, of the first or of one behind it.
    """
    samples, pos = 0, 0
    while pos < len(data):
        header = parse_ac3_header(data[pos : pos + _HEAD])
        samples += header.samples if header.counts else 0
        if header.size is None:
            return samples
        pos += header.size
    return samples


def ac3_frame_size(data: bytes) -> int:
    """Bytes of the syncframe, of either, that begins here.

    Raises:
        CodecConfigError: as :func:`parse_ac3_header`, or a reserved size.

    Source:
        ETSI TS 102 366 V1.4.1, table 4.13.
    """
    header = parse_ac3_header(data)
    if header.size is not None:
        return header.size
    code = data[4] & 0x3F
    if code >= 2 * len(_KBPS):
        raise CodecConfigError(f"AC-3 frame: size code {code} is reserved")
    # 1536 samples at the nominal rate, in words of 16 bits; at 44.1 kHz every other has one more.
    words = _KBPS[code >> 1] * 96_000 // _RATES_HZ[data[4] >> 6]
    return 2 * (words + (code & 1 if data[4] >> 6 == 1 else 0))
