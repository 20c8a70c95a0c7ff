"""What every transport stream of ours has to keep, read without a line of what wrote it.

Clauses are of ISO/IEC 13818-1. ``check`` says what is broken, and returns what was found.
"""

from __future__ import annotations

from collections import defaultdict
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
    pids: set[int] = attrs.field(factory=set)
    """That the newest map lists."""


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
        if pid == 0x1000 and packet[3] & 0x10:
            clock_pid = _map(found, packet[pos:])
        elif pid and packet[3] & 0x10:
            assert pid in found.pids, "data on a PID that no table lists"
            if starts:
                _close(found, pid, open_pes)
                open_pes[pid] = bytearray()
                _begin(found, packet[pos:])
            open_pes[pid] += packet[pos:]
    for pid in list(open_pes):
        _close(found, pid, open_pes)
    return found


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


def _map(found: Checked, payload: bytes) -> int:
    assert payload[:2] == b"\x00\x02"
    size = (payload[2] & 15) << 8 | payload[3]
    section = payload[1 : 4 + size]
    version, pos, types, pids = section[5] >> 1 & 31, 12, [], set()
    while pos < len(section) - 4:
        types.append(section[pos])
        pids.add((section[pos + 1] & 31) << 8 | section[pos + 2])
        pos += 5 + ((section[pos + 3] & 15) << 8 | section[pos + 4])
    if not found.versions or found.types[-1] != tuple(types):
        found.versions.append(version)
        found.types.append(tuple(types))
    assert version == found.versions[-1], "2.4.4.9: another version says that something changed"
    found.pids = pids
    found.is_behind_map = True
    return (section[8] & 31) << 8 | section[9]


def _begin(found: Checked, start: bytes) -> None:
    pts = _time(start[9:14])
    dts = _time(start[14:19]) if start[7] & 0x40 else pts
    assert 0 <= _apart(dts, found.clocks[-1]) < 90_000, "it comes in time, and not too early"
    if found.lead is None:
        found.lead = _apart(dts, found.clocks[-1])
    _place_map(found, (dts - found.lead) % WRAP)


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
    if data[3] == 0xE0:
        _delimited(body)
    before = found.pes[pid]
    if before and not found.breaks:
        assert _apart(dts, before[-1][1]) >= 0, "decoding goes on"
    before.append((pts, dts, body))


def _time(five: bytes) -> int:
    assert five[0] & 1 == five[2] & 1 == five[4] & 1 == 1
    return (
        (five[0] >> 1 & 7) << 30 | five[1] << 22 | five[2] >> 1 << 15 | five[3] << 7 | five[4] >> 1
    )


def _delimited(body: bytes) -> None:
    """2.14.1, 2.17.1: one delimiter, and first; or none, where a picture goes on."""
    heads = [piece[:2] for piece in body.split(START)[1:]]
    delimiters = [at for at, head in enumerate(heads) if head in (b"\x09\xf0", b"\x46\x01")]
    assert delimiters in ([0], [])
