"""Opus: the identification header. Floor 0."""

from __future__ import annotations

import struct
from typing import ClassVar, Final

import attrs

from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader

__all__ = ["OpusHead", "build_opus_head", "parse_opus_head"]

_MAGIC = b"OpusHead"
_FIXED = struct.Struct("<HIhB")  # little-endian, as all of Ogg

# Streams, how many of them are stereo, and the mapping, of 1 to 8 channels in the order of Vorbis
# (RFC 7845, 5.1.1.2), as encoders lay them out.
_LAYOUTS: Final = (
    (1, 0, (0,)), (1, 1, (0, 1)), (2, 1, (0, 2, 1)), (2, 2, (0, 1, 2, 3)), (3, 2, (0, 4, 1, 2, 3)),
    (4, 2, (0, 4, 1, 2, 3, 5)), (4, 3, (0, 4, 1, 2, 3, 5, 6)), (5, 3, (0, 6, 1, 2, 3, 4, 5, 7)),
)  # fmt: skip
_STEREO: Final = 2


@attrs.frozen
class OpusHead:
    """An Opus identification header."""

    sample_rate: ClassVar[int] = 48000
    """Hz, as decoded: always this."""
    codec_string: ClassVar[str] = "opus"
    """The RFC 6381 name."""

    channels: int
    pre_skip: int
    """Samples at 48 kHz to drop at the start."""
    input_sample_rate: int
    """Hz, of what was encoded; information only, 0 if unknown."""
    gain_q8: int
    """dB to amplify by, times 256, signed."""
    mapping_family: int
    """0 mono or stereo, 1 surround in Vorbis order, 255 undefined order."""
    streams: int
    coupled: int
    """How many of the streams are stereo."""
    mapping: bytes
    """For each channel, the decoded channel it plays; 255 is silence."""
    trouble: str | None = None
    """What is wrong behind the channels: where it is cut short."""


def parse_opus_head(data: bytes) -> OpusHead:
    """Parse an identification header, the body of an Opus sequence header packet.

    Layout, all integers little-endian::

        0..7           "OpusHead"
        8      u8      version; the high 4 bits must be 0
        9      u8      channels
        10..11 u16     pre-skip
        12..15 u32     input sample rate, Hz
        16..17 s16     output gain, Q7.8 dB
        18     u8      channel mapping family; unless 0:
        19     u8      streams
        20     u8      coupled streams
        21..   u8 each channel mapping

    Raises:
        CodecConfigError: wrong magic or version, cut short before the channels, or channels that
            do not add up.

    Source:
        RFC 7845, 5.1.
    """
    record = RecordReader(data, "OpusHead")
    if (magic := record.take(8, "magic")) != _MAGIC:
        raise record.fail(f"begins with {magic!r} (byte 0)")
    version, channels = record.take(2, "version and channels")
    if version > 15:
        raise record.fail(f"version {version} (byte 8), expected at most 15")
    try:
        pre_skip, rate, gain, family = _FIXED.unpack(record.take(_FIXED.size, "fixed fields"))
        layout = record.take(2 + channels, "channel mapping") if family else b""
    except CodecConfigError as error:
        if not channels:
            raise
        plain = bytes(range(channels))
        return OpusHead(channels, 0, 0, 0, 0, channels, 0, plain, str(error))
    if family == 0:
        if channels not in (1, 2):
            raise record.fail(f"{channels} channels (byte 9); mapping family 0 has 1 or 2")
        streams, coupled, mapping = 1, channels - 1, bytes(range(channels))
    else:
        streams, coupled, mapping = layout[0], layout[1], layout[2:]
        if not channels or not streams or coupled > streams or streams + coupled > 255:
            raise record.fail(f"{channels} channels of {streams} streams, {coupled} coupled")
    return OpusHead(channels, pre_skip, rate, gain, family, streams, coupled, mapping)


def build_opus_head(channels: int, pre_skip: int = 0, input_sample_rate: int = 48000) -> bytes:
    """Write an identification header of 1 to 8 channels in the order of Vorbis.

    Raises:
        ValueError: another number of channels. A caller's mistake.
    """
    if not 0 < channels <= len(_LAYOUTS):
        raise ValueError(f"{channels} channels, expected 1 to {len(_LAYOUTS)}")
    family = 0 if channels <= _STEREO else 1
    head = _MAGIC + bytes((1, channels)) + _FIXED.pack(pre_skip, input_sample_rate, 0, family)
    if not family:
        return head
    streams, coupled, mapping = _LAYOUTS[channels - 1]
    return head + bytes((streams, coupled, *mapping))
