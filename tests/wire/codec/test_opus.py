"""Opus identification headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.opus import OpusHead, build_opus_head, parse_opus_head

DATA = Path(__file__).parents[2] / "data" / "codec"
MAGIC = b"OpusHead".hex()


@pytest.mark.parametrize(
    ("data", "head"),
    [
        ("01 02 3801 80bb0000 0000 00", OpusHead(2, 312, 48000, 0, 0, 1, 1, b"\0\1")),
        ("01 01 0f00 44ac0000 00ff 00", OpusHead(1, 15, 44100, -256, 0, 1, 0, b"\0")),
        ("01 03 0000 00000000 0000 01 02 01 000201",
         OpusHead(3, 0, 0, 0, 1, 2, 1, b"\0\2\1")),
        ("0f 01 0000 00000000 0000 ff 01 00 ff", OpusHead(1, 0, 0, 0, 255, 1, 0, b"\xff")),
    ],
)  # fmt: skip
def test_the_letter_of_a_header(data: str, head: OpusHead) -> None:
    assert parse_opus_head(bytes.fromhex(MAGIC + data)) == head
    assert (head.sample_rate, head.codec_string) == (48000, "opus")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "OpusHead: magic at byte 0 ends at 8 of 0"),
        (b"OpusTags".hex(), r"begins with b'OpusTags' \(byte 0\)"),
        (MAGIC + "01", "version and channels at byte 8 ends at 10 of 9"),
        (MAGIC + "01 00", "fixed fields at byte 10 ends at 19 of 10"),
        (MAGIC + "10 02 3801 80bb0000 0000 00", r"version 16 \(byte 8\), expected at most 15"),
        (MAGIC + "01 03 3801 80bb0000 0000 00", r"3 channels \(byte 9\); mapping family 0"),
        (MAGIC + "01 00 3801 80bb0000 0000 00", r"0 channels \(byte 9\); mapping family 0"),
        (MAGIC + "01 00 3801 80bb0000 0000 01 01 01", "0 channels of 1 streams, 1 coupled"),
        (MAGIC + "01 01 3801 80bb0000 0000 01 00 00 00", "1 channels of 0 streams, 0 coupled"),
        (MAGIC + "01 01 3801 80bb0000 0000 01 01 02 00", "1 channels of 1 streams, 2 coupled"),
        (MAGIC + "01 01 3801 80bb0000 0000 01 ff 01 00", "1 channels of 255 streams, 1 coupled"),
    ],
)
def test_a_broken_header_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_opus_head(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "channels", "message"),
    [
        ("01 02", 2, "OpusHead: fixed fields at byte 10 ends at 19 of 10"),
        ("01 06 3801 80bb0000", 6, "OpusHead: fixed fields at byte 10 ends at 19 of 16"),
        ("01 02 3801 80bb0000 0000 01 01", 2, "OpusHead: channel mapping at byte 19 ends at 23"),
        ("01 02 3801 80bb0000 0000 01 01 01 00", 2, "OpusHead: channel mapping at byte 19"),
    ],
)
def test_a_header_cut_short_keeps_its_channels(data: str, channels: int, message: str) -> None:
    head = parse_opus_head(bytes.fromhex(MAGIC + data))
    assert (head.channels, len(head.mapping)) == (channels, channels)
    assert head.trouble is not None
    assert head.trouble.startswith(message)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("opus_stereo", OpusHead(2, 312, 48000, 0, 0, 1, 1, b"\0\1")),
        ("opus_51", OpusHead(6, 312, 48000, 0, 1, 4, 2, bytes((0, 4, 1, 2, 3, 5)))),
    ],
)
def test_headers_of_ffmpeg_say_what_was_encoded(name: str, head: OpusHead) -> None:
    assert parse_opus_head((DATA / f"{name}.bin").read_bytes()) == head


@given(st.binary(max_size=30))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    try:
        head = parse_opus_head(b"OpusHead" + data)
    except CodecConfigError:
        return
    assert head.channels == len(head.mapping) > 0


@pytest.mark.parametrize("channels", range(1, 9))
def test_a_header_is_written_for_each_number_of_channels(channels: int) -> None:
    head = parse_opus_head(build_opus_head(channels, 312, 44100))
    assert (head.channels, head.pre_skip, head.input_sample_rate) == (channels, 312, 44100)
    assert head.streams + head.coupled == channels
    assert sorted(head.mapping) == list(range(channels))


def test_a_header_of_six_channels_is_what_ffmpeg_writes() -> None:
    record = (DATA / "opus_51.bin").read_bytes()
    head = parse_opus_head(record)
    assert build_opus_head(6, head.pre_skip, head.input_sample_rate) == record


@pytest.mark.parametrize("channels", [0, 9])
def test_a_header_of_more_channels_has_no_order(channels: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 8"):
        build_opus_head(channels)
