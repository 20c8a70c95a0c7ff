"""One program written as a transport stream: its tables, its streams and its clock. Floor 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trio_srs.wire.ts.packet import PCR_PER_TICK, PacketWriter, adaptation_flags
from trio_srs.wire.ts.pes import build_pes
from trio_srs.wire.ts.psi import (
    PAT_PID,
    ElementaryStream,
    ProgramAssociation,
    ProgramMap,
    build_pat,
    build_pmt,
)

__all__ = ["MAP_PID", "PROGRAM", "TsWriter"]

MAP_PID: Final = 0x1000
"""Where the program map is."""
PROGRAM: Final = 1
"""The program's number."""
_POINTER: Final = b"\x00"
_VERSIONS: Final = 32


class TsWriter:
    """Writes packets, and keeps the counters of all PIDs.

    Counters go on as long as the writer lives: over segments, and over changes of the program
    (2.4.3.3).
    """

    def __init__(self) -> None:
        self._pids: dict[int, PacketWriter] = {}
        self._map: ProgramMap | None = None
        self._sections: tuple[bytes, bytes] = (b"", b"")
        self._clock_pid = 0

    def set_program(self, streams: Sequence[ElementaryStream], clock_pid: int) -> bool:
        """What the tables say from now on.

        Args:
            streams: in the order of the program map.
            clock_pid: of the stream whose packets carry the clock.

        Returns:
            Whether that is something new; then the map's version is the next one.
        """
        before = self._map
        now = ProgramMap(
            PROGRAM, clock_pid, tuple(streams), 0 if before is None else before.version
        )
        if now == before:
            return False
        if before is not None:
            version = (before.version + 1) % _VERSIONS
            now = ProgramMap(PROGRAM, clock_pid, now.streams, version)
        self._map, self._clock_pid = now, clock_pid
        pat = ProgramAssociation(((PROGRAM, MAP_PID),))
        self._sections = _POINTER + build_pat(pat), _POINTER + build_pmt(now)
        return True

    def tables(self) -> bytes:
        """The program association and the program map, in two packets or more."""
        pat, pmt = self._sections
        return self._of(PAT_PID).write_sections(pat) + self._of(MAP_PID).write_sections(pmt)

    def pes(
        self,
        pid: int,
        stream_id: int,
        data: bytes,
        pts: int,
        dts: int,
        *,
        clock: int | None = None,
        random_access: bool = False,
        discontinuity: bool = False,
    ) -> bytes:
        """A PES packet.

        Args:
            pts: ticks of 90 kHz of any size; written modulo 2**33, as are ``dts`` and ``clock``.
            clock: the program's, at the first of these packets; None leaves it out.

        Raises:
            ValueError: over 65,535 bytes of something other than video. A caller's mistake.
        """
        pcr = None if clock is None else clock * PCR_PER_TICK
        flags = adaptation_flags(pcr=pcr, random_access=random_access, discontinuity=discontinuity)
        return self._of(pid).write(build_pes(stream_id, data, pts, dts), flags)

    def clock(self, ticks: int, *, discontinuity: bool = False) -> bytes:
        """A packet with the clock alone, where the next with media is too far away."""
        flags = adaptation_flags(pcr=ticks * PCR_PER_TICK, discontinuity=discontinuity)
        return self._of(self._clock_pid).bare(flags)

    def _of(self, pid: int) -> PacketWriter:
        writer = self._pids.get(pid)
        if writer is None:
            writer = self._pids[pid] = PacketWriter(pid)
        return writer
