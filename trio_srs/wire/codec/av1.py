"""AV1: the configuration record, OBUs and the sequence header. Floor 0."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import attrs

from trio_srs.wire.bits import BitReader
from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader, blame

__all__ = [
    "SEQUENCE_HEADER",
    "Av1Config",
    "Av1Sequence",
    "Obu",
    "av1_codec_string",
    "iter_obus",
    "parse_av1_config",
    "parse_sequence_header",
]

SEQUENCE_HEADER = 1
"""obu_type."""
_SRGB = (1, 13, 0)  # BT.709 primaries, sRGB transfer, identity matrix: 4:4:4 without saying so
_UNSPECIFIED = (2, 2, 2)


@attrs.frozen
class Obu:
    """One open bitstream unit."""

    kind: int
    """obu_type: 1 sequence header, 2 temporal delimiter, 3 frame header, 6 frame..."""
    payload: bytes
    """Without header and size."""


@attrs.frozen
class Av1Sequence:
    """What a sequence header says about the pictures."""

    profile: int
    """0 Main, 1 High, 2 Professional."""
    level: int
    """seq_level_idx of the first operating point: 4 is 3.0, 8 is 4.0."""
    tier: int
    """0 Main, 1 High."""
    width: int
    """The largest frame, pixels."""
    height: int
    bit_depth: int
    mono: bool
    subsampling: tuple[int, int]
    """(x, y): (1, 1) is 4:2:0, (1, 0) 4:2:2, (0, 0) 4:4:4."""
    frame_rate: Fraction | None
    """Frames a second, if the timing fields promise equal intervals; else None."""
    transfer: int = 2
    """Transfer characteristics (ITU-T H.273); 2 is unspecified."""


@attrs.frozen
class Av1Config:
    """What an AV1CodecConfigurationRecord says, and the sequence header in it."""

    profile: int
    level: int
    tier: int
    bit_depth: int
    mono: bool
    subsampling: tuple[int, int]
    sequence: Av1Sequence | None
    """From the record's OBUs; None if it has none."""
    trouble: str | None = None
    """What is wrong with those OBUs."""
    sequence_header: bytes = attrs.field(default=b"", eq=False, repr=False)
    """Its payload, as it stands in them."""

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name (AV1 in ISOBMFF, 5): ``av01.0.04M.08``."""
        return av1_codec_string(self)


def av1_codec_string(said: Av1Config | Av1Sequence) -> str:
    """The RFC 6381 name (AV1 in ISOBMFF, 5): ``av01.0.04M.08``."""
    return f"av01.{said.profile}.{said.level:02d}{'MH'[said.tier]}.{said.bit_depth:02d}"


def parse_av1_config(data: bytes) -> Av1Config:
    """Parse an AV1CodecConfigurationRecord, the body of an AV1 sequence header packet.

    Layout::

        0      u8      0x81: marker and version 1
        1      u8      0bPPPLLLLL: profile, level
        2      u8      0bTHWMXYCC: tier, high bit depth, twelve bit, monochrome,
                       subsampling x and y, chroma sample position
        3      u8      presentation delay, ignored here
        4..            OBUs, each with its size; the sequence header, if any, is among them

    Raises:
        CodecConfigError: wrong marker or version, or cut short before the OBUs.

    Source:
        AV1 Codec ISO Media File Format Binding v1.2.0, 2.3.
    """
    record = RecordReader(data, "av1C")
    if (marker := record.u8("marker")) != 0x81:
        raise record.fail(f"marker and version {marker:#04x} (byte 0), expected 0x81")
    levels, flags, _ = record.take(3, "profile and flags")
    sequence, header, trouble = None, b"", None
    try:
        for obu in iter_obus(record.rest()):
            if obu.kind == SEQUENCE_HEADER and sequence is None:
                sequence, header = parse_sequence_header(obu.payload), obu.payload
    except CodecConfigError as error:
        trouble = str(error)
    return Av1Config(
        profile=levels >> 5,
        level=levels & 0x1F,
        tier=flags >> 7,
        bit_depth=_bit_depth(bool(flags & 0x40), bool(flags & 0x20)),
        mono=bool(flags & 0x10),
        subsampling=(flags >> 3 & 1, flags >> 2 & 1),
        sequence=sequence,
        trouble=trouble,
        sequence_header=header,
    )


def iter_obus(data: bytes) -> Iterator[Obu]:
    """Walk OBUs of the low-overhead format; one without a size field takes the rest.

    Of an OBU cut short comes what there is of it.

    Raises:
        CodecConfigError: the forbidden bit, or cut short. The message says at which byte.

    Source:
        AV1 Bitstream & Decoding Process Specification, 5.3.
    """
    record = RecordReader(data, "OBU")
    while record.pos < len(data):
        header = record.u8("header")
        if header & 0x80:
            raise record.fail(f"the forbidden bit is set at byte {record.pos - 1}")
        if header & 0x04:
            record.u8("extension")
        size = _leb128(record) if header & 0x02 else len(data) - record.pos
        if size > len(data) - record.pos:
            yield Obu(header >> 3 & 0xF, data[record.pos :])
        yield Obu(header >> 3 & 0xF, record.take(size, "payload"))


def parse_sequence_header(payload: bytes) -> Av1Sequence:
    """Parse the payload of a sequence header OBU.

    Raises:
        CodecConfigError: cut short, or a reserved profile.

    Source:
        AV1 Bitstream & Decoding Process Specification, 5.5.
    """
    with blame("AV1 sequence header"):
        return _read_sequence(BitReader(payload))


def _read_sequence(bits: BitReader) -> Av1Sequence:
    profile = bits.u(3)
    if profile > 2:
        raise CodecConfigError(f"AV1 sequence header: profile {profile}, expected 0 to 2")
    bits.skip(1)  # still_picture
    reduced = bits.flag()
    frame_rate: Fraction | None = None
    if reduced:
        level, tier = bits.u(5), 0
    else:
        delay_bits = 0
        if bits.flag():  # timing_info_present_flag
            frame_rate = _read_timing(bits)
            delay_bits = _read_decoder_model(bits)
        level, tier = _read_operating_points(bits, delay_bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    _skip_tools(bits, reduced)
    depth, mono, subsampling, transfer = _read_colour(bits, profile)
    return Av1Sequence(
        profile, level, tier, width, height, depth, mono, subsampling, frame_rate, transfer
    )


def _read_timing(bits: BitReader) -> Fraction | None:
    units, scale = bits.u(32), bits.u(32)
    if not bits.flag():  # equal_picture_interval
        return None
    ticks = bits.ue() + 1  # uvlc() (4.10.3) is the same code
    return Fraction(scale, units * ticks) if units and scale else None


def _read_decoder_model(bits: BitReader) -> int:
    """Read the decoder model, if present; return the bits of its delays, else 0."""
    if not bits.flag():
        return 0
    delay_bits = bits.u(5) + 1
    bits.skip(32 + 5 + 5)
    return delay_bits


def _read_operating_points(bits: BitReader, delay_bits: int) -> tuple[int, int]:
    """Return level and tier of the first operating point, the one with every layer."""
    has_display_delay = bits.flag()
    points = []
    for _ in range(bits.u(5) + 1):
        bits.skip(12)  # operating_point_idc
        level = bits.u(5)
        tier = bits.u(1) if level > 7 else 0
        if delay_bits and bits.flag():
            bits.skip(2 * delay_bits + 1)
        if has_display_delay and bits.flag():
            bits.skip(4)
        points.append((level, tier))
    return points[0]


def _skip_tools(bits: BitReader, reduced: bool) -> None:
    """Read past the coding tools: the colours stand behind them."""
    if not reduced and bits.flag():  # frame_id_numbers_present_flag
        bits.skip(4 + 3)
    bits.skip(3)  # use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
    if not reduced:
        bits.skip(4)  # interintra, masked, warped, dual filter
        order_hint = bits.flag()
        if order_hint:
            bits.skip(2)
        # 2 is SELECT_SCREEN_CONTENT_TOOLS: each frame says
        screen_content = 2 if bits.flag() else bits.u(1)
        if screen_content and not bits.flag():  # seq_choose_integer_mv
            bits.skip(1)
        if order_hint:
            bits.skip(3)
    bits.skip(3)  # superres, cdef, restoration


def _read_colour(bits: BitReader, profile: int) -> tuple[int, bool, tuple[int, int], int]:
    """Return bit depth, whether it is monochrome, the subsampling and the transfer (5.5.2)."""
    high = bits.flag()
    depth = _bit_depth(high, profile == 2 and high and bits.flag())
    mono = profile != 1 and bits.flag()
    described = bits.flag()
    colours = (bits.u(8), bits.u(8), bits.u(8)) if described else _UNSPECIFIED
    if mono:
        return depth, True, (1, 1), colours[1]
    if colours == _SRGB:
        return depth, False, (0, 0), colours[1]
    bits.skip(1)  # color_range
    if profile == 2 and depth == 12:
        x = bits.u(1)
        return depth, False, (x, bits.u(1) if x else 0), colours[1]
    return depth, False, ((1, 1), (0, 0), (1, 0))[profile], colours[1]


def _bit_depth(high: bool, twelve: bool) -> int:
    return (12 if twelve else 10) if high else 8


def _leb128(record: RecordReader) -> int:
    """Read a leb128() (4.10.5): seven bits a byte, lowest first, at most eight bytes."""
    value = 0
    for index in range(8):
        byte = record.u8("size")
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value
    raise record.fail(f"a size of more than 8 bytes before byte {record.pos}")
