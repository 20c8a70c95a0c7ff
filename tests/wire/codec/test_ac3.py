"""AC-3 and E-AC-3 frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter
from trio_srs.wire.codec.ac3 import Ac3Header, ac3_frame_size, ac3_samples, parse_ac3_header
from trio_srs.wire.codec.config_record import CodecConfigError


def ac3(code: int, mode: int, lfe: int, kind: int = 8) -> bytes:
    bits = BitWriter()
    for count, value in ((16, 0x0B77), (16, 0), (2, code), (6, 20), (5, kind), (3, 0), (3, mode)):
        bits.u(count, value)
    levels = (mode & 1 and mode != 1) + bool(mode & 4) + (mode == 2)
    bits.u(2 * levels, 0)
    bits.u(1, lfe)
    bits.u(16, 0)
    return bits.to_bytes()


def eac3(*rate: int, mode: int = 2, lfe: int = 0, kind: int = 0, number: int = 0) -> bytes:
    bits = BitWriter()
    for count, value in ((16, 0x0B77), (2, kind), (3, number), (11, 4)):
        bits.u(count, value)
    for value in rate:
        bits.u(2, value)
    for count, value in ((3, mode), (1, lfe), (5, 16), (27, 0)):
        bits.u(count, value)
    return bits.to_bytes().ljust(10, b"\0")


@pytest.mark.parametrize(
    ("frame", "rate", "channels"),
    [
        (ac3(0, 2, 0), 48000, 2),
        (ac3(1, 1, 0), 44100, 1),
        (ac3(2, 7, 1), 32000, 6),
        (ac3(0, 0, 1), 48000, 3),
        (ac3(0, 3, 0), 48000, 3),
        (ac3(0, 4, 0), 48000, 3),
        (ac3(0, 5, 1), 48000, 5),
        (ac3(0, 2, 0, kind=10), 12000, 2),
    ],
)
def test_frames_of_ac3(frame: bytes, rate: int, channels: int) -> None:
    assert parse_ac3_header(frame) == Ac3Header(False, rate, channels, 1536, True, None)
    assert ac3_samples(frame) == 1536


@pytest.mark.parametrize(
    ("frame", "rate", "channels", "samples"),
    [
        (eac3(0, 3), 48000, 2, 1536),
        (eac3(1, 0, mode=7, lfe=1), 44100, 6, 256),
        (eac3(2, 2, mode=1), 32000, 1, 768),
        (eac3(3, 1), 22050, 2, 1536),
    ],
)
def test_frames_of_eac3(frame: bytes, rate: int, channels: int, samples: int) -> None:
    assert parse_ac3_header(frame) == Ac3Header(True, rate, channels, samples, True, 10)
    assert ac3_samples(frame) == samples


def test_substreams_beside_another_take_no_time() -> None:
    beside, other = eac3(0, 3, kind=1), eac3(0, 3, number=1)
    assert ac3_samples(eac3(0, 1) + beside + eac3(0, 1) + other) == 1024


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"", "AC-3 frame: 16 bits wanted"),
        (b"\xff\xfb" + bytes(6), "begins with fffb, expected 0b77"),
        (ac3(3, 2, 0), "sample rate code 3 is reserved"),
        (eac3(3, 3), "sample rate code 3 is reserved"),
        (b"\x0b\x77\0\0", "AC-3 frame: 5 bits wanted"),
    ],
)
def test_a_broken_frame_is_blamed(frame: bytes, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_ac3_header(frame)


@given(st.binary(max_size=30))
def test_garbage_is_read_or_blamed_on_it(data: bytes) -> None:
    try:
        samples = ac3_samples(b"\x0b\x77" + data)
    except CodecConfigError:
        return
    assert samples >= 0


@pytest.mark.parametrize(
    ("sizes", "frame_size"),
    [(0x00, 128), (0x1E, 1792), (0x25, 2560), (0x40, 138), (0x41, 140), (0x80, 192)],
)
def test_a_frame_is_as_long_as_the_table_says(sizes: int, frame_size: int) -> None:
    frame = ac3(0, 2, 0)
    assert ac3_frame_size(frame[:4] + bytes((sizes,)) + frame[5:]) == frame_size


def test_a_frame_of_eac3_says_how_long_it_is() -> None:
    assert ac3_frame_size(eac3(0, 3)) == 10


def test_a_reserved_size_is_blamed_on_the_peer() -> None:
    frame = ac3(0, 2, 0)
    with pytest.raises(CodecConfigError, match="size code 38 is reserved"):
        ac3_frame_size(frame[:4] + b"\x26" + frame[5:])
