"""A program written: its tables follow it, counters go on."""

from __future__ import annotations

from trio_srs.wire.ts.psi import ElementaryStream, ProgramMap, parse_section
from trio_srs.wire.ts.ts_writer import TsWriter

VIDEO = ElementaryStream(0x1B, 0x100)
AUDIO = ElementaryStream(0x0F, 0x101)


def read_map(tables: bytes) -> ProgramMap:
    """The map in two packets of tables."""
    assert len(tables) == 376
    assert tables[:3].hex(" ") == "47 40 00"
    assert tables[188:191].hex(" ") == "47 50 00"
    body = tables[193:]
    table = parse_section(body[: 3 + (int.from_bytes(body[1:3], "big") & 0xFFF)])
    assert isinstance(table, ProgramMap)
    return table


def test_the_map_says_what_is_set_and_its_version_goes_round() -> None:
    writer = TsWriter()
    assert writer.set_program([VIDEO], 0x100)
    assert read_map(writer.tables()) == ProgramMap(1, 0x100, (VIDEO,), 0)
    assert not writer.set_program([VIDEO], 0x100)
    versions = []
    for turn in range(33):
        assert writer.set_program([VIDEO, AUDIO][: 2 - turn % 2], 0x100)
        versions.append(read_map(writer.tables()).version)
    assert versions == [*range(1, 32), 0, 1]


def test_tables_are_counted_like_everything_else() -> None:
    writer = TsWriter()
    writer.set_program([VIDEO], 0x100)
    counters = [(tables[3] & 15, tables[191] & 15) for tables in (writer.tables() for _ in "123")]
    assert counters == [(0, 0), (1, 1), (2, 2)]


def test_the_letter_of_a_picture_with_the_clock() -> None:
    writer = TsWriter()
    writer.set_program([VIDEO], 0x100)
    packet = writer.pes(0x100, 0xE0, b"\xaa" * 157, 133200, 126000, clock=63000, random_access=True)
    head = "47 4100 30 07 50 00007b0c7e00 000001e0 00aa 84c00a 31000910a1 110007d861"
    assert packet == bytes.fromhex(head) + b"\xaa" * 157


def test_a_clock_alone_is_on_the_pid_of_the_clock() -> None:
    writer = TsWriter()
    writer.set_program([AUDIO], 0x101)
    assert (
        writer.clock(1, discontinuity=True)[:12].hex(" ") == "47 01 01 2f b7 90 00 00 00 00 fe 00"
    )
    assert writer.pes(0x101, 0xC0, b"a", 0, 0, discontinuity=True)[4:6].hex(" ") == "a8 80"
    assert writer.clock(1)[3] == 0x20
