"""Each rule of transport streams finds its fault, and only that."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.packaging.faults import (
    Change,
    Twin,
    check_patchy,
    check_twin,
    flags,
    found_by,
    in_files,
    in_list,
    packets,
    retimed,
    sections,
)
from trio_srs.media.packaging.ts_rules import TS_RULES
from trio_srs.wire.ts.packet import PACKET_SIZE

MAP_PID, VIDEO_PID, AUDIO_PID = 0x1000, 0x100, 0x101
NULL: Final = b"\x47\x1f\xff\x10" + bytes(184)
UNLISTED: Final = b"\x47\x12\x34\x10" + bytes(184)
START: Final = b"\0\0\0\1"
LENGTH, LONGER = b"\x6c\x40\x01\xdf", b"\x6c\x40\x01\xff"
ALL: Final = ("main-e-10",)


def one(change: Change) -> Twin:
    """In a segment from the middle."""
    return Twin("ts", in_files(change, names=("main-e-104.ts",)))


def bad_checksum(packet: bytearray, place: int) -> None:
    if place == 1:
        packet[20] ^= 1


def counted_on(packet: bytearray, _: int) -> None:
    packet[3] = packet[3] & 0xF0 | (packet[3] + 1) % 16


def first_version(section: bytearray) -> None:
    section[5] = 0xC1


def without_sound(body: bytes) -> bytes:
    cut = [body[at : at + PACKET_SIZE] for at in range(0, len(body), PACKET_SIZE)]
    return b"".join(
        packet for packet in cut if packet[1:3] != b"\x01\x01" and packet[1:3] != b"A\x01"
    )


def without_clocks(packet: bytearray, place: int) -> None:
    if 20 < place < 50 and flags(packet) & 0x10:
        packet[5] &= ~0x10
        packet[6:12] = b"\xff" * 6


def last_clock_back(body: bytes) -> bytes:
    count = 0

    def counted(packet: bytearray, _: int) -> None:
        nonlocal count
        count += bool(flags(packet) & 0x10)

    packets(counted)(body)

    def back(packet: bytearray, _: int) -> None:
        nonlocal count
        if flags(packet) & 0x10:
            count -= 1
            if count == 0:
                base = (int.from_bytes(packet[6:12], "big") >> 15) - 18_000
                packet[6:12] = (base << 15 | 0x7E00).to_bytes(6, "big")

    return packets(back)(body)


def untimed(packet: bytearray, place: int) -> bool | None:
    if place < 3 or not packet[1] & 0x40:
        return None
    at = 5 + packet[4] if packet[3] & 0x20 else 4
    packet[at + 7] &= 0x3F
    packet[at + 9 : at + 9 + packet[at + 8]] = b"\xff" * packet[at + 8]
    return False


def swapped(old: bytes, new: bytes, place: int = 0) -> Change:
    """One of many is another."""

    def change(body: bytes) -> bytes:
        at = -1
        for _ in range(place + 1):
            at = body.index(old, at + 1)
        return body[:at] + new + body[at + len(old) :]

    return change


def not_to_begin_at(packet: bytearray, _: int) -> bool | None:
    if flags(packet) & 0x40 and packet[1] & 0x40:
        packet[5] &= ~0x40
        return False
    return None


TWINS: Final = {
    "packets_are_whole": one(lambda body: body + bytes(10)),
    "tables_come_first": one(lambda body: NULL + body),
    "tables_can_be_read": one(packets(bad_checksum, 0)),
    "counters_go_on": Twin(
        "ts", in_files(packets(counted_on, AUDIO_PID), names=("main-e-104.ts",))
    ),
    "map_versions_rise": Twin(
        "late",
        in_files(
            sections(first_version, MAP_PID), names=("main-e-103", "main-e-104", "main-e-105")
        ),
    ),
    "tracks_change_at_discontinuities": Twin(
        "late", in_list("^#EXT-X-DISCONTINUITY\n", "", names=("main.m3u8",))
    ),
    "listed_streams_have_data": Twin("ts", in_files(without_sound, names=ALL)),
    "data_is_on_listed_streams": one(lambda body: body[:376] + UNLISTED + body[376:]),
    "the_clock_comes_often": one(packets(without_clocks)),
    "the_clock_never_goes_back": one(last_clock_back),
    "frames_are_sent_in_time": one(retimed(36_000, 0)),
    "frames_are_not_sent_too_early": one(retimed(-90_000, 0)),
    "packets_have_their_times": one(packets(untimed, AUDIO_PID)),
    "pictures_have_one_delimiter": one(swapped(START + b"\x09\xf0", START + b"\x0c\xf0", 4)),
    "keyframes_have_their_parameter_sets": one(swapped(START + b"\x68", START + b"\x0c")),
    "keyframes_may_be_begun_at": one(packets(not_to_begin_at, VIDEO_PID)),
    "frames_of_aac_fill_their_packets": one(swapped(LENGTH, LONGER, 3)),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in TS_RULES]


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(TS_RULES)


def clockless(packet: bytearray) -> None:
    if flags(packet) & 0x10:
        packet[5] &= ~0x10
        packet[6:12] = b"\xff" * 6


def early(packet: bytearray, place: int) -> bool | None:
    """A PES packet with both times: that of presentation is no more than a second from 0."""
    if place < 3 or not packet[1] & 0x40:
        return None
    at = 5 + packet[4] if packet[3] & 0x20 else 4
    if packet[at + 7] >> 6 != 3:
        return None
    packet[at + 9 : at + 14] = b"\x31\x00\x01\x00\x01"
    return False


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("packets_are_whole", lambda body: body[:188] + bytes(188) + body[188:]),
        ("the_clock_comes_often", packets(lambda packet, _: clockless(packet))),
        ("packets_have_their_times", packets(early, VIDEO_PID)),
        ("pictures_have_one_delimiter", swapped(START + b"\x09\xf0", START + b"\x41\x9a", 4)),
    ],
)
def test_other_faults_of_the_same_rules(rule: str, change: Change) -> None:
    assert rule in found_by(TS_RULES, one(change))


def test_data_that_are_no_pictures_are_left_to_others() -> None:
    change = packets(lambda packet, place: noise(packet), VIDEO_PID)
    assert "pictures_have_one_delimiter" not in found_by(TS_RULES, one(change))


def noise(packet: bytearray) -> None:
    at = 5 + packet[4] if packet[3] & 0x20 else 4
    if packet[1] & 0x40:
        at += 9 + packet[at + 8]
    packet[at:] = b"\x07" * (len(packet) - at)
