"""MP3, and the other layers of MPEG audio: the frame header. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["Mp3Header", "mp3_frame_size", "parse_mp3_header"]

_V1, _V2, _V25 = "1", "2", "2.5"
_VERSIONS: Final = {0: _V25, 2: _V2, 3: _V1}
_LAYERS: Final = {1: 3, 2: 2, 3: 1}
_RATES_HZ: Final = {
    _V1: (44100, 48000, 32000),
    _V2: (22050, 24000, 16000),
    _V25: (11025, 12000, 8000),
}
_V1_KBPS: Final = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_V2_KBPS: Final = {
    1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MONO = 3


@attrs.frozen
class Mp3Header:
    """The four bytes that every frame of MPEG audio begins with."""

    version: str
    """``"1"``, ``"2"`` or ``"2.5"``."""
    layer: int
    """3 for MP3."""
    bitrate_kbps: int
    """0 for the free format, where each frame's length is the encoder's own."""
    sample_rate: int
    """Hz."""
    channels: int
    samples: int
    """Per channel, in one frame."""


def parse_mp3_header(data: bytes) -> Mp3Header:
    """Parse the header at the start of a frame.

    Layout, in bits::

        11     all ones
        2      version: 0 is 2.5, 2 is 2, 3 is 1; 1 is reserved
        2      layer: 1 is III, 2 is II, 3 is I; 0 is reserved
        1      0: a CRC follows
        4      index of the bit rate; 15 is forbidden
        2      index of the sample rate; 3 is reserved
        1, 1   padding, private
        2      channel mode: 3 is mono
        6      not read here

    Raises:
        CodecConfigError: cut short, no sync word, or a reserved value.

    Source:
        ISO/IEC 11172-3:1993, 2.4.1.3; ISO/IEC 13818-3:1998, 2.4.1.3. Version 2.5 is
        nobody's standard, but LAME's and everybody's custom.
    """
    if len(data) < 4:
        raise CodecConfigError(f"MP3 frame: {len(data)} bytes, expected a header of 4")
    word = int.from_bytes(data[:4], "big")
    if word >> 21 != 0x7FF:
        raise CodecConfigError(f"MP3 frame: begins with {data[:2].hex()}, expected ffe0 or more")
    version, layer = _VERSIONS.get(word >> 19 & 3), _LAYERS.get(word >> 17 & 3)
    bitrate_index, rate_index = word >> 12 & 15, word >> 10 & 3
    if version is None or layer is None or bitrate_index == 15 or rate_index == 3:
        raise CodecConfigError(f"MP3 frame: reserved values in its header {data[:4].hex()}")
    rates = _V1_KBPS if version == _V1 else _V2_KBPS
    return Mp3Header(
        version=version,
        layer=layer,
        bitrate_kbps=rates[layer][bitrate_index],
        sample_rate=_RATES_HZ[version][rate_index],
        channels=1 if word >> 6 & 3 == _MONO else 2,
        samples=_samples(version, layer),
    )


def _samples(version: str, layer: int) -> int:
    if layer == 1:
        return 384
    return 576 if layer == 3 and version != _V1 else 1152


def mp3_frame_size(data: bytes) -> int:
    """Bytes of the frame that begins here, its header included; 0 for the free format.

    Raises:
        CodecConfigError: as :func:`parse_mp3_header`.

    Source:
        ISO/IEC 11172-3:1993, 2.4.3.1: slots of 4 bytes in layer I, of 1 in the others.
    """
    header = parse_mp3_header(data)
    if not header.bitrate_kbps:
        return 0
    slot = 4 if header.layer == 1 else 1
    slots = header.samples // 8 * header.bitrate_kbps * 1000 // header.sample_rate // slot
    return (slots + (data[2] >> 1 & 1)) * slot
