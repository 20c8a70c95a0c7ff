"""H.265: the decoder configuration record. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.bits import unescape
from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader
from trio_srs.wire.codec.hevc_sps import HevcProfile, HevcSps, parse_profile, parse_sps

__all__ = [
    "HevcConfig",
    "HevcProfile",
    "HevcSps",
    "build_hevc_config",
    "complete_hevc_config",
    "parse_hevc_config",
    "parse_sps",
]

_VPS, _SPS, _PPS = 32, 33, 34
_SETS: Final = (_VPS, _SPS, _PPS)
_COUNT_AT: Final = 22
_COMPLETE: Final = 0x80


@attrs.frozen
class HevcConfig:
    """What an HEVCDecoderConfigurationRecord says."""

    profile: HevcProfile
    """For which decoders it is."""
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    nalu_length_size: int
    """Bytes before each NALU: 1, 2 or 4."""
    nalus: tuple[tuple[int, bytes], ...]
    """(NALU type, raw NALU) in order: no start code, emulation bytes left in."""
    trouble: str | None = None
    """What is wrong behind the size of a NALU length: where it is cut short, or has no SPS."""

    @property
    def vps(self) -> tuple[bytes, ...]:
        """The video parameter sets."""
        return tuple(nalu for kind, nalu in self.nalus if kind == _VPS)

    @property
    def sps(self) -> tuple[bytes, ...]:
        """The sequence parameter sets."""
        return tuple(nalu for kind, nalu in self.nalus if kind == _SPS)

    @property
    def pps(self) -> tuple[bytes, ...]:
        """The picture parameter sets."""
        return tuple(nalu for kind, nalu in self.nalus if kind == _PPS)

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name (ISO/IEC 14496-15, annex E): ``hvc1.1.6.L93.B0``."""
        return self.profile.codec_string


def parse_hevc_config(data: bytes) -> HevcConfig:
    """Parse an HEVCDecoderConfigurationRecord, the body of an HEVC sequence header.

    Layout, all integers big-endian::

        0      u8      configurationVersion, 1 (0 is also seen, from old encoders)
        1      u8      0bSSTPPPPP: profile space, tier, profile
        2..5   u32     profile compatibility flags
        6..11  u48     constraint flags
        12     u8      level
        13..15         segmentation and parallelism, ignored here
        16     u8      low 2 bits: chroma format
        17,18  u8 x2   low 3 bits: bit depth - 8, luma and chroma
        19..20 u16     average frame rate, ignored here
        21     u8      low 2 bits: size of a NALU length - 1
        22     u8      number of arrays, each:
               u8      low 6 bits: NALU type
               u16     number of NALUs, each u16 size + bytes

    Args:
        data: the record alone, without any FLV header.

    Raises:
        CodecConfigError: wrong version, a reserved length size, or cut short before the
            parameter sets. The message says at which byte.

    Source:
        ISO/IEC 14496-15:2022, 8.3.3.1. Checked against records from ffmpeg
        (tests/data/codec/hevc_*.bin).
    """
    record = RecordReader(data, "hvcC")
    if (version := record.u8("version")) > 1:
        raise record.fail(f"version {version} (byte 0), expected 1")
    profile = parse_profile(record.take(12, "profile and level"))
    record.take(3, "segmentation and parallelism")
    chroma, luma_depth, chroma_depth = record.take(3, "chroma format and bit depths")
    record.take(2, "average frame rate")
    size = (record.u8("NALU length size") & 0b11) + 1
    if size == 3:
        raise record.fail("NALU length size 3 is reserved (byte 21)")
    nalus, trouble = _read_arrays(record)
    return HevcConfig(
        profile, chroma & 3, 8 + (luma_depth & 7), 8 + (chroma_depth & 7), size, nalus, trouble,
    )  # fmt: skip


def _read_arrays(record: RecordReader) -> tuple[tuple[tuple[int, bytes], ...], str | None]:
    """Read the parameter sets up to where they are cut short, and say where."""
    nalus: list[tuple[int, bytes]] = []
    try:
        for _ in range(record.u8("array count")):
            kind = record.u8("NALU type") & 0x3F
            count = record.u16("NALU count")
            nalus += ((kind, record.nalu("parameter set")) for _ in range(count))
    except CodecConfigError as error:
        return tuple(nalus), str(error)
    has_sps = any(kind == _SPS for kind, _ in nalus)
    return tuple(nalus), None if has_sps else str(record.fail("no SPS in its arrays (byte 22)"))


def build_hevc_config(
    vps: tuple[bytes, ...], sps: tuple[bytes, ...], pps: tuple[bytes, ...]
) -> bytes:
    """Write the record for these NALUs, with 4-byte NALU lengths; the first SPS says the profile.

    The arrays are marked complete: no parameter sets stand between pictures.

    Raises:
        CodecConfigError: the first SPS is cut short.
    """
    first = parse_sps(sps[0])
    out = bytearray(b"\x01") + unescape(sps[0])[3:15]
    out += b"\xf0\x00\xfc"  # nothing said of segmentation and of parallelism
    out.append(0xFC | first.chroma_format_idc)
    out += bytes((0xF8 | first.bit_depth_luma - 8, 0xF8 | first.bit_depth_chroma - 8))
    out += b"\x00\x00\x0f"  # no average rate; one temporal layer; lengths of 4 bytes
    arrays = [(kind, nalus) for kind, nalus in zip(_SETS, (vps, sps, pps), strict=True) if nalus]
    out.append(len(arrays))
    for kind, nalus in arrays:
        out.append(_COMPLETE | kind)
        out += len(nalus).to_bytes(2, "big")
        for nalu in nalus:
            out += len(nalu).to_bytes(2, "big") + nalu
    return bytes(out)


def complete_hevc_config(data: bytes) -> bytes:
    """A record whose arrays of parameter sets say that all there are stand in it, as under
    ``hvc1`` they have to; encoders of RTMP leave that open. Never raises: of a record that is cut
    short what is there is marked.

    Source:
        ISO/IEC 14496-15:2022, 8.3.3.1.3 (array_completeness) and 8.4.1.1.
    """
    out, pos = bytearray(data), _COUNT_AT + 1
    for _ in range(data[_COUNT_AT] if len(data) > _COUNT_AT else 0):
        if pos + 3 > len(out):
            break
        if out[pos] & 0x3F in _SETS:
            out[pos] |= _COMPLETE
        count = int.from_bytes(out[pos + 1 : pos + 3], "big")
        pos += 3
        for _ in range(count):
            pos += 2 + int.from_bytes(out[pos : pos + 2], "big")
    return bytes(out)
