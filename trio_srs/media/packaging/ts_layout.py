"""How a segment of MPEG-TS is put together, packet by packet. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.ts.packet import NULL_PID, PACKET_SIZE, SYNC
from trio_srs.wire.ts.psi import ProgramMap
from trio_srs.wire.ts.ts_reader import ClockReference, PesPacket, TsReader

__all__ = ["PidCounters", "TsLayout"]

_COUNTERS: Final = 16
_HAS_PAYLOAD: Final = 0x10
_FIRSTS: Final = 2
_FIRST_FREE_PID: Final = 0x20


@attrs.define
class PidCounters:
    """Of a PID: the first and the last that stand in a segment."""

    first: int
    last: int


class TsLayout:
    """One segment, read by itself."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        reader = TsReader()
        self.events = reader.feed(data) + reader.finish()
        """Tables, clocks and PES packets, in their order; a PES packet stands where it ends."""
        self.oddities = reader.oddities
        """What is wrong with it by itself."""
        self.counters: dict[int, PidCounters] = {}
        self.begins_with: list[int] = []
        """PIDs of the first two packets, but those of DVB's tables (ETSI EN 300 468, 5.1.3)."""
        for at in range(0, len(data) - PACKET_SIZE + 1, PACKET_SIZE):
            if data[at] == SYNC:
                self._packet(data[at : at + 4])

    def _packet(self, head: bytes) -> None:
        pid, counter = (head[1] & 0x1F) << 8 | head[2], head[3] % _COUNTERS
        is_information = 0 < pid < _FIRST_FREE_PID  # of what there is: ffmpeg puts its name there
        if len(self.begins_with) < _FIRSTS and not is_information:
            self.begins_with.append(pid)
        if pid != NULL_PID and head[3] & _HAS_PAYLOAD:
            self.counters.setdefault(pid, PidCounters(counter, counter)).last = counter

    @property
    def maps(self) -> list[ProgramMap]:
        """Each that is new, the first one among them."""
        return [event for event in self.events if isinstance(event, ProgramMap)]

    @property
    def packets(self) -> list[PesPacket]:
        """PES packets, of all streams."""
        return [event for event in self.events if isinstance(event, PesPacket)]

    @property
    def clocks(self) -> list[ClockReference]:
        """Clock references, in their order."""
        return [event for event in self.events if isinstance(event, ClockReference)]
