"""Faults for playlists, for packets and for boxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import attrs

from tests.media.packaging.viewings import Fault, altered, breaches, patchy, sound_viewing
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rule import PackagingRule
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.wire.ts.packet import PACKET_SIZE, WRAP_TICKS
from trio_srs.wire.ts.psi import crc32_mpeg2

__all__ = [
    "Twin",
    "added",
    "after",
    "at",
    "both",
    "check_patchy",
    "check_twin",
    "everywhere",
    "flags",
    "found_by",
    "in_files",
    "in_list",
    "named_lists",
    "packets",
    "resized",
    "retimed",
    "sections",
]

Change = Callable[[bytes], bytes]
Which = Callable[[int], bool]
VIDEO, AUDIO, MAIN = "video.m3u8", "audio.m3u8", "main.m3u8"
TIMELY: Final = {"segments_come_in_time", "parts_come_in_time"}


@attrs.frozen
class Twin:
    """A sound presentation, and the fault that makes its broken twin."""

    of: str
    fault: Fault


def check_twin(name: str, twin: Twin) -> None:
    """The fault is found by the rule, and by no other."""
    found = breaches(twin.fault(sound_viewing(twin.of)))
    assert {each.rule.name for each in found} == {name}, "\n".join(map(str, found))


def check_patchy(rules: Sequence[PackagingRule]) -> None:
    """Where something was not got, or is said to be missing, nothing is found."""
    for fetched in patchy():
        found = check_packaging(Viewing(fetched), rules)
        assert [str(each) for each in found if each.rule.name not in TIMELY] == []


def found_by(rules: Sequence[PackagingRule], twin: Twin) -> set[str]:
    """Names of those of some rules that find a fault."""
    viewing = Viewing(twin.fault(sound_viewing(twin.of)))
    return {each.rule.name for each in check_packaging(viewing, rules)}


def everywhere(place: int) -> bool:
    return place >= 0


def at(*places: int) -> Which:
    return lambda place: place in places


def after(first: int) -> Which:
    return lambda place: place >= first


def in_list(
    pattern: str, text: str, which: Which = everywhere, names: tuple[str, ...] = (VIDEO,)
) -> Fault:
    """Something else stands in some copies of playlists, wherever the pattern is.

    Args:
        which: of the copies of each.
    """

    def change(body: bytes) -> bytes:
        return re.sub(pattern, text, body.decode(), flags=re.MULTILINE).encode()

    return in_files(change, which, names)


def named_lists(pattern: str, text: str, which: Which = everywhere) -> Fault:
    """The same in the playlists of pictures and of sound."""
    return in_list(pattern, text, which, (VIDEO, AUDIO))


def in_files(change: Change, which: Which = everywhere, names: tuple[str, ...] = (VIDEO,)) -> Fault:
    """Something else is in files that have a name."""

    def fault(fetched: list[Fetched]) -> list[Fetched]:
        for name in names:
            fetched = altered(fetched, name, change, which)
        return fetched

    return fault


def both(*faults: Fault) -> Fault:
    """One behind the other."""

    def fault(fetched: list[Fetched]) -> list[Fetched]:
        for each in faults:
            fetched = each(fetched)
        return fetched

    return fault


def added(make: Callable[[list[Fetched]], Fetched]) -> Fault:
    """An answer more, made of the others."""
    return lambda fetched: [*fetched, make(fetched)]


# ------------------------------------------------------------------- packets


def packets(change: Callable[[bytearray, int], bool | None], *pids: int) -> Change:
    """Something else stands in packets of some PIDs, or of all.

    Args:
        change: is given each and its place among them, and says False for the last.
    """

    def changed(body: bytes) -> bytes:
        made, place = bytearray(body), 0
        for start in range(0, len(body), PACKET_SIZE):
            packet = bytearray(made[start : start + PACKET_SIZE])
            pid = (packet[1] & 0x1F) << 8 | packet[2]
            if not pids or pid in pids:
                goes_on = change(packet, place)
                made[start : start + PACKET_SIZE] = packet
                place += 1
                if goes_on is False:
                    break
        return bytes(made)

    return changed


def flags(packet: bytearray) -> int:
    """Of the adaptation field."""
    return packet[5] if packet[3] & 0x20 and packet[4] else 0


def _payload_at(packet: bytearray) -> int:
    return 5 + packet[4] if packet[3] & 0x20 else 4


def retimed(clock: int, frames: int, *pids: int) -> Change:
    """The clock, and the times of frames on some PIDs, are so many ticks later."""

    def change(packet: bytearray, _: int) -> None:
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if flags(packet) & 0x10 and clock:
            bits = int.from_bytes(packet[6:12], "big")
            base = ((bits >> 15) + clock) % WRAP_TICKS
            packet[6:12] = (base << 15 | bits & 0x7FFF).to_bytes(6, "big")
        if packet[1] & 0x40 and packet[3] & 0x10 and pid in pids:
            start = _payload_at(packet)
            count = {2: 1, 3: 2}.get(packet[start + 7] >> 6, 0)
            for at_byte in range(start + 9, start + 9 + 5 * count, 5):
                five = bytes(packet[at_byte : at_byte + 5])
                packet[at_byte : at_byte + 5] = _later(five, frames)

    return packets(change)


def _later(five: bytes, ticks: int) -> bytes:
    bits = int.from_bytes(five, "big")
    time = (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7FFF) << 15 | bits >> 1 & 0x7FFF
    time = (time + ticks) % WRAP_TICKS
    marked = (bits >> 36) << 36 | 1 << 32 | 1 << 16 | 1
    return (
        marked | time >> 30 << 33 | (time >> 15 & 0x7FFF) << 17 | (time & 0x7FFF) << 1
    ).to_bytes(5, "big")


def sections(change: Callable[[bytearray], None], pid: int) -> Change:
    """Something else stands in the tables of a PID, checksums right."""

    def changed(packet: bytearray, _: int) -> None:
        start = _payload_at(packet) + 1
        end = start + 3 + (int.from_bytes(packet[start + 1 : start + 3], "big") & 0xFFF)
        section = packet[start : end - 4]
        change(section)
        packet[start:end] = section + crc32_mpeg2(bytes(section)).to_bytes(4, "big")

    return packets(changed, pid)


# --------------------------------------------------------------------- boxes

AROUND: Final = {b"tfdt": (b"traf", b"moof"), b"trun": (b"trun", b"traf", b"moof")}


def resized(kind: bytes, change: Callable[[bytes], bytes]) -> Change:
    """The first box of a kind in a fragment is another one, also of another size."""

    def changed(body: bytes) -> bytes:
        start = body.index(kind) - 4
        end = start + int.from_bytes(body[start : start + 4], "big")
        new = change(body[start:end])
        grown = len(new) - (end - start)
        made = bytearray(body[:start] + new + body[end:])
        for name in AROUND[kind]:
            _grow(made, made.index(name) - 4, grown)
        run = made.index(b"trun")
        _grow(made, run + 12, grown)
        return bytes(made)

    return changed


def _grow(made: bytearray, at_byte: int, grown: int) -> None:
    size = int.from_bytes(made[at_byte : at_byte + 4], "big") + grown
    made[at_byte : at_byte + 4] = size.to_bytes(4, "big")


def blocks(text: str) -> Iterator[str]:
    """A media playlist in pieces: what stands before its segments, each segment, and what stands
    behind them."""
    piece = ""
    for line in text.splitlines(keepends=True):
        piece += line
        if not line.startswith("#"):
            yield piece
            piece = ""
    yield piece
