"""MPEG audio frame headers: rates, channels and lengths, as the tables have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.mp3 import Mp3Header, mp3_frame_size, parse_mp3_header


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fffb9064", Mp3Header("1", 3, 128, 44100, 2, 1152)),
        ("fffb50c4", Mp3Header("1", 3, 64, 44100, 1, 1152)),
        ("fff384c4", Mp3Header("2", 3, 64, 24000, 1, 576)),
        ("ffe318c4", Mp3Header("2.5", 3, 8, 8000, 1, 576)),
        ("fffd8400", Mp3Header("1", 2, 128, 48000, 2, 1152)),
        ("fff58000", Mp3Header("2", 2, 64, 22050, 2, 1152)),
        ("ffff4800", Mp3Header("1", 1, 128, 32000, 2, 384)),
        ("fffb0000", Mp3Header("1", 3, 0, 44100, 2, 1152)),
    ],
)
def test_a_header_says_how_the_frame_sounds(header: str, expected: Mp3Header) -> None:
    assert parse_mp3_header(bytes.fromhex(header) + b"rest") == expected


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("fffb90", "3 bytes, expected a header of 4"),
        ("494433 04", "begins with 4944, expected ffe0 or more"),
        ("ffeb9064", "reserved values in its header ffeb9064"),
        ("fff99064", "reserved"),
        ("fffbf064", "reserved"),
        ("fffb9c64", "reserved"),
    ],
)
def test_what_is_no_header_is_refused(header: str, text: str) -> None:
    with pytest.raises(CodecConfigError, match=text):
        parse_mp3_header(bytes.fromhex(header))


@given(st.binary(max_size=8))
def test_garbage_is_read_or_blamed_on_it(data: bytes) -> None:
    try:
        header = parse_mp3_header(b"\xff" + data)
    except CodecConfigError:
        return
    assert 8000 <= header.sample_rate <= 48000


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("fffb9064", 417),
        ("fffb9264", 418),  # padded
        ("fffb14c4", 96),  # 32 kbit/s at 48 kHz, as in tests/data/ts/ffmpeg_ac3_eac3_mp3.ts
        ("fff384c4", 192),
        ("ffff4a00", 196),
        ("fffb0000", 0),
    ],
)
def test_a_header_says_how_long_its_frame_is(header: str, size: int) -> None:
    assert mp3_frame_size(bytes.fromhex(header)) == size
