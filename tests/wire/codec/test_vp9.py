"""VP9 configuration records."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.vp9 import Vp9Config, parse_vp9_config

DATA = Path(__file__).parents[2] / "data" / "codec"


@pytest.mark.parametrize(
    ("data", "name", "config"),
    [
        ("00 0a 82 020202 0000", "vp09.00.10.08", Vp9Config(0, 10, 8, 1, False, (2, 2, 2))),
        ("01000000 00 0a 82 020202 0000", "vp09.00.10.08",
         Vp9Config(0, 10, 8, 1, False, (2, 2, 2))),
        ("02 33 a1 091009 0000", "vp09.02.51.10", Vp9Config(2, 51, 10, 0, True, (9, 16, 9))),
        ("01 00 86 010101 0001 ff", "vp09.01.00.08", Vp9Config(1, 0, 8, 3, False, (1, 1, 1))),
    ],
)  # fmt: skip
def test_the_letter_of_a_record(data: str, name: str, config: Vp9Config) -> None:
    assert parse_vp9_config(bytes.fromhex(data)) == config
    assert config.codec_string == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "vpcC: profile, level and bit depth at byte 0"),
        ("04 0a 82 020202 0000", r"profile 4 \(byte 0\), expected 0 to 3"),
        ("00 0a 92 020202 0000", r"bit depth 9 \(byte 2\), expected 8, 10 or 12"),
        ("01000000 00 0a 02 020202 0000", r"bit depth 0 \(byte 6\)"),
    ],
)
def test_a_broken_record_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_vp9_config(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "colour", "message"),
    [
        ("00 0a 82 0902", (2, 2, 2), "vpcC: colour description at byte 3 ends at 6 of 5"),
        (
            "00 0a 82 090909 00",
            (9, 9, 9),
            "vpcC: initialisation data size at byte 6 ends at 8 of 7",
        ),
        ("00 0a 82 090909 0001", (9, 9, 9), "vpcC: initialisation data at byte 8 ends at 9 of 8"),
    ],
)
def test_a_record_cut_short_keeps_what_stands_before(
    data: str, colour: tuple[int, int, int], message: str
) -> None:
    config = parse_vp9_config(bytes.fromhex(data))
    assert (config.codec_string, config.colour) == ("vp09.00.10.08", colour)
    assert config.trouble == message


@pytest.mark.parametrize(
    ("name", "codec", "subsampling"),
    [("vp9_321x242", "vp09.00.20.08", 1), ("vp9_422_10_321x242", "vp09.03.20.10", 2)],
)
def test_records_of_ffmpeg_say_what_was_encoded(name: str, codec: str, subsampling: int) -> None:
    config = parse_vp9_config((DATA / f"{name}.bin").read_bytes())
    assert (config.codec_string, config.chroma_subsampling) == (codec, subsampling)


@given(st.binary(max_size=16))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    try:
        config = parse_vp9_config(data)
    except CodecConfigError:
        return
    assert config.bit_depth in (8, 10, 12)
