"""Tables: the letter of sections, and their checksum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.ts.psi import (
    ElementaryStream,
    ProgramAssociation,
    ProgramMap,
    PsiError,
    build_pat,
    build_pmt,
    crc32_mpeg2,
    parse_section,
)

# As ffmpeg writes them: tests/data/ts/ffmpeg_h264_aac.ts, but for transport_stream_id 1.
PAT = bytes.fromhex("00 b00d 0001 c1 0000 0001 f000 2ab104b2")
PMT = bytes.fromhex("02 b017 0001 c1 0000 e100 f000 1b e100 f000 0f e101 f000 2f44b99b")
MAP = ProgramMap(1, 0x100, (ElementaryStream(0x1B, 0x100), ElementaryStream(0x0F, 0x101)))


def test_the_letter_of_the_tables() -> None:
    association = ProgramAssociation(((1, 0x1000),))
    assert (build_pat(association), parse_section(PAT)) == (PAT, association)
    assert (build_pmt(MAP), parse_section(PMT)) == (PMT, MAP)


def test_the_checksum_is_that_of_the_catalogue() -> None:
    assert crc32_mpeg2(b"123456789") == 0x0376E6E7  # CRC-32/MPEG-2's check value
    assert crc32_mpeg2(PAT) == crc32_mpeg2(PMT) == 0


def test_a_table_that_does_not_hold_yet_is_none() -> None:
    later = bytearray(PAT[:-4])
    later[5] &= 0xFE
    assert parse_section(sealed(later.hex())) is None


@pytest.mark.parametrize("data", ["", "42 f02000", "ff"])
def test_another_table_is_none(data: str) -> None:
    assert parse_section(bytes.fromhex(data)) is None


def sealed(head: str) -> bytes:
    data = bytes.fromhex(head)
    return data + crc32_mpeg2(data).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (b"\x00\xb0", "table 0 and 2 bytes: its CRC is bad"),
        (PAT[:-1] + b"\x00", "table 0 and 16 bytes: its CRC is bad"),
        (sealed("02 b00b 0001 c1 0000 e100"), "a program map of 2 bytes, expected at least 4"),
        (sealed("02 b012 0001 c1 0000 e100 f000 1b e100 f001"), "ends at byte 10 of 9"),
        (sealed("02 b00f 0001 c1 0000 e100 f000 1b e1"), "ends at byte 4 of 6"),
    ],
)
def test_a_broken_section_is_blamed_on_the_peer(section: bytes, message: str) -> None:
    with pytest.raises(PsiError, match=message):
        parse_section(section)


PIDS = st.integers(0, 0x1FFF)
STREAMS = st.builds(ElementaryStream, st.integers(0, 255), PIDS, st.binary(max_size=12))


@pytest.mark.property
@given(
    st.builds(
        ProgramMap, st.integers(0, 0xFFFF), PIDS, st.lists(STREAMS, max_size=6).map(tuple),
        st.integers(0, 31), st.binary(max_size=9),
    ),
    st.lists(st.tuples(st.integers(0, 0xFFFF), PIDS), max_size=9).map(tuple),
)  # fmt: skip
def test_what_is_written_is_read(table: ProgramMap, programs: tuple[tuple[int, int], ...]) -> None:
    assert parse_section(build_pmt(table)) == table
    association = ProgramAssociation(programs, table.version)
    assert parse_section(build_pat(association)) == association
