"""FLAC: STREAMINFO and frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.flac import FlacFrame, FlacInfo, parse_flac_frame, parse_flac_info

INFO = bytes.fromhex("10001000000010000020") + bytes.fromhex("0bb802f000000000") + bytes(16)


@pytest.mark.parametrize("head", [b"", b"\x80\0\0\x22", b"fLaC\x80\0\0\x22", b"fLaC\0\0\0\x22"])
def test_the_stream_says_its_rate_and_channels(head: bytes) -> None:
    assert len(INFO) == 34
    assert parse_flac_info(head + INFO) == FlacInfo(48000, 2, 16)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"fLaC", "fLaC: 80 bits wanted"),
        (b"fLaC\x84\0\0\x22" + INFO, "a metadata block of type 4, expected 0"),
        (bytes(34), "a sample rate of 0"),
    ],
)
def test_broken_information_is_blamed(data: bytes, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_flac_info(data)


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        ("fff8 c9 18 00 00", FlacFrame(4096, 44100, 2)),
        ("fff9 10 08 00 00", FlacFrame(192, None, 1)),
        ("fff8 5a a8 05 00", FlacFrame(4608, 48000, 2)),
        ("fff8 2b 78 c280 00", FlacFrame(576, 96000, 8)),  # the number in two bytes
        ("fff8 6a 18 00 0f 00", FlacFrame(16, 48000, 2)),
        ("fff8 7a 18 fe8080808080 80 00ff 00", FlacFrame(256, 48000, 2)),
        ("fff8 cc 18 00 0c", FlacFrame(4096, 12000, 2)),
        ("fff8 cd 18 00 2ee0", FlacFrame(4096, 12000, 2)),
        ("fff8 6e 18 00 0f 04b0", FlacFrame(16, 12000, 2)),
    ],
)
def test_frames_say_how_long_they_are(data: str, frame: FlacFrame) -> None:
    assert parse_flac_frame(bytes.fromhex(data)) == frame


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "FLAC frame: 15 bits wanted"),
        ("fff1 50 80 02", "FLAC frame: begins with 3ffc, expected 3ffe"),
        ("fff8 09 18 00 00", "reserved values in its header fff80918"),
        ("fff8 cf 18 00 00", "reserved values"),
        ("fff8 c9 b8 00 00", "reserved values"),
        ("fff8 79 18 00 00", "FLAC frame: 16 bits wanted"),
    ],
)
def test_a_broken_frame_is_blamed(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_flac_frame(bytes.fromhex(data))


@given(st.binary(max_size=20))
def test_garbage_is_read_or_blamed_on_it(data: bytes) -> None:
    try:
        frame = parse_flac_frame(b"\xff\xf8" + data)
    except CodecConfigError:
        return
    assert frame.samples > 0
