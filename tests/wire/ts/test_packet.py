"""Packets: the letter of a header, and how a payload of any size is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.wire.ts.packet import PACKET_SIZE, PAYLOAD_SIZE, PacketWriter, adaptation_flags

LONG = bytes(range(184))


def packets(data: bytes) -> list[bytes]:
    assert len(data) % PACKET_SIZE == 0
    return [data[at : at + PACKET_SIZE] for at in range(0, len(data), PACKET_SIZE)]


def payload_of(packet: bytes) -> bytes:
    """As 2.4.3.3 has it, by hand."""
    return packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]


@pytest.mark.parametrize(
    ("payload", "adaptation", "head"),
    [
        (LONG, "", "47 4100 10"),
        (LONG[:183], "", "47 4100 30 00"),
        (LONG[:182], "", "47 4100 30 01 00"),
        (LONG[:180], "", "47 4100 30 03 00 ffff"),
        (LONG[:182], "40", "47 4100 30 01 40"),
        (LONG[:176], "50 0001f4007e00", "47 4100 30 07 50 0001f4007e00"),
        (LONG[:175], "50 0001f4007e00", "47 4100 30 08 50 0001f4007e00 ff"),
    ],
)
def test_the_letter_of_one_packet(payload: bytes, adaptation: str, head: str) -> None:
    written = PacketWriter(0x100).write(payload, bytes.fromhex(adaptation))
    assert written == bytes.fromhex(head) + payload


def test_what_is_longer_goes_on_in_packets_that_do_not_start() -> None:
    first, second, third = packets(PacketWriter(0x1FFE).write(b"a" * 300 + b"b" * 240, b"\x80"))
    assert first[:6].hex(" ") == "47 5f fe 30 01 80"
    assert second[:4].hex(" ") == "47 1f fe 11"
    assert third[:4].hex(" ") == "47 1f fe 32"
    assert payload_of(third) == b"b" * 174 == third[-174:]


def test_packets_of_a_clock_alone_do_not_count() -> None:
    writer = PacketWriter(0x100)
    clock = adaptation_flags(pcr=300)
    counters = [writer.bare(clock)[3], writer.write(b"a")[3], writer.bare(clock)[3]]
    counters += [writer.write(b"b")[3], writer.bare(clock)[3]]
    assert [f"{each:02x}" for each in counters] == ["2f", "30", "20", "31", "21"]


def test_the_letter_of_a_packet_with_a_clock_alone() -> None:
    written = PacketWriter(0x100).bare(adaptation_flags(pcr=900_017))
    assert written == bytes.fromhex("47 0100 2f b7 10 000005dc7e11") + b"\xff" * 176


def test_sections_are_filled_up_behind() -> None:
    assert PacketWriter(0).write_sections(b"\x00\x02") == (
        b"\x47\x40\x00\x10\x00\x02" + b"\xff" * 182
    )
    assert PacketWriter(0).write_sections(LONG) == b"\x47\x40\x00\x10" + LONG


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ({}, ""),
        ({"random_access": True}, "40"),
        ({"discontinuity": True}, "80"),
        ({"pcr": 0}, "10 000000007e00"),
        ({"pcr": 299, "random_access": True}, "50 000000007f2b"),
        ({"pcr": ((1 << 33) - 1) * 300, "discontinuity": True}, "90 fffffffffe00"),
        ({"pcr": (1 << 33) * 300}, "10 000000007e00"),  # goes round
    ],
)
def test_the_letter_of_adaptation_flags(said: dict[str, int], flags: str) -> None:
    assert adaptation_flags(**said) == bytes.fromhex(flags)  # type: ignore[arg-type]  # table


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(1, 30_000), st.sampled_from(["", "40", "10000000007e00"]))))
@example([(184 * 300, "40"), (184 * 128 + 182, "40"), (182, "40"), (183, "40")])
def test_what_is_written_is_whole_and_counted(asked: list[tuple[int, str]]) -> None:
    writer, counter = PacketWriter(0x42), 0
    for size, flags in asked:
        payload = bytes(i % 251 for i in range(size))
        written = packets(writer.write(payload, bytes.fromhex(flags)))
        assert b"".join(map(payload_of, written)) == payload
        assert len(written) == -(-(size + (1 + len(flags) // 2 if flags else 0)) // PAYLOAD_SIZE)
        for index, packet in enumerate(written):
            assert packet[:3] == (b"\x47\x40\x42" if index == 0 else b"\x47\x00\x42")
            assert packet[3] & 0x0F == counter % 16
            counter += 1
