"""ADTS headers, where they should not be."""

from __future__ import annotations

import pytest

from trio_srs.wire.codec.aac import build_audio_specific_config, parse_audio_specific_config
from trio_srs.wire.codec.adts import AdtsHeader, AdtsWriter, find_adts, split_adts
from trio_srs.wire.codec.config_record import CodecConfigError


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


@pytest.mark.parametrize(
    ("config", "size", "header"),
    [
        ("1210", 9, "fff1 50 80 02 1f fc"),
        ("1188", 874, "fff1 4c 40 6e 3f fc"),  # as ffmpeg writes it
        ("0a b8", 8184, "fff1 15 c3 ff ff fc"),
        ("2b 92 08 00", 9, "fff1 5c 80 02 1f fc"),  # HE-AAC: of its core
    ],
)
def test_the_letter_of_a_header_that_is_written(config: str, size: int, header: str) -> None:
    writer = AdtsWriter(parse_audio_specific_config(bytes.fromhex(config)))
    assert writer.header(size) == bytes.fromhex(header)
    read = find_adts(writer.header(size))
    assert read is not None
    assert (read.size, read.header_size) == (size + 7, 7)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("f8 e8 50 00", "object type 39"),  # ELD
        ("1780138890", "at 10001 Hz"),
        ("1200 050400002000", "channel configuration 0"),
        ("1258", "channel configuration 11"),
        ("1214", "960 samples"),
    ],
)
def test_what_a_header_cannot_say_is_refused(config: str, said: str) -> None:
    with pytest.raises(CodecConfigError, match=said):
        AdtsWriter(parse_audio_specific_config(bytes.fromhex(config)))


def test_a_frame_longer_than_a_header_can_say_is_refused() -> None:
    writer = AdtsWriter(parse_audio_specific_config(build_audio_specific_config(2, 44100, 2)))
    with pytest.raises(CodecConfigError, match="8185 bytes"):
        writer.header(8185)


def test_frames_are_cut_apart() -> None:
    writer = AdtsWriter(parse_audio_specific_config(b"\x12\x10"))
    one, two = writer.header(3) + b"abc", writer.header(5) + b"defgh"
    checked = bytearray(writer.header(4) + b"**xy")
    checked[1] &= 0xFE
    frames, left = split_adts(one + bytes(checked) + two + b"\xff\xf1?")
    assert [data for _, data in frames] == [b"abc", b"xy", b"defgh"]
    assert [header.layout for header, _ in frames] == [2, 2, 2]
    assert left == 3
    assert split_adts(two[:-1]) == ([], 11)
    assert split_adts(writer.header(0)) == ([], 7)
