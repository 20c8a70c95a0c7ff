"""AAC in ADTS: the header that frames in files have, and over RTMP should not. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.aac import AAC_CHANNELS, AAC_RATES

__all__ = ["AdtsHeader", "find_adts"]

_HEADER_SIZE: Final = 7


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
    return AdtsHeader((data[2] >> 6) + 1, AAC_RATES[index], AAC_CHANNELS.get(layout), 1024 * blocks)
