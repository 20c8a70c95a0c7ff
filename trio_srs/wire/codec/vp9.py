"""VP9: the configuration record. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader

__all__ = ["Vp9Config", "parse_vp9_config"]

_FULL_BOX_V1 = b"\x01\x00\x00\x00"
_BIT_DEPTHS: Final = (8, 10, 12)
_UNSPECIFIED: Final = (2, 2, 2)


@attrs.frozen
class Vp9Config:
    """A VPCodecConfigurationRecord. It does not say the size: VP9 keyframes do."""

    profile: int
    level: int
    """Ten times the level: 31 is 3.1; 0 if the writer did not know."""
    bit_depth: int
    chroma_subsampling: int
    """0 4:2:0 vertical, 1 4:2:0 colocated, 2 4:2:2, 3 4:4:4."""
    full_range: bool
    colour: tuple[int, int, int]
    """Primaries, transfer characteristics, matrix coefficients (ISO/IEC 23091-4)."""
    trouble: str | None = None
    """What is wrong behind the bit depth: where it is cut short."""

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name, mandatory fields only: ``vp09.00.10.08``."""
        return f"vp09.{self.profile:02d}.{self.level:02d}.{self.bit_depth:02d}"


def parse_vp9_config(data: bytes) -> Vp9Config:
    """Parse a VPCodecConfigurationRecord, the body of a VP9 sequence header packet.

    Layout::

        0..3   u32     0x01000000: version and flags of the box, often absent in RTMP
        0      u8      profile
        1      u8      level
        2      u8      0bDDDDCCCF: bit depth, chroma subsampling, full range
        3..5   u8 x3   colour primaries, transfer, matrix
        6..7   u16     size of initialisation data, 0

    The leading four bytes are told from a profile by the bit depth of 0 they would give.

    Raises:
        CodecConfigError: cut short before the colours, or a profile or bit depth there is not.

    Source:
        VP Codec ISO Media File Format Binding v1.0, "VP Codec Configuration Box".
    """
    record = RecordReader(data, "vpcC")
    if data.startswith(_FULL_BOX_V1):
        record.take(4, "version and flags")
    profile, level, depth = record.take(3, "profile, level and bit depth")
    if profile > 3:
        raise record.fail(f"profile {profile} (byte {record.pos - 3}), expected 0 to 3")
    if depth >> 4 not in _BIT_DEPTHS:
        raise record.fail(f"bit depth {depth >> 4} (byte {record.pos - 1}), expected 8, 10 or 12")
    colour, trouble = _UNSPECIFIED, None
    try:
        primaries, transfer, matrix = record.take(3, "colour description")
        colour = (primaries, transfer, matrix)
        record.take(record.u16("initialisation data size"), "initialisation data")
    except CodecConfigError as error:
        trouble = str(error)
    return Vp9Config(profile, level, depth >> 4, depth >> 1 & 7, bool(depth & 1), colour, trouble)
