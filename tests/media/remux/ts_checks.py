"""What every transport stream of ours has to keep, read without a line of what wrote it.

Clauses are of ISO/IEC 13818-1. ``check`` says what is broken, and returns what was found.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Final

import attrs

__all__ = ["Checked", "check"]

SIZE: Final = 188
WRAP: Final = 1 << 33
START: Final = b"\x00\x00\x00\x01"


@attrs.define
class Checked:
    """What is in the stream."""

    versions: list[int] = attrs.field(factory=list)
    """Of the program map, each as it changed."""
    types: list[tuple[int, ...]] = attrs.field(factory=list)
    """Stream types of the map, likewise."""
    tables_at: list[int] = attrs.field(factory=list)
    """Where each map stands on the clock: that of what comes next behind it."""
    clocks: list[int] = attrs.field(factory=list)
    breaks: int = 0
    lead: int | None = None
    """From the clock to the DTS of what comes with it, the first time."""
    pes: dict[int, list[tuple[int, int, bytes]]] = attrs.field(factory=lambda: defaultdict(list))
    """By PID: PTS, DTS and data of each packet."""
    is_behind_map: bool = False
    streams: dict[int, tuple[int, bytes]] = attrs.field(factory=dict)
    """By PID what the newest map lists: stream type and descriptors."""
    begun: set[int] = attrs.field(factory=set)
    """PIDs that had a PES packet since they were listed so."""
    entries: list[int] = attrs.field(factory=list)
    """DTS of each access unit that is said to be one where decoding may begin."""


def _apart(later: int, earlier: int) -> int:
    return (later - earlier + WRAP // 2) % WRAP - WRAP // 2


def check(data: bytes) -> Checked:
    """Look at all packets."""
    assert len(data) % SIZE == 0
    found, counters, open_pes = Checked(), dict[int, int](), dict[int, bytearray]()
    clock_pid = -1
    for at in range(0, len(data), SIZE):
        packet = data[at : at + SIZE]
        assert packet[0] == 0x47
        assert packet[1] & 0x80 == packet[3] & 0xC0 == 0
        pid, starts = (packet[1] & 31) << 8 | packet[2], bool(packet[1] & 0x40)
        pos, flags = 4, 0
        if packet[3] & 0x20:
            pos, flags = 5 + packet[4], packet[5] if packet[4] else 0
            said = 5 + (packet[4] > 0) + 6 * bool(flags & 0x10)
            assert packet[said:pos].strip(b"\xff") == b"", "2.4.3.5: stuffing is ff"
        if at == 0:
            assert (pid, starts) == (0, True), "the first packet is the PAT"
        if packet[3] & 0x10:
            assert packet[3] & 15 == (counters.get(pid, -1) + 1) % 16, "2.4.3.3"
            counters[pid] = packet[3] & 15
        else:
            assert packet[3] & 15 == counters.get(pid, -1) % 16
        if flags & 0x10:
            assert pid == clock_pid
            _clock(found, packet, bool(flags & 0x80))
        if pid in (0, 0x1000) and packet[3] & 0x10:
            section = _section(packet[pos:])
            if pid:
                clock_pid = _map(found, section)
            else:
                assert section[5:-4].hex() == "c100000001f000", "one program, and its map"
        elif packet[3] & 0x10:
            assert pid in found.streams, "data on a PID that no table lists"
            if starts:
                _close(found, pid, open_pes)
                open_pes[pid] = bytearray()
                _begin(found, pid, packet[pos:], bool(flags & 0x40))
            open_pes[pid] += packet[pos:]
    for pid in list(open_pes):
        _close(found, pid, open_pes)
    _all_begun(found)
    return found


@lru_cache
def _crc(section: bytes) -> int:
    """Annex A, bit by bit."""
    register = 0xFFFFFFFF
    for byte in section:
        for bit in range(7, -1, -1):
            carry = register >> 31 ^ byte >> bit & 1
            register = register << 1 & 0xFFFFFFFF ^ 0x04C11DB7 * carry
    return register


def _section(payload: bytes) -> bytes:
    """The one section that begins in a packet, and is whole."""
    assert payload[0] == 0, "2.4.4.2: it begins behind the pointer field"
    size = (payload[2] & 15) << 8 | payload[3]
    assert payload[4 + size :].strip(b"\xff") == b""
    assert _crc(payload[1 : 4 + size]) == 0
    return payload[1 : 4 + size]


def _all_begun(found: Checked) -> None:
    assert found.begun == set(found.streams), "a player waits for each stream that is listed"


def _clock(found: Checked, packet: bytes, is_break: bool) -> None:
    bits = int.from_bytes(packet[6:12], "big")
    ticks, extension = bits >> 15, bits & 0x1FF
    assert extension < 300
    if is_break:
        found.breaks += 1
    elif found.clocks:
        assert 0 < _apart(ticks, found.clocks[-1]) <= 9000, "2.7.2: within 100 ms, and rising"
    found.clocks.append(ticks)
    _place_map(found, ticks)


def _place_map(found: Checked, ticks: int) -> None:
    if found.is_behind_map:
        found.tables_at.append(ticks)
        found.is_behind_map = False


def _map(found: Checked, section: bytes) -> int:
    assert section[0] == 2
    version, pos, streams = section[5] >> 1 & 31, 12, {}
    while pos < len(section) - 4:
        pid = (section[pos + 1] & 31) << 8 | section[pos + 2]
        end = pos + 5 + ((section[pos + 3] & 15) << 8 | section[pos + 4])
        streams[pid] = section[pos], section[pos + 5 : end]
        pos = end
    if streams != found.streams:
        _all_begun(found)
        assert not found.versions or version == (found.versions[-1] + 1) % 32
        found.versions.append(version)
        found.types.append(tuple(kind for kind, _ in streams.values()))
        found.begun &= {pid for pid in streams if streams[pid] == found.streams.get(pid)}
        found.streams = streams
    assert version == found.versions[-1], "2.4.4.9: another version says that something changed"
    found.is_behind_map = True
    return (section[8] & 31) << 8 | section[9]


def _begin(found: Checked, pid: int, start: bytes, is_entry: bool) -> None:
    found.begun.add(pid)
    pts = _time(start[9:14])
    dts = _time(start[14:19]) if start[7] & 0x40 else pts
    assert 0 <= _apart(dts, found.clocks[-1]) < 90_000, "it comes in time, and not too early"
    if found.lead is None:
        found.lead = _apart(dts, found.clocks[-1])
    _place_map(found, (dts - found.lead) % WRAP)
    if is_entry:
        found.entries.append(dts)


def _close(found: Checked, pid: int, open_pes: dict[int, bytearray]) -> None:
    data = bytes(open_pes.pop(pid, b""))
    if not data:
        return
    assert data[:3] == b"\x00\x00\x01"
    length = int.from_bytes(data[4:6], "big")
    assert length in (0, len(data) - 6)
    assert length or data[3] == 0xE0, "2.4.3.7: only video may leave its length out"
    assert data[6] >> 6 == 2
    assert data[7] & 0x80
    pts = _time(data[9:14])
    dts = _time(data[14:19]) if data[7] & 0x40 else pts
    assert _apart(pts, dts) >= 0
    body = data[9 + data[8] :]
    if data[3] == 0xE0 and _delimited(body):
        _keyed(found.streams[pid][0], body, is_entry=dts in found.entries[-1:])
    if found.streams.get(pid, (0, b""))[0] == 0x0F:
        _framed(body)
    before = found.pes[pid]
    if before and not found.breaks:
        assert _apart(dts, before[-1][1]) >= 0, "decoding goes on"
    before.append((pts, dts, body))


def _time(five: bytes) -> int:
    assert five[0] & 1 == five[2] & 1 == five[4] & 1 == 1
    return (
        (five[0] >> 1 & 7) << 30 | five[1] << 22 | five[2] >> 1 << 15 | five[3] << 7 | five[4] >> 1
    )


def _delimited(body: bytes) -> bool:
    """2.14.1, 2.17.1: one delimiter, and first; or none, where a picture goes on."""
    heads = [piece[:2] for piece in body.split(START)[1:]]
    delimiters = [at for at, head in enumerate(heads) if head in (b"\x09\xf0", b"\x46\x01")]
    assert delimiters in ([0], [])
    return bool(delimiters)


def _keyed(stream_type: int, body: bytes, *, is_entry: bool) -> None:
    """A picture that a decoder may begin at has its parameter sets before it, and says so."""
    firsts = [piece[0] for piece in body.split(START)[1:]]
    is_avc = stream_type == 0x1B
    types = [first & 31 if is_avc else first >> 1 & 63 for first in firsts]
    keys = [at for at, kind in enumerate(types) if (kind == 5 if is_avc else 16 <= kind <= 21)]
    assert bool(keys) == is_entry, "2.4.3.5: random_access_indicator"
    wanted = {7, 8} if is_avc else {32, 33, 34}
    assert not keys or wanted <= set(types[: keys[0]])


def _framed(body: bytes) -> None:
    """ISO/IEC 14496-3, 1.A.3: frames fill the packet, one behind the other."""
    pos = 0
    while pos < len(body):
        assert body[pos] == 0xFF
        assert body[pos + 1] & 0xF6 == 0xF0
        pos += (body[pos + 3] & 3) << 11 | body[pos + 4] << 3 | body[pos + 5] >> 5
    assert pos == len(body)
