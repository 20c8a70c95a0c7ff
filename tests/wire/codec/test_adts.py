"""ADTS headers, where they should not be."""

from __future__ import annotations

import pytest

from trio_srs.wire.codec.adts import AdtsHeader, find_adts


@pytest.mark.parametrize(
    ("data", "header"),
    [
        ("fff1 50 80 02 1f fc", AdtsHeader(2, 44100, 2, 1024)),  # as ffmpeg writes it
        ("fff9 4c 40 02 1f fd 00", AdtsHeader(2, 48000, 1, 2048)),  # of MPEG-2, two blocks
        ("fff0 15 c0 02 1f fc", AdtsHeader(1, 32000, 8, 1024)),  # with a checksum
        ("fff1 50 00 02 1f fc", AdtsHeader(2, 44100, None, 1024)),
    ],
)
def test_the_letter_of_a_header(data: str, header: AdtsHeader) -> None:
    assert find_adts(bytes.fromhex(data)) == header


@pytest.mark.parametrize(
    "data", ["", "fff150800210", "21 10 04 60 8c 1c 00", "fffb 90 64 00 00 00", "fff1 74 80 021ffc"]
)
def test_a_raw_frame_mp3_or_a_reserved_rate_is_none(data: str) -> None:
    assert find_adts(bytes.fromhex(data)) is None
