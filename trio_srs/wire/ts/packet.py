"""Transport stream packets of one PID: written at speed. Floor 0.

Source:
    ISO/IEC 13818-1:2022, 2.4.3.2 to 2.4.3.5.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

__all__ = [
    "CLOCK_HZ",
    "NULL_PID",
    "PACKET_SIZE",
    "PAYLOAD_SIZE",
    "PCR_PER_TICK",
    "SYNC",
    "WRAP_TICKS",
    "PacketWriter",
    "adaptation_flags",
]

PACKET_SIZE: Final = 188
"""Bytes of every packet."""
PAYLOAD_SIZE: Final = 184
"""Bytes behind a packet's header: adaptation field and payload share them."""
SYNC: Final = 0x47
"""The first byte of every packet."""
NULL_PID: Final = 0x1FFF
"""Of packets that only fill."""
CLOCK_HZ: Final = 90_000
"""Ticks a second of PTS, DTS and the base of a PCR."""
WRAP_TICKS: Final = 1 << 33
"""Ticks after which those are the same again: 26.5 hours."""
PCR_PER_TICK: Final = 300
"""Units of a PCR, of 27 MHz, in a tick."""

_STARTS: Final = 0x4000
_HAS_PAYLOAD, _HAS_ADAPTATION = 0x10, 0x20
_DISCONTINUITY, _RANDOM_ACCESS, _HAS_PCR = 0x80, 0x40, 0x10
_RESERVED: Final = 0x7E00  # between base and extension of a PCR
_COUNTERS: Final = 16
_HEAD: Final = struct.Struct(">BHB")
_BLOCK: Final = 128
"""Packets that are cut at once; a layout is compiled and kept for each number up to this."""


@lru_cache(_BLOCK)
def _cut(count: int) -> struct.Struct:
    """Cuts so many whole payloads off."""
    return struct.Struct(f"{PAYLOAD_SIZE}s" * count)


def adaptation_flags(
    *, pcr: int | None = None, random_access: bool = False, discontinuity: bool = False
) -> bytes:
    """What stands in an adaptation field behind its length.

    Args:
        pcr: in units of 27 MHz; taken modulo what 33 bits of ticks can say.
        random_access: decoding may begin with the PES packet that begins here.
        discontinuity: the clock, or this PID's counter, goes on from elsewhere.

    Returns:
        The flags, and the PCR behind them; empty if there is nothing to say.
    """
    flags = discontinuity * _DISCONTINUITY | random_access * _RANDOM_ACCESS
    if pcr is None:
        return bytes((flags,)) if flags else b""
    base, extension = divmod(pcr, PCR_PER_TICK)
    clock = base % WRAP_TICKS << 15 | _RESERVED | extension
    return bytes((flags | _HAS_PCR,)) + clock.to_bytes(6, "big")


class PacketWriter:
    """Writes the packets of one PID, and counts them.

    Args:
        pid: 0 to 0x1fff.
    """

    def __init__(self, pid: int) -> None:
        heads = [_HEAD.pack(SYNC, pid, _HAS_PAYLOAD | i) for i in range(_COUNTERS)]
        self.pid = pid
        self._heads = heads * (_BLOCK // _COUNTERS + 1)
        self._counter = 0  # of the next packet with payload

    def write(self, payload: bytes, adaptation: bytes = b"") -> bytes:
        """A PES packet, in packets: it begins in the first one, and the last one is filled up with
        stuffing in its adaptation field.

        Args:
            payload: at least one byte.
            adaptation: of the first packet, by :func:`adaptation_flags`.
        """
        room = PAYLOAD_SIZE - (1 + len(adaptation) if adaptation else 0)
        if len(payload) < room:
            return self._stuffed(payload, adaptation, _STARTS)
        counter = self._counter
        if adaptation:
            control = _HAS_ADAPTATION | _HAS_PAYLOAD | counter
            head = _HEAD.pack(SYNC, _STARTS | self.pid, control) + bytes((len(adaptation),))
        else:
            head = _HEAD.pack(SYNC, _STARTS | self.pid, _HAS_PAYLOAD | counter)
        parts = [head, adaptation, payload[:room]]
        counter = (counter + 1) % _COUNTERS
        full, pos = (len(payload) - room) // PAYLOAD_SIZE, room
        while full:
            # One cut and two strided assignments for up to 128 packets: nothing is done by packet.
            count = min(full, _BLOCK)
            block = [b""] * (2 * count)
            block[::2] = self._heads[counter : counter + count]
            block[1::2] = _cut(count).unpack_from(payload, pos)
            parts += block
            counter = (counter + count) % _COUNTERS
            full -= count
            pos += count * PAYLOAD_SIZE
        self._counter = counter
        if pos < len(payload):
            parts.append(self._stuffed(payload[pos:], b"", 0))
        return b"".join(parts)

    def write_sections(self, payload: bytes) -> bytes:
        """Sections behind their pointer field: what is left of the last packet is filled up with
        ff behind them (2.4.4.2), not before."""
        return self.write(payload + b"\xff" * (-len(payload) % PAYLOAD_SIZE))

    def _stuffed(self, payload: bytes, adaptation: bytes, starts: int) -> bytes:
        """One packet whose payload leaves room."""
        control = _HAS_ADAPTATION | _HAS_PAYLOAD | self._counter
        self._counter = (self._counter + 1) % _COUNTERS
        field = _field(adaptation, PAYLOAD_SIZE - len(payload))
        return _HEAD.pack(SYNC, starts | self.pid, control) + field + payload

    def bare(self, adaptation: bytes) -> bytes:
        """A packet without payload, which does not count (2.4.3.3): of a clock alone."""
        control = _HAS_ADAPTATION | (self._counter - 1) % _COUNTERS
        return _HEAD.pack(SYNC, self.pid, control) + _field(adaptation, PAYLOAD_SIZE)


def _field(adaptation: bytes, size: int) -> bytes:
    """An adaptation field of so many bytes, its length included."""
    if size == 1:
        return b"\x00"
    content = adaptation or b"\x00"
    return bytes((size - 1,)) + content + b"\xff" * (size - 1 - len(content))
