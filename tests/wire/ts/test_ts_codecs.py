"""What a program map calls a codec."""

from __future__ import annotations

import pytest

from trio_srs.wire.ts.psi import ElementaryStream
from trio_srs.wire.ts.ts_codecs import (
    TS_CODECS,
    iter_descriptors,
    opus_channels,
    opus_descriptors,
    registration,
    stream_codec,
)


def stream(stream_type: int, descriptors: str = "") -> ElementaryStream:
    return ElementaryStream(stream_type, 0x100, bytes.fromhex(descriptors))


@pytest.mark.parametrize(
    ("stream_type", "descriptors", "codec"),
    [
        (0x1B, "", "h264"),
        (0x24, "0504 48455643", "hevc"),
        (0x0F, "", "aac"),
        (0x03, "", "mp3"),
        (0x04, "", "mp3"),
        (0x81, "", "ac3"),
        (0x87, "", "eac3"),
        (0x06, "0504 4f707573 7f028002", "opus"),
        (0x06, "0504 41563031", "av1"),
        (0x06, "0504 41432d33", "ac3"),
        (0x06, "6a 01 00", "ac3"),  # DVB
        (0x06, "0a 04 64657500 7a 01 00", "eac3"),
        (0x06, "0504 4b4c5641", None),
        (0x06, "0500", None),
        (0x06, "", None),
        (0x15, "", None),
    ],
)
def test_a_stream_has_the_codec_that_its_entry_says(
    stream_type: int, descriptors: str, codec: str | None
) -> None:
    assert stream_codec(stream(stream_type, descriptors)) == codec


@pytest.mark.parametrize("name", TS_CODECS)
def test_what_is_written_is_known_again(name: str) -> None:
    codec = TS_CODECS[name]
    entry = ElementaryStream(codec.stream_type, 0x100, codec.descriptors)
    assert stream_codec(entry) == name


def test_the_letter_of_descriptors() -> None:
    assert registration(b"HEVC").hex(" ") == "05 04 48 45 56 43"
    assert opus_descriptors(6).hex(" ") == "05 04 4f 70 75 73 7f 02 80 06"


@pytest.mark.parametrize(
    ("descriptors", "channels"),
    [
        ("0504 4f707573 7f028001", 1),
        ("7f028008", 8),
        ("7f028000", 2),  # dual mono
        ("7f028009", 2),
        ("7f0180", 2),
        ("7f020106", 2),
        ("", 2),
    ],
)
def test_opus_has_the_channels_that_its_descriptor_says(descriptors: str, channels: int) -> None:
    assert opus_channels(stream(0x06, descriptors)) == channels


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("", []),
        ("05", []),
        ("0501aa 0600", [(5, b"\xaa"), (6, b"")]),
        ("0501aa 0602bb", [(5, b"\xaa")]),
    ],
)
def test_descriptors_are_cut(data: str, found: list[tuple[int, bytes]]) -> None:
    assert list(iter_descriptors(bytes.fromhex(data))) == found
