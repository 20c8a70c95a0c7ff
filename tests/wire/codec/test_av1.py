"""AV1 configuration records, OBUs and sequence headers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter
from trio_srs.wire.codec.av1 import (
    Av1Config,
    Av1Sequence,
    Obu,
    iter_obus,
    parse_av1_config,
    parse_sequence_header,
)
from trio_srs.wire.codec.config_record import CodecConfigError

DATA = Path(__file__).parents[2] / "data" / "codec"


@pytest.mark.parametrize(
    ("data", "name", "config"),
    [
        ("81 04 0c 00", "av01.0.04M.08", Av1Config(0, 4, 0, 8, False, (1, 1), None)),
        ("81 2d c0 00", "av01.1.13H.10", Av1Config(1, 13, 1, 10, False, (0, 0), None)),
        ("81 48 68 00 1200", "av01.2.08M.12", Av1Config(2, 8, 0, 12, False, (1, 0), None)),
        ("81 00 1c 00", "av01.0.00M.08", Av1Config(0, 0, 0, 8, True, (1, 1), None)),
    ],
)
def test_the_letter_of_a_record(data: str, name: str, config: Av1Config) -> None:
    parsed = parse_av1_config(bytes.fromhex(data))
    assert parsed == config
    assert parsed.codec_string == name


@pytest.mark.parametrize(
    ("file", "name", "sequence"),
    [
        ("av1_main10_320x242", "av01.0.00M.10",
         Av1Sequence(0, 0, 0, 320, 242, 10, False, (1, 1), None)),
        ("av1_high444_321x242", "av01.1.00M.08",
         Av1Sequence(1, 0, 0, 321, 242, 8, False, (0, 0), None)),
    ],
)  # fmt: skip
def test_records_of_ffmpeg_say_what_was_encoded(
    file: str, name: str, sequence: Av1Sequence
) -> None:
    config = parse_av1_config((DATA / f"{file}.bin").read_bytes())
    assert config.codec_string == name
    assert config.sequence == sequence
    assert parse_sequence_header(config.sequence_header) == sequence
    assert (config.bit_depth, config.subsampling) == (sequence.bit_depth, sequence.subsampling)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "av1C: marker at byte 0"),
        ("01040c00", r"marker and version 0x01 \(byte 0\), expected 0x81"),
        ("81040c", "profile and flags at byte 1 ends at 4 of 3"),
    ],
)
def test_a_broken_record_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_av1_config(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("81040c00 0a05 00", "AV1 sequence header: "),
        ("81040c00 0a00", "AV1 sequence header: 3 bits wanted at bit 0 of 0"),
        ("81040c00 1205", "OBU: payload at byte 2 ends at 7 of 2"),
        ("81040c00 80", "OBU: the forbidden bit is set at byte 0"),
    ],
)
def test_broken_units_of_a_record_leave_its_profile_as_it_is(data: str, message: str) -> None:
    config = parse_av1_config(bytes.fromhex(data))
    assert config.trouble is not None
    assert config.trouble.startswith(message)
    assert (config.codec_string, config.sequence) == ("av01.0.04M.08", None)


def test_a_unit_cut_short_is_there_as_far_as_it_goes() -> None:
    walk = iter_obus(bytes.fromhex("1200 3205 10aa"))
    assert [next(walk), next(walk)] == [Obu(2, b""), Obu(6, b"\x10\xaa")]
    with pytest.raises(CodecConfigError, match="payload at byte 4 ends at 9 of 6"):
        next(walk)


@pytest.mark.parametrize(
    ("data", "obus"),
    [
        ("", []),
        ("1200", [Obu(2, b"")]),
        ("1200 0a02aabb", [Obu(2, b""), Obu(1, b"\xaa\xbb")]),
        ("36 40 01 cc", [Obu(6, b"\xcc")]),  # with an extension
        ("1200 30 aabb", [Obu(2, b""), Obu(6, b"\xaa\xbb")]),  # without a size
        ("32 8100 cc", [Obu(6, b"\xcc")]),  # a size in more bytes than it needs
    ],
)
def test_units_are_walked(data: str, obus: list[Obu]) -> None:
    assert list(iter_obus(bytes.fromhex(data))) == obus


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("1200 92", "the forbidden bit is set at byte 2"),
        ("36", "extension at byte 1"),
        ("32", "size at byte 1"),
        ("32 808080808080808000", "a size of more than 8 bytes before byte 9"),
    ],
)
def test_broken_units_are_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        list(iter_obus(bytes.fromhex(data)))


def write_fields(text: str) -> bytes:
    """Bits from ``value:count`` fields and plain bits."""
    bits = BitWriter()
    for field in text.split():
        value, colon, count = field.partition(":")
        if colon:
            bits.u(int(count), int(value))
        else:
            bits.u(len(field), int(field, 2))
    return bits.to_bytes()


# Frame size fields of 6 bits each: 64x48.
SIZE = "5:4 5:4 63:6 47:6"
TOOLS = "0 000 0000 0 1 1 000"  # each frame says, everything else off
COLOUR = "0 0 0 0 00 0"


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        # reduced still picture: the shortest header
        (f"0:3 1 1 4:5 {SIZE} 000 000 {COLOUR}",
         Av1Sequence(0, 4, 0, 64, 48, 8, False, (1, 1), None)),
        # no timing, one operating point
        (f"0:3 0 0 0 0 0:5 0:12 8:5 1 {SIZE} {TOOLS} {COLOUR}",
         Av1Sequence(0, 8, 1, 64, 48, 8, False, (1, 1), None)),
        # equal intervals of 2 ticks; display delays; frame ids; order hints
        (f"0:3 0 0 1 1001:32 60000:32 1 010 0 1 0:5 0:12 4:5 1 9:4 {SIZE}"
         f" 1 0:7 000 0000 1 11 0 1 0 1 7:3 000 {COLOUR}",
         Av1Sequence(0, 4, 0, 64, 48, 8, False, (1, 1), Fraction(30000, 1001))),
        # intervals that vary; a decoder model; two points, of which the first counts
        (f"0:3 0 0 1 1:32 25:32 0 1 9:5 0:32 9:5 9:5 0 1:5 3:12 9:5 0 1 5:10 5:10 0 1:12 2:5 0"
         f" {SIZE} 0 000 0000 0 0 0 000 {COLOUR}",
         Av1Sequence(0, 9, 0, 64, 48, 8, False, (1, 1), None)),
        # intervals of no time
        (f"0:3 0 0 1 0:32 25:32 1 1 0 0 0:5 0:12 4:5 {SIZE} {TOOLS} {COLOUR}",
         Av1Sequence(0, 4, 0, 64, 48, 8, False, (1, 1), None)),
        (f"0:3 0 0 1 1:32 0:32 1 1 0 0 0:5 0:12 4:5 {SIZE} {TOOLS} {COLOUR}",
         Av1Sequence(0, 4, 0, 64, 48, 8, False, (1, 1), None)),
        # colours: monochrome; described; sRGB; the professional profile's own subsampling
        (f"0:3 1 1 4:5 {SIZE} 000 000 1 1 0",
         Av1Sequence(0, 4, 0, 64, 48, 10, True, (1, 1), None)),
        (f"1:3 1 1 4:5 {SIZE} 000 000 0 1 9:8 16:8 9:8 1 0",
         Av1Sequence(1, 4, 0, 64, 48, 8, False, (0, 0), None, 16)),
        (f"1:3 1 1 4:5 {SIZE} 000 000 0 1 1:8 13:8 0:8",
         Av1Sequence(1, 4, 0, 64, 48, 8, False, (0, 0), None, 13)),
        (f"2:3 1 1 4:5 {SIZE} 000 000 0 0 0 0 0",
         Av1Sequence(2, 4, 0, 64, 48, 8, False, (1, 0), None)),
        (f"2:3 1 1 4:5 {SIZE} 000 000 1 0 0 0 0 0",
         Av1Sequence(2, 4, 0, 64, 48, 10, False, (1, 0), None)),
        (f"2:3 1 1 4:5 {SIZE} 000 000 1 1 0 0 0 1 1",
         Av1Sequence(2, 4, 0, 64, 48, 12, False, (1, 1), None)),
        (f"2:3 1 1 4:5 {SIZE} 000 000 1 1 0 0 0 0",
         Av1Sequence(2, 4, 0, 64, 48, 12, False, (0, 0), None)),
    ],
)  # fmt: skip
def test_a_sequence_header_is_read_around_every_option(text: str, sequence: Av1Sequence) -> None:
    assert parse_sequence_header(write_fields(text)) == sequence


def test_a_reserved_profile_is_refused() -> None:
    with pytest.raises(CodecConfigError, match="profile 3, expected 0 to 2"):
        parse_sequence_header(b"\x60" + bytes(20))


@given(st.binary(max_size=40))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    for read in (lambda: parse_av1_config(b"\x81" + data), lambda: parse_sequence_header(data)):
        try:
            result = read()
        except CodecConfigError:
            continue
        assert result.bit_depth in (8, 10, 12)
