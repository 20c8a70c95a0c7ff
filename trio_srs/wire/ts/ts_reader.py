"""A transport stream in slices in, its tables and PES packets out. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.oddity_counter import note
from trio_srs.wire.ts.clock_check import ClockCheck
from trio_srs.wire.ts.packet import NULL_PID, PACKET_SIZE, PAYLOAD_SIZE, PCR_PER_TICK, SYNC
from trio_srs.wire.ts.pes import PesError, PesHeader, parse_pes
from trio_srs.wire.ts.psi import PAT_PID, ProgramMap, PsiError, parse_section
from trio_srs.wire.ts.ts_oddity import TsOddities, TsOddityKind

__all__ = ["MAX_PES", "ClockReference", "PesPacket", "TsEvent", "TsReader"]

MAX_PES: Final = 1 << 24
"""The longest PES packet believed, in bytes: as long as an RTMP message can be. All that are begun
at a time have not more together."""
_HEADER: Final = 4
_LAST_RESERVED: Final = 0x1F
"""PIDs up to this are for tables of networks; nobody lists them."""
_LAST_PAYLOAD_FIELD: Final = PAYLOAD_SIZE - 1
_PCR_SIZE: Final = 6
_STUFFING: Final = 0xFF
_SECTION_HEAD: Final = 3
_COUNTERS: Final = 16
_LOOK: Final = 1 << 16
"""So many bytes of a PES packet may come before it is asked what the others have."""


@attrs.define
class PesPacket:
    """A PES packet. Treat as immutable."""

    pid: int
    stream_id: int
    pts: int | None
    """Ticks of 90 kHz, 33 bits."""
    dts: int | None
    """Likewise; that of presentation where it has none of its own."""
    data: bytes
    random_access: bool = False
    """Decoding may begin here."""
    discontinuity: bool = False
    """Its PID's clock or counter goes on from elsewhere."""
    is_broken: bool = False
    """Packets are missing in it."""


@attrs.frozen
class ClockReference:
    """A program clock reference."""

    pid: int
    pcr: int
    """In units of 27 MHz; divided by 300 it is ticks."""
    discontinuity: bool = False
    """The clock was set."""


TsEvent = ProgramMap | PesPacket | ClockReference
"""A map is told when it is new or changed."""


@attrs.define(eq=False)
class _Pid:
    """What is kept of a PID: the sections, or the PES packet, that is not whole yet."""

    pid: int
    is_table: bool
    is_clock: bool = False
    counter: int | None = None
    packet: bytes = b""
    """The newest with payload, to know it again."""
    parts: list[bytes] | None = None
    """None before a beginning."""
    size: int = 0
    header: PesHeader | None = None
    random_access: bool = False
    discontinuity: bool = False
    is_broken: bool = False
    section: bytes = b""
    """The newest, to know it again."""

    def drop(self) -> None:
        """What was begun is given up."""
        self.parts, self.size, self.header, self.is_broken = None, 0, None, False


class TsReader:
    """Reads the first program of a transport stream; knows no files and no sockets.

    Call :meth:`feed` for each slice and :meth:`finish` at the end; both return what is whole.
    Nothing is ever raised: what is lost, broken or strange is counted in :attr:`oddities`, and
    reading goes on. However a stream is sliced, what comes out is the same.

    Args:
        max_pes: the longest PES packet believed, in bytes, and all that are begun together.
    """

    def __init__(self, *, max_pes: int = MAX_PES) -> None:
        self.oddities: TsOddities = {}
        self.program: ProgramMap | None = None
        """The newest map."""
        self._max_pes = max_pes
        self._buffer = bytearray()
        self._passed = 0  # bytes that have left the buffer
        self._is_locked = False
        self._garbage = 0  # bytes that were passed over to the next packet
        self._offset = 0  # of the packet that is being read
        self._number: int | None = None  # of the program that is read
        self._pids = {PAT_PID: _Pid(PAT_PID, is_table=True)}
        self._clock = ClockCheck()
        self._events: list[TsEvent] = []

    def feed(self, data: bytes | bytearray | memoryview) -> list[TsEvent]:
        """Take the next bytes, cut anywhere."""
        self._buffer += data
        self._read(is_last=False)
        return self._take_events()

    def finish(self) -> list[TsEvent]:
        """There is no more: return what was waiting for its end."""
        self._read(is_last=True)
        self._offset = self._passed
        if left := len(self._buffer):
            self._note(TsOddityKind.CUT_SHORT, f"{left} bytes of a packet")
            self._buffer.clear()
        for pid in self._pids.values():
            if pid.is_table:
                if pid.parts is not None and pid.size:
                    self._note(TsOddityKind.CUT_SHORT, f"{pid.size} bytes of a section")
            else:
                self._finish_pes(pid)
            pid.drop()
        return self._take_events()

    def _take_events(self) -> list[TsEvent]:
        events, self._events = self._events, []
        return events

    def _note(self, kind: TsOddityKind, detail: str) -> None:
        note(self.oddities, kind, detail, self._offset)

    def _note_found(self, found: tuple[TsOddityKind, str] | None) -> None:
        if found is not None:
            self._note(*found)

    def _read(self, is_last: bool) -> None:
        buffer, pos, size = self._buffer, 0, len(self._buffer)
        while True:
            if not self._is_locked:
                pos = self._find(pos, is_last)
            if not self._is_locked or size - pos < PACKET_SIZE:
                break
            if buffer[pos] != SYNC:
                self._is_locked = False
                continue
            self._offset = self._passed + pos
            self._packet(bytes(buffer[pos : pos + PACKET_SIZE]))
            pos += PACKET_SIZE
        del buffer[:pos]
        self._passed += pos

    def _find(self, start: int, is_last: bool) -> int:
        """Where the next two packets in a row, or the last one, begin; else where they may."""
        buffer, size = self._buffer, len(self._buffer)
        pos = buffer.find(SYNC, start)
        while pos >= 0 and pos + PACKET_SIZE < size and buffer[pos + PACKET_SIZE] != SYNC:
            pos = buffer.find(SYNC, pos + 1)
        if pos < 0:
            pos = size
        self._is_locked = pos + PACKET_SIZE < size or (is_last and pos + PACKET_SIZE == size)
        self._garbage += pos - start
        if self._is_locked or is_last:
            self._note_garbage(self._passed + pos)
        return pos

    def _note_garbage(self, end: int) -> None:
        if self._garbage:
            self._offset = end - self._garbage
            self._note(TsOddityKind.GARBAGE, f"{self._garbage} bytes")
            self._garbage = 0

    def _packet(self, packet: bytes) -> None:
        number = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[1] & 0x80:
            self._note(TsOddityKind.TRANSPORT_ERROR, f"PID {number:#x}")
            return
        pid = self._pids.get(number)
        if pid is None:
            if self.program is not None and _LAST_RESERVED < number < NULL_PID:
                self._note(TsOddityKind.UNLISTED_PID, f"PID {number:#x}")
            return
        if packet[3] & 0xC0:
            self._note(TsOddityKind.SCRAMBLED, f"PID {number:#x}")
            return
        pos, flags = _HEADER, 0
        if packet[3] & 0x20:
            size = packet[_HEADER]
            pos += 1 + size
            flags = packet[_HEADER + 1] if size else 0
            if size > _LAST_PAYLOAD_FIELD or (flags & 0x10 and size <= _PCR_SIZE):
                self._note(TsOddityKind.ADAPTATION, f"PID {number:#x}, {size} bytes")
                return
        if flags & 0x80:
            pid.counter, pid.discontinuity = None, True
        if flags & 0x10 and pid.is_clock:
            bits = int.from_bytes(packet[_HEADER + 2 : _HEADER + 2 + _PCR_SIZE], "big")
            pcr = (bits >> 15) * PCR_PER_TICK + (bits & 0x1FF)
            self._note_found(self._clock.reference(pcr, is_set=bool(flags & 0x80)))
            self._events.append(ClockReference(number, pcr, bool(flags & 0x80)))
        if packet[3] & 0x10 and self._counts(pid, packet):
            take = self._sections if pid.is_table else self._pes
            take(pid, packet[pos:], bool(packet[1] & 0x40), bool(flags & 0x40))

    def _counts(self, pid: _Pid, packet: bytes) -> bool:
        """Whether a packet is the next, or at least another one, of its PID."""
        counter, before = packet[3] & 0xF, pid.counter
        if before is not None and counter != (before + 1) % _COUNTERS:
            if counter == before and packet == pid.packet:
                self._note(TsOddityKind.DUPLICATE, f"PID {pid.pid:#x}, counter {counter}")
                return False
            expected = (before + 1) % _COUNTERS
            self._note(
                TsOddityKind.CONTINUITY, f"PID {pid.pid:#x}, counter {counter}, expected {expected}"
            )
            if pid.is_table:
                pid.drop()
            pid.is_broken = pid.parts is not None
        pid.counter, pid.packet = counter, packet
        return True

    def _sections(self, pid: _Pid, payload: bytes, starts: bool, _: bool) -> None:
        if starts:
            pointer = payload[0] if payload else 0
            if 1 + pointer > len(payload):
                self._note(TsOddityKind.SECTION, f"PID {pid.pid:#x}, a pointer of {pointer}")
                pid.drop()
                return
            if pid.parts is not None:
                self._cut_sections(pid, payload[1 : 1 + pointer])
            pid.parts, payload = [], payload[1 + pointer :]
        if pid.parts is not None:
            self._cut_sections(pid, payload)

    def _cut_sections(self, pid: _Pid, more: bytes) -> None:
        """Read the sections that are whole with these bytes; keep what is left over."""
        data = b"".join(pid.parts or ()) + more
        while len(data) >= _SECTION_HEAD and data[0] != _STUFFING:
            end = _SECTION_HEAD + (int.from_bytes(data[1:3], "big") & 0xFFF)
            if len(data) < end:
                break
            if data[:end] != pid.section:
                pid.section = data[:end]
                self._table(pid, data[:end])
            data = data[end:]
        if data[:1] == b"\xff":
            pid.drop()
        else:
            pid.parts, pid.size = [data], len(data)

    def _table(self, pid: _Pid, section: bytes) -> None:
        try:
            table = parse_section(section)
        except PsiError as error:
            self._note(TsOddityKind.SECTION, str(error))
            return
        if isinstance(table, ProgramMap):
            if pid.pid != PAT_PID and table.program == self._number:
                self._map(table)
        elif table is not None and pid.pid == PAT_PID:
            self._associate([each for each in table.programs if each[0]])

    def _associate(self, programs: list[tuple[int, int]]) -> None:
        """Read the first of them: it may be the same as before."""
        if len(programs) > 1:
            self._note(TsOddityKind.MANY_PROGRAMS, f"{len(programs)} programs")
        for self._number, number in programs[:1]:
            known = self._pids.get(number)
            if known is None or not known.is_table:
                for pid in self._pids.values():
                    self._finish_pes(pid)
                self.program, self._clock = None, ClockCheck()
                table = _Pid(number, is_table=True)
                self._pids = {PAT_PID: self._pids[PAT_PID], number: table}

    def _map(self, table: ProgramMap) -> None:
        before = self.program
        if before is not None and before.pcr_pid != table.pcr_pid:
            self._clock = ClockCheck()
        if before is not None and before.version == table.version:
            self._note(TsOddityKind.SAME_VERSION, f"version {table.version}")
        old = self._pids
        kept = {number: pid for number, pid in old.items() if pid.is_table}
        types = {each.pid: each.stream_type for each in before.streams} if before else {}
        for stream in table.streams:
            if stream.pid in kept:
                continue
            same = stream.pid in old and types.get(stream.pid) == stream.stream_type
            kept[stream.pid] = old[stream.pid] if same else _Pid(stream.pid, is_table=False)
        if table.pcr_pid not in kept and table.pcr_pid != NULL_PID:
            kept[table.pcr_pid] = _Pid(table.pcr_pid, is_table=False)
        for number, pid in old.items():
            if kept.get(number) is not pid:
                self._finish_pes(pid)
        for number, pid in kept.items():
            pid.is_clock = number == table.pcr_pid
        self.program, self._pids = table, kept
        self._events.append(table)

    def _pes(self, pid: _Pid, payload: bytes, starts: bool, random_access: bool) -> None:
        if starts:
            self._finish_pes(pid)
            pid.parts, pid.random_access = [], random_access
        if pid.parts is None or not payload:
            return  # the rest of one whose beginning was before ours, or was given up
        before = pid.size
        pid.parts.append(payload)
        pid.size += len(payload)
        if pid.size > self._max_pes or (
            pid.size // _LOOK > before // _LOOK and self._begun() > self._max_pes
        ):
            self._note(TsOddityKind.PES_TOO_LONG, f"PID {pid.pid:#x}, {pid.size} bytes")
            pid.drop()
            return
        if pid.header is None:
            try:
                pid.header = parse_pes(b"".join(pid.parts))
            except PesError as error:
                self._note(TsOddityKind.PES, str(error))
                pid.drop()
                return
            self._check_time(pid.header)
        if pid.header is not None and 0 < pid.header.length <= pid.size:
            self._finish_pes(pid)

    def _check_time(self, header: PesHeader | None) -> None:
        """Hold the time of a PES packet that begins against the clock."""
        if header is not None and header.pts is not None:
            ticks = header.pts if header.dts is None else header.dts
            self._note_found(self._clock.decode_time(ticks))

    def _begun(self) -> int:
        """Bytes of all PES packets that are not whole yet."""
        return sum(pid.size for pid in self._pids.values())

    def _finish_pes(self, pid: _Pid) -> None:
        if pid.is_table or pid.parts is None:
            return
        header, data = pid.header, b"".join(pid.parts)
        if header is None:
            self._note(TsOddityKind.PES, f"PID {pid.pid:#x}: only {len(data)} bytes")
            pid.drop()
            return
        if header.length and len(data) != header.length:
            detail = f"PID {pid.pid:#x}: {len(data)} bytes, expected {header.length}"
            self._note(TsOddityKind.PES_LENGTH, detail)
            pid.is_broken = pid.is_broken or len(data) < header.length
        self._events.append(
            PesPacket(
                pid.pid, header.stream_id, header.pts,
                header.pts if header.dts is None else header.dts,
                data[header.size : header.length or None],
                pid.random_access, pid.discontinuity, pid.is_broken,
            )
        )  # fmt: skip
        pid.discontinuity = False
        pid.drop()
