"""PES packets: the letter of a header, times of 33 bits."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.wire.ts.pes import (
    AUDIO_ID,
    VIDEO_ID,
    PesError,
    PesHeader,
    build_pes,
    parse_pes,
)

WRAP = 1 << 33


@pytest.mark.parametrize(
    ("stream_id", "pts", "dts", "header", "read"),
    [
        (AUDIO_ID, 0, 0, "000001 c0 0009 84 80 05 2100010001", PesHeader(0xC0, 15, 14, 0)),
        (
            VIDEO_ID, 133200, 126000, "000001 e0 000e 84 c0 0a 31000910a1 110007d861",
            PesHeader(0xE0, 20, 19, 133200, 126000),
        ),
        (
            AUDIO_ID, WRAP - 1, WRAP - 1, "000001 c0 0009 84 80 05 2fffffffff",
            PesHeader(0xC0, 15, 14, WRAP - 1),
        ),
        (
            VIDEO_ID, WRAP + 1, -1, "000001 e0 000e 84 c0 0a 3100010003 1fffffffff",
            PesHeader(0xE0, 20, 19, 1, WRAP - 1),
        ),
    ],
)  # fmt: skip
def test_the_letter_of_a_header(
    stream_id: int, pts: int, dts: int, header: str, read: PesHeader
) -> None:
    assert build_pes(stream_id, b"\xaa", pts, dts) == bytes.fromhex(header) + b"\xaa"
    assert parse_pes(bytes.fromhex(header)) == read


def test_video_longer_than_the_length_can_say_does_not_say_it() -> None:
    assert build_pes(VIDEO_ID, bytes(65527), 0, 0)[4:6] == b"\xff\xff"
    assert build_pes(VIDEO_ID, bytes(65528), 0, 0)[4:6] == b"\x00\x00"
    assert parse_pes(build_pes(VIDEO_ID, bytes(65528), 0, 0)) == PesHeader(VIDEO_ID, 0, 14, 0)


def test_other_streams_have_to_say_it() -> None:
    with pytest.raises(ValueError, match="a PES packet of 65536 bytes; only video"):
        build_pes(AUDIO_ID, bytes(65528), 0, 0)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("000001 bf 0003 aabbcc", PesHeader(0xBF, 9, 6)),  # private_stream_2: no times
        ("000001 e0 0000 80 00 00", PesHeader(0xE0, 0, 9)),
        ("000001 e0 0000 80 40 00", PesHeader(0xE0, 0, 9)),  # forbidden, and as good as none
        ("000001 bd 0020 80 80 07 2100010001 ffff", PesHeader(0xBD, 38, 16, 0)),  # stuffed
    ],
)
def test_other_headers_are_read(data: str, read: PesHeader) -> None:
    assert parse_pes(bytes.fromhex(data)) == read


@pytest.mark.parametrize(
    "data",
    ["", "00", "000001", "000001 e0 00", "000001 e0 0000 80 80", "000001 e0 0000 8080 05 21"],
)
def test_a_header_that_is_not_all_there_is_waited_for(data: str) -> None:
    assert parse_pes(bytes.fromhex(data)) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("000002", "begins with 000002, expected 000001"),
        ("47", "begins with 47"),
        ("000001 e0 0000 00 80 05 2100010001", r"flags 0x00 \(byte 6\)"),
        ("000001 e0 0000 80 c0 05 3100010001", r"a header of 5 bytes \(byte 8\)"),
        ("000001 e0 0000 80 80 05 2000010001", r"2000010001 \(byte 9\) without marker bits"),
        ("000001 e0 0000 80 80 05 2100000001", "without marker bits"),
        ("000001 e0 0000 80 c0 0a 3100010001 1100010000", r"1100010000 \(byte 14\) without"),
    ],
)
def test_a_broken_header_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(PesError, match=message):
        parse_pes(bytes.fromhex(data))


TIMES = st.one_of(st.integers(-WRAP, 3 * WRAP), st.sampled_from([0, 1 << 15, 1 << 30, WRAP - 1]))


@pytest.mark.property
@given(st.sampled_from([0xBD, 0xC0, 0xE0]), st.binary(max_size=40), TIMES, TIMES)
@example(0xE0, b"", WRAP, 0)
def test_what_is_written_is_read(stream_id: int, data: bytes, pts: int, dts: int) -> None:
    written = build_pes(stream_id, data, pts, dts)
    header = parse_pes(written)
    assert header is not None
    assert (header.stream_id, header.length, header.pts) == (stream_id, len(written), pts % WRAP)
    assert header.dts == (None if pts == dts else dts % WRAP)
    assert written[header.size :] == data
