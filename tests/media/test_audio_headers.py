"""Audio headers in the words of facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.media.audio_headers import AUDIO_HEADERS, FRAME_HEADERS, legacy_header

DATA = Path(__file__).parents[1] / "data" / "codec"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("1208", ("LC", 44100, 1, 1024)),
        ("2b920800", ("HE", 44100, 2, 2048)),
        ("eb8a0800", ("HEv2", 44100, 2, 2048)),
        ("5988", ("11", 48000, 1, 1024)),
        ("b98800", ("LD", 48000, 1, 512)),
        ("f8e62000", ("ELD", 48000, 1, 512)),
        ("f8e63000", ("ELD", 48000, 1, 480)),
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
    header = FRAME_HEADERS["mp3"](bytes.fromhex("ffe318c4"))
    assert header is not None
    assert (header.codec_string, header.profile) == ("mp4a.40.34", "MPEG-2.5 layer III")
    assert (header.sample_rate, header.channels) == (8000, 1)
    assert header.samples_of is not None
    assert header.samples_of(b"x") == 576


ADTS = "fff1 50 80 02 1f fc 21"
FLAC_INFO = "664c6143 80000022 1000 1000 000010 000020 0bb802f0 00000000" + "00" * 16


def test_adts_in_place_of_a_configuration_is_named_and_read() -> None:
    header = AUDIO_HEADERS["aac"](bytes.fromhex(ADTS))
    assert header.trouble == "an ADTS header, expected an AudioSpecificConfig"
    assert (header.profile, header.sample_rate, header.channels) == ("LC", 44100, 2)


@pytest.mark.parametrize(
    ("codec", "record", "rate", "channels"),
    [
        ("aac", "2b92", 22050, 2),
        ("opus", b"OpusHead".hex() + "0102", 48000, 2),
    ],
)
def test_a_record_cut_short_says_what_stands_before(
    codec: str, record: str, rate: int, channels: int
) -> None:
    header = AUDIO_HEADERS[codec](bytes.fromhex(record))
    assert header.trouble is not None
    assert (header.sample_rate, header.channels) == (rate, channels)


@pytest.mark.parametrize(
    ("codec", "frame", "expected"),
    [
        ("aac", ADTS, ("mp4a.40.2", 44100, 2, 1024)),
        ("opus", "fc ff fe", ("opus", 48000, 2, 960)),
        ("opus", "08 ff fe", ("opus", 48000, 1, 960)),
        ("flac", "fff8 ca 18 00 00", ("flac", 48000, 2, 4096)),
        ("ac3", "0b77 0000 14 40 43 00", ("ac-3", 48000, 2, 1536)),
        ("eac3", "0b77 0003 34 80 00 00", ("ec-3", 48000, 2, 1536)),
        ("ac3", "0b77 0003 34 80 00 00", ("ec-3", 48000, 2, 1536)),
    ],
)
def test_frames_say_it_where_no_record_came(
    codec: str, frame: str, expected: tuple[str, int, int, int]
) -> None:
    data = bytes.fromhex(frame)
    header = FRAME_HEADERS[codec](data)
    assert header is not None
    assert header.samples_of is not None
    samples = header.samples_of(data)
    assert (header.codec_string, header.sample_rate, header.channels, samples) == expected


@pytest.mark.parametrize(("codec", "frame"), [("aac", "2110"), ("opus", "")])
def test_some_frames_say_nothing(codec: str, frame: str) -> None:
    assert FRAME_HEADERS[codec](bytes.fromhex(frame)) is None


def test_flac() -> None:
    header = AUDIO_HEADERS["flac"](bytes.fromhex(FLAC_INFO))
    assert (header.codec_string, header.sample_rate, header.channels) == ("flac", 48000, 2)
    assert header.samples_of is not None
    assert header.samples_of(bytes.fromhex("fff8 c9 18 00 00")) == 4096


@pytest.mark.parametrize(
    ("codec", "channels", "bits", "size", "samples"),
    [
        ("pcm", 2, 16, 400, 100),
        ("pcm", 1, 8, 400, 400),
        ("pcm_alaw", 1, 16, 160, 160),
        ("pcm_mulaw", 2, 16, 160, 80),
        ("nellymoser", 1, 16, 128, 512),
        ("speex", 1, 16, 40, None),
    ],
)
def test_legacy_frames_are_as_long_as_their_bytes(
    codec: str, channels: int, bits: int, size: int, samples: int | None
) -> None:
    header = legacy_header(codec, 8000, channels, bits)
    assert (header.sample_rate, header.channels) == (8000, channels)
    read = header.samples_of
    assert (None if read is None else read(bytes(size))) == samples


@given(st.sampled_from([*AUDIO_HEADERS.items(), *FRAME_HEADERS.items()]), st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_it(entry: tuple[str, object], data: bytes) -> None:
    _, read = entry
    assert callable(read)
    try:
        read(data)
    except ProtocolError:
        return
