"""Audio headers in the words of facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.media.audio_headers import AUDIO_HEADERS, read_mp3_frame

DATA = Path(__file__).parents[1] / "data" / "codec"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("1208", ("LC", 44100, 1, 1024)),
        ("2b920800", ("HE", 44100, 2, 2048)),
        ("eb8a0800", ("HEv2", 44100, 2, 2048)),
        ("5988", ("11", 48000, 1, 1024)),
    ],
)
def test_aac(record: str, expected: tuple[str, int, int, int]) -> None:
    header = AUDIO_HEADERS["aac"](bytes.fromhex(record))
    assert header.samples_of is not None
    seen = (header.profile, header.sample_rate, header.channels, header.samples_of(b"x"))
    assert seen == expected


def test_opus() -> None:
    header = AUDIO_HEADERS["opus"]((DATA / "opus_51.bin").read_bytes())
    assert (header.profile, header.sample_rate, header.channels) == (None, 48000, 6)
    assert header.samples_of is not None
    assert header.samples_of(b"\xfd") == 1920


def test_mp3() -> None:
    header = read_mp3_frame(bytes.fromhex("ffe318c4"))
    assert (header.codec_string, header.profile) == ("mp4a.40.34", "MPEG-2.5 layer III")
    assert (header.sample_rate, header.channels) == (8000, 1)
    assert header.samples_of is not None
    assert header.samples_of(b"x") == 576


@given(st.sampled_from([*AUDIO_HEADERS.items()]), st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_it(entry: tuple[str, object], data: bytes) -> None:
    _, read = entry
    assert callable(read)
    try:
        read(data)
    except ProtocolError:
        return
