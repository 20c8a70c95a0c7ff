"""AAC in ADTS: the header that frames in files and transport streams have. Floor 0.

Over RTMP frames should not have it.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.aac import AAC_CHANNELS, AAC_RATES, AacConfig
from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["AdtsHeader", "AdtsWriter", "find_adts", "split_adts"]

_HEADER_SIZE: Final = 7
_CHECKSUM_SIZE: Final = 2
_LAST_OBJECT_TYPE: Final = 4
_LAST_LAYOUT: Final = 7
_MOST: Final = 0x1FFF
"""Bytes of a frame, its header included."""
_FULLNESS: Final = 0x7FF
"""Of the decoder's buffer: of a variable rate, which is not said."""


@attrs.frozen
class AdtsHeader:
    """What an ADTS header says of the frames behind it."""

    object_type: int
    """1 Main, 2 LC, 3 SSR, 4 LTP."""
    sample_rate: int
    """Hz, of the core."""
    channels: int | None
    """None if a program config element in the frame says it."""
    samples: int
    """Of the core, in all its blocks."""
    size: int = attrs.field(default=0, eq=False)
    """Bytes of the frame, this header included."""
    header_size: int = attrs.field(default=_HEADER_SIZE, eq=False)
    """Bytes before the frame's data: 9 with a checksum."""
    layout: int = attrs.field(default=0, eq=False)
    """The channel configuration; 0 if a program config element says it."""


def find_adts(data: bytes) -> AdtsHeader | None:
    """The ADTS header that data begins with; None if there is none.

    A raw frame does not begin with twelve ones and a layer of 0 (an END element with nothing before
    it), so there is nothing to be mistaken for one.

    Source:
        ISO/IEC 14496-3:2019, 1.A.3.2.
    """
    if len(data) < _HEADER_SIZE or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    index = data[2] >> 2 & 0xF
    if index >= len(AAC_RATES):
        return None
    layout = (data[2] & 1) << 2 | data[3] >> 6
    blocks = (data[6] & 3) + 1
    size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    checksum = 0 if data[1] & 1 else _CHECKSUM_SIZE
    return AdtsHeader(
        (data[2] >> 6) + 1, AAC_RATES[index], AAC_CHANNELS.get(layout), 1024 * blocks,
        size, _HEADER_SIZE + checksum, layout,
    )  # fmt: skip


def split_adts(data: bytes) -> tuple[list[tuple[AdtsHeader, bytes]], int]:
    """Cut data into frames, each with its header and what is behind that.

    Returns:
        The frames, and how many bytes at the end are no whole frame.
    """
    frames, pos = [], 0
    while (header := find_adts(data[pos : pos + _HEADER_SIZE])) is not None:
        end = pos + header.size
        if header.size <= header.header_size or end > len(data):
            break
        frames.append((header, data[pos + header.header_size : end]))
        pos = end
    return frames, len(data) - pos


class AdtsWriter:
    """Writes headers for the frames of one configuration.

    SBR and PS are not said: the header is of the core, and decoders find them in the frames.

    Raises:
        CodecConfigError: an object type, a rate or a channel configuration that has no place in a
            header.

    Source:
        ISO/IEC 14496-3:2019, 1.A.2.2.
    """

    def __init__(self, config: AacConfig) -> None:
        kind, rate, layout = config.object_type, config.core_sample_rate, config.layout
        if not (
            0 < kind <= _LAST_OBJECT_TYPE
            and rate in AAC_RATES
            and 0 < layout <= _LAST_LAYOUT
            and config.frame_length == 1024
        ):
            raise CodecConfigError(
                f"ADTS cannot say object type {kind} at {rate} Hz, channel configuration {layout}, "
                f"{config.frame_length} samples in a frame"
            )
        index = AAC_RATES.index(rate)
        fixed = 0xFFF1 << 12 | (kind - 1) << 10 | index << 6 | layout << 2
        self._bits = fixed << 28 | _FULLNESS << 2

    def header(self, size: int) -> bytes:
        """The header before a frame of so many bytes.

        Raises:
            CodecConfigError: more than 13 bits can say.
        """
        whole = size + _HEADER_SIZE
        if whole > _MOST:
            raise CodecConfigError(f"an AAC frame of {size} bytes; in ADTS it has at most 8184")
        return (self._bits | whole << 13).to_bytes(_HEADER_SIZE, "big")
