"""Streams read: what is whole comes out, what is not is named, and nothing is raised."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.ts.packet import PacketWriter, adaptation_flags
from trio_srs.wire.ts.pes import build_pes
from trio_srs.wire.ts.psi import (
    ElementaryStream,
    ProgramAssociation,
    ProgramMap,
    build_pat,
    build_pmt,
)
from trio_srs.wire.ts.ts_oddity import TsOddityKind
from trio_srs.wire.ts.ts_reader import ClockReference, PesPacket, TsEvent, TsReader
from trio_srs.wire.ts.ts_writer import TsWriter

DATA = Path(__file__).parents[2] / "data" / "ts"
VIDEO, AUDIO = ElementaryStream(0x1B, 0x100), ElementaryStream(0x0F, 0x101)
MAP = ProgramMap(1, 0x100, (VIDEO, AUDIO))


def tables(*streams: ElementaryStream, clock_pid: int = 0x100) -> bytes:
    writer = TsWriter()
    writer.set_program(streams or (VIDEO, AUDIO), clock_pid)
    return writer.tables()


def of(pid: int, data: bytes, ticks: int = 0) -> PesPacket:
    return PesPacket(pid, 0xE0, ticks, ticks, data)


def read(*slices: bytes, **options: int) -> tuple[list[TsEvent], dict[str, int]]:
    """Everything, and the oddities by kind."""
    reader = TsReader(**options)
    events = [event for each in slices for event in reader.feed(each)] + reader.finish()
    return events, {kind.value: each.count for kind, each in reader.oddities.items()}


def picture(writer: PacketWriter, data: bytes, ticks: int = 0, flags: bytes = b"") -> bytes:
    return writer.write(build_pes(0xE0, data, ticks, ticks), flags)


def test_a_stream_is_its_map_its_clock_and_its_packets() -> None:
    writer = TsWriter()
    writer.set_program([VIDEO, AUDIO], 0x100)
    stream = writer.tables()
    stream += writer.pes(0x100, 0xE0, b"key" * 99, 9000, 10, clock=7, random_access=True)
    stream += writer.pes(0x101, 0xC0, b"sound", 300, 300)
    stream += writer.clock(11, discontinuity=True)
    stream += writer.pes(0x100, 0xE0, b"inter", 3600, 3600, discontinuity=True)
    events = [
        MAP,
        ClockReference(0x100, 7 * 300),
        PesPacket(0x100, 0xE0, 9000, 10, b"key" * 99, random_access=True),
        PesPacket(0x101, 0xC0, 300, 300, b"sound"),
        ClockReference(0x100, 11 * 300, discontinuity=True),
        PesPacket(0x100, 0xE0, 3600, 3600, b"inter", discontinuity=True),
    ]
    assert read(stream) == (events, {})


def test_a_packet_that_says_how_long_it_is_does_not_wait_for_the_next() -> None:
    reader = TsReader()
    reader.feed(tables())
    assert reader.feed(PacketWriter(0x100).write(build_pes(0xE0, b"a" * 300, 0, 0))) == [
        of(0x100, b"a" * 300)
    ]


def test_one_that_does_not_say_it_ends_where_the_next_begins() -> None:
    writer, long = PacketWriter(0x100), bytes(70_000)
    reader = TsReader()
    reader.feed(tables())
    assert reader.feed(picture(writer, long)) == []
    assert reader.feed(picture(writer, b"next", 5)) == [of(0x100, long), of(0x100, b"next", 5)]


def test_a_packet_that_began_before_the_reader_is_passed_over() -> None:
    writer = PacketWriter(0x100)
    rest = picture(writer, bytes(400))[188:]
    assert read(tables() + rest + picture(writer, b"whole")) == ([MAP, of(0x100, b"whole")], {})


def test_packets_before_the_map_are_nothing() -> None:
    assert read(picture(PacketWriter(0x100), b"early") + tables()) == ([MAP], {})


@pytest.mark.parametrize(
    "junk", [b"", b"\x00" * 5, b"g" + b"G" * 100, tables()[50:188], b"\x47" + bytes(300)]
)
def test_garbage_is_passed_over_wherever_it_is(junk: bytes) -> None:
    writer = PacketWriter(0x100)
    stream = junk + tables() + picture(writer, b"one") + junk + picture(writer, b"two")
    events, odd = read(stream + picture(writer, b"three"))
    assert [event.data for event in events if isinstance(event, PesPacket)][-1] == b"three"
    assert events[0] == MAP
    assert odd == ({"garbage": 2} if junk else {})


def test_the_byte_of_an_oddity_is_told() -> None:
    reader = TsReader()
    reader.feed(tables() + b"xxxx")
    reader.feed(tables())
    assert reader.oddities[TsOddityKind.GARBAGE].offset == 376
    assert reader.oddities[TsOddityKind.GARBAGE].detail == "4 bytes"


def test_a_stream_cut_short_gives_what_it_has() -> None:
    stream = tables() + picture(PacketWriter(0x100), bytes(range(200)))
    events, odd = read(stream[:-10])
    assert events == [MAP, PesPacket(0x100, 0xE0, 0, 0, bytes(range(170)), is_broken=True)]
    assert odd == {"cut_short": 1, "pes_length": 1}
    assert read(stream[:100]) == ([], {"cut_short": 1})
    assert read(tables()[:188]) == ([], {})
    assert read(b"abc") == ([], {"garbage": 1})


def test_a_lost_packet_breaks_what_it_was_of() -> None:
    writer = PacketWriter(0x100)
    first, second = picture(writer, bytes(500)), picture(writer, b"next")
    events, odd = read(tables() + first[:188] + first[376:] + second)
    assert isinstance(events[1], PesPacket)
    assert (events[1].is_broken, len(events[1].data)) == (True, 500 - 184)
    assert events[2] == of(0x100, b"next")
    assert odd == {"continuity": 1, "pes_length": 1}


def test_a_counter_that_is_set_is_no_loss() -> None:
    said = adaptation_flags(discontinuity=True)
    stream = picture(PacketWriter(0x100), b"old") * 2
    stream += picture(PacketWriter(0x100), b"new", 0, said)
    events, odd = read(tables() + stream)
    assert events[1:] == [of(0x100, b"old"), PesPacket(0x100, 0xE0, 0, 0, b"new", False, True)]
    assert odd == {"duplicate": 1}


def test_a_counter_that_stands_still_is_a_loss() -> None:
    events, odd = read(
        tables() + picture(PacketWriter(0x100), b"a") + picture(PacketWriter(0x100), b"b")
    )
    assert events[1:] == [of(0x100, b"a"), of(0x100, b"b")]
    assert odd == {"continuity": 1}


def changed(packet: bytes, at: int, value: int) -> bytes:
    return packet[:at] + bytes((value,)) + packet[at + 1 :]


@pytest.mark.parametrize(
    ("at", "value", "oddity"),
    [
        (1, 0xC1, "transport_error"),
        (3, 0xB0, "scrambled"),
        (2, 0x42, "unlisted_pid"),
        (4, 184, "adaptation"),
        (14, 7, "pes"),
    ],
)
def test_a_bad_packet_is_named_and_passed_over(at: int, value: int, oddity: str) -> None:
    good = PacketWriter(0x100).write(build_pes(0xE0, bytes(162), 0, 0))
    assert good[12:15] == b"\x00\x00\x01"  # behind 8 bytes of adaptation
    stream = tables() + changed(good, at, value)
    assert read(stream) == ([MAP], {oddity: 1})


def test_tables_of_networks_and_filling_are_nothing_odd() -> None:
    stream = tables() + PacketWriter(0x11).write(b"sdt")
    assert read(stream + PacketWriter(0x1FFF).bare(b"")) == ([MAP], {})


def test_a_clock_field_too_short_for_its_clock_is_named() -> None:
    packet = PacketWriter(0x100).bare(adaptation_flags(pcr=1))
    bad = packet[:3] + b"\x30\x06" + packet[5:]
    assert read(tables() + bad) == ([MAP], {"adaptation": 1})


def test_an_empty_adaptation_field_says_nothing() -> None:
    packet = PacketWriter(0x100).write(build_pes(0xE0, bytes(169), 0, 0))
    assert packet[3:5] == b"\x30\x00"
    assert read(tables() + packet) == ([MAP, of(0x100, bytes(169))], {})


def section(pid: int, data: bytes, counter: int = 0) -> bytes:
    writer = PacketWriter(pid)
    for _ in range(counter):
        writer.write(b"x")
    return writer.write_sections(data)


ASSOCIATION = build_pat(ProgramAssociation(((0, 0x10), (1, 0x1000))))


def test_sections_stand_behind_each_other_and_over_packets() -> None:
    big = ProgramMap(1, 0x100, (VIDEO, ElementaryStream(6, 0x102, b"\x09\xf0" + bytes(240))))
    pmt = build_pmt(big)
    stream = section(0, b"\x00" + b"\x42\xf0\x01\xaa" + ASSOCIATION)
    stream += section(0x1000, b"\x00" + pmt)
    assert len(stream) == 3 * 188
    assert read(stream) == ([big], {})


def test_a_section_may_end_where_the_pointer_of_the_next_says() -> None:
    big = ProgramMap(1, 0x100, (VIDEO, ElementaryStream(6, 0x102, b"\x09\xf0" + bytes(240))))
    pmt = build_pmt(big)
    first, rest = pmt[:183], pmt[183:]
    writer = PacketWriter(0x1000)
    stream = section(0, b"\x00" + ASSOCIATION) + writer.write(b"\x00" + first)
    stream += writer.write_sections(bytes((len(rest),)) + rest + build_pmt(MAP))
    assert read(stream) == ([big, MAP], {"same_version": 1})


def test_a_section_with_a_hole_is_given_up() -> None:
    big = ProgramMap(1, 0x100, (VIDEO, ElementaryStream(6, 0x102, b"\x09\xf0" + bytes(240))))
    whole = section(0x1000, b"\x00" + build_pmt(big))
    lost = PacketWriter(0x1000)
    for _ in range(5):
        lost.write(b"x")
    stream = section(0, b"\x00" + ASSOCIATION) + whole[:188]
    stream += changed(whole[188:], 3, 0x15) + section(0x1000, b"\x00" + build_pmt(MAP), 6)
    assert read(stream) == ([MAP], {"continuity": 1})


@pytest.mark.parametrize(
    ("pid", "payload", "odd"),
    [
        (0, b"\xb8" + bytes(183), {"section": 1}),  # a pointer past the end
        (0, b"\x00" + ASSOCIATION[:-1] + b"\x00", {"section": 1}),
        (0, b"\x00" + build_pmt(MAP), {}),  # a map where none belongs
        (0, b"\x00" + build_pat(ProgramAssociation(((0, 0x10),))), {}),
        (0, b"\x00" + build_pat(ProgramAssociation(())), {}),
    ],
)
def test_a_bad_table_is_named_and_passed_over(
    pid: int, payload: bytes, odd: dict[str, int]
) -> None:
    assert read(section(pid, payload)) == ([], odd)


def test_a_section_that_never_ends_is_named_at_the_end() -> None:
    assert read(PacketWriter(0).write(b"\x00" + ASSOCIATION[:9])) == ([], {"cut_short": 1})
    empty = PacketWriter(0).write(bytes(183))[:3] + b"\x30\xb7" + bytes(183)
    assert read(empty) == ([], {"section": 1})


def test_the_first_of_several_programs_is_read() -> None:
    pat = build_pat(ProgramAssociation(((1, 0x1000), (2, 0x1001))))
    other = build_pmt(ProgramMap(2, 0x100, (AUDIO,)))
    stream = section(0, b"\x00" + pat) + section(0x1000, b"\x00" + build_pmt(MAP) + other)
    assert read(stream) == ([MAP], {"many_programs": 1})


def test_an_association_that_changes_elsewhere_changes_nothing() -> None:
    again = build_pat(ProgramAssociation(((1, 0x1000),), 1))
    writer = PacketWriter(0)
    stream = writer.write_sections(b"\x00" + ASSOCIATION) + section(
        0x1000, b"\x00" + build_pmt(MAP)
    )
    stream += writer.write_sections(b"\x00" + again) + picture(PacketWriter(0x100), b"on")
    assert read(stream) == ([MAP, of(0x100, b"on")], {})


def test_a_program_may_move_to_another_map() -> None:
    writer = PacketWriter(0)
    moved = build_pat(ProgramAssociation(((1, 0x1001),), 1))
    stream = writer.write_sections(b"\x00" + ASSOCIATION) + section(
        0x1000, b"\x00" + build_pmt(MAP)
    )
    stream += picture(PacketWriter(0x100), bytes(70_000))
    stream += writer.write_sections(b"\x00" + moved) + section(0x1001, b"\x00" + build_pmt(MAP))
    assert read(stream) == ([MAP, of(0x100, bytes(70_000)), MAP], {})


def test_a_map_may_change_and_what_stays_goes_on() -> None:
    writer, sound = TsWriter(), ElementaryStream(0x03, 0x101)
    writer.set_program([VIDEO, AUDIO], 0x100)
    stream = writer.tables()
    whole = writer.pes(0x100, 0xE0, bytes(70_000), 1, 1)
    cut = writer.pes(0x101, 0xC0, b"a" * 400, 2, 2)
    stream += whole[:1880] + cut[:188]
    writer.set_program([VIDEO, sound], 0x1FFF)
    stream += writer.tables() + whole[1880:] + cut[188:]
    events, odd = read(stream)
    assert events == [
        MAP,
        PesPacket(0x101, 0xC0, 2, 2, b"a" * 170, is_broken=True),
        ProgramMap(1, 0x1FFF, (VIDEO, sound), 1),
        of(0x100, bytes(70_000), 1),
    ]
    assert odd == {"pes_length": 1}


def test_a_map_cannot_take_the_pids_of_tables() -> None:
    odd_map = build_pmt(ProgramMap(1, 0, (ElementaryStream(0x1B, 0x1000),)))
    stream = section(0, b"\x00" + ASSOCIATION) + section(0x1000, b"\x00" + odd_map)
    assert read(stream)[1] == {}


def test_a_clock_may_be_on_a_pid_of_its_own() -> None:
    stream = tables(VIDEO, clock_pid=0x1F0) + PacketWriter(0x1F0).bare(adaptation_flags(pcr=5))
    events, _ = read(stream + PacketWriter(0x100).bare(adaptation_flags(pcr=6)))
    assert events[1:] == [ClockReference(0x1F0, 5)]


def test_the_clock_is_held_against_what_it_is_the_clock_of() -> None:
    clock = PacketWriter(0x1F0)
    stream = tables(VIDEO, clock_pid=0x1F0)
    for ms in (0, 40, 240):
        stream += clock.bare(adaptation_flags(pcr=ms * 90 * 300))
    stream += picture(PacketWriter(0x100), b"late", 239 * 90)
    assert read(stream)[1] == {"pcr_interval": 1, "late": 1}


def test_another_clock_is_another_clock() -> None:
    stream = tables(VIDEO, clock_pid=0x1F0)
    stream += PacketWriter(0x1F0).bare(adaptation_flags(pcr=9000 * 300))
    writer = TsWriter()
    writer.set_program([VIDEO], 0x1F1)
    writer.set_program([VIDEO], 0x1F2)  # the second version of the map
    stream += writer.tables() + PacketWriter(0x1F2).bare(adaptation_flags(pcr=5))
    assert "pcr_back" not in read(stream)[1]


def test_a_packet_longer_than_believed_is_given_up() -> None:
    writer = PacketWriter(0x100)
    stream = tables() + picture(writer, bytes(500)) + picture(writer, b"ok")
    assert read(stream, max_pes=400) == ([MAP, of(0x100, b"ok")], {"pes_too_long": 1})


def test_all_that_is_begun_is_not_more_than_the_longest_packet() -> None:
    streams = [ElementaryStream(0x1B, 0x100 + number) for number in range(8)]
    reader = TsReader(max_pes=300_000)
    reader.feed(tables(*streams))
    for stream in streams:  # none of them says how long it is, and none ends
        reader.feed(picture(PacketWriter(stream.pid), bytes(100_000)))
    assert reader.oddities[TsOddityKind.PES_TOO_LONG].count >= 4
    assert sum(len(event.data) for event in reader.finish() if isinstance(event, PesPacket)) <= (
        300_000 + 8 * (1 << 16)
    )


def test_packets_without_a_byte_take_no_room() -> None:
    reader, head = TsReader(), bytes.fromhex("47410030") + b"\xb7" + bytes(183)
    reader.feed(tables() + head)

    def counted(number: int) -> bytes:
        return bytes.fromhex("470100") + bytes((0x30 | number % 16,)) + b"\xb7" + bytes(183)

    tracemalloc.start()
    try:
        for number in range(1, 4001):
            reader.feed(counted(number))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 8000
    assert reader.oddities == {}


def test_a_map_of_very_many_streams_is_read() -> None:
    streams = [ElementaryStream(0x1B, 0x100 + number) for number in range(200)]
    events, odd = read(
        tables(*streams), *[picture(PacketWriter(each.pid), b"x") for each in streams]
    )
    assert len(events) == 201
    assert odd == {}


def test_a_packet_without_a_whole_header_is_given_up() -> None:
    writer = PacketWriter(0x100)
    stream = tables() + writer.write(b"\x00\x00\x01\xe0") + picture(writer, b"ok")
    assert read(stream) == ([MAP, of(0x100, b"ok")], {"pes": 1})


def test_what_stands_behind_a_packets_end_is_left_out() -> None:
    longer = build_pes(0xE0, b"ok", 0, 0) + b"more"
    events, odd = read(tables() + PacketWriter(0x100).write(longer))
    assert (events, odd) == ([MAP, of(0x100, b"ok")], {"pes_length": 1})


@pytest.mark.parametrize("name", ["h264_aac", "hevc_opus", "ac3_eac3_mp3"])
def test_streams_of_ffmpeg_have_nothing_odd(name: str) -> None:
    data = (DATA / f"ffmpeg_{name}.ts").read_bytes()
    events, odd = read(data)
    assert odd == {}
    packets = [event for event in events if isinstance(event, PesPacket)]
    assert not any(packet.is_broken for packet in packets)
    assert packets[0].random_access
    assert {packet.pid for packet in packets} == {stream.pid for stream in events[0].streams}  # type: ignore[union-attr]  # the map comes first


@pytest.mark.property
@given(st.data())
def test_slicing_and_damage_do_not_matter(data: st.DataObject) -> None:
    stream = bytearray((DATA / "ffmpeg_h264_aac.ts").read_bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(stream) - 1))
        if data.draw(st.booleans()):
            stream[at] = data.draw(st.integers(0, 255))
        else:
            del stream[at : at + data.draw(st.integers(1, 400))]
    step = data.draw(st.integers(1, 700))
    slices = [bytes(stream[at : at + step]) for at in range(0, len(stream), step)]
    assert read(*slices) == read(bytes(stream))


@pytest.mark.property
@given(st.binary(max_size=800))
def test_anything_is_read(data: bytes) -> None:
    read(tables() + data)
