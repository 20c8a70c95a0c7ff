"""From a transport stream to access units. Floor 1."""

from __future__ import annotations

from typing import Final

from trio_srs.errors import ProtocolError
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.elementary import ElementaryReader, elementary_reader
from trio_srs.media.remux.left_out import LeftOut, LeftOutCounter, LeftOutReason
from trio_srs.wire.ts.packet import WRAP_TICKS
from trio_srs.wire.ts.psi import ProgramMap
from trio_srs.wire.ts.ts_codecs import stream_codec
from trio_srs.wire.ts.ts_oddity import TsOddities
from trio_srs.wire.ts.ts_reader import PesPacket, TsEvent, TsReader

__all__ = ["TsDemuxer"]

_HALF: Final = WRAP_TICKS // 2


class TsDemuxer:
    """Reads what :class:`~trio_srs.media.remux.ts_muxer.TsMuxer` writes, and what others do.

    Of each kind the first stream that can be read is taken. Times go on over the wrap of 33 bits;
    where the clock is set, the next unit says that there is a discontinuity. Parameter sets are in
    the format, not in the units. Nothing is raised: see :attr:`oddities` and :attr:`left_out`.
    """

    def __init__(self) -> None:
        self._reader = TsReader()
        self._streams: dict[int, ElementaryReader] = {}
        self._left_out = LeftOutCounter()
        self._now: int | None = None
        self._breaks = False

    @property
    def oddities(self) -> TsOddities:
        """What was wrong with the packets."""
        return self._reader.oddities

    @property
    def left_out(self) -> list[LeftOut]:
        """What was not read, in the order in which it was seen."""
        return self._left_out.found

    def feed(self, data: bytes) -> list[AccessUnit]:
        """Take the next bytes, cut anywhere."""
        return self._read(self._reader.feed(data))

    def finish(self) -> list[AccessUnit]:
        """There is no more: return what was waiting for its end."""
        return self._read(self._reader.finish())

    def _read(self, events: list[TsEvent]) -> list[AccessUnit]:
        units: list[AccessUnit] = []
        for event in events:
            if isinstance(event, ProgramMap):
                self._map(event)
            elif isinstance(event, PesPacket):
                units += self._pes(event)
            elif event.discontinuity:
                self._breaks = True
        return units

    def _map(self, table: ProgramMap) -> None:
        before, self._streams = self._streams, {}
        kinds: set[str] = set()
        for entry in table.streams:
            codec = stream_codec(entry)
            reader = None if codec is None else elementary_reader(codec, entry)
            if reader is None:
                name = codec or f"stream type {entry.stream_type:#04x}"
                detail = f"on PID {entry.pid:#x}"
                self._left_out.note("data", name, LeftOutReason.NOT_CARRIED, detail)
            elif reader.kind in kinds:
                detail = f"another one, on PID {entry.pid:#x}"
                self._left_out.note(reader.kind, reader.codec, LeftOutReason.OTHER_TRACK, detail)
            else:
                kinds.add(reader.kind)
                known = before.get(entry.pid)
                same = known is not None and known.codec == codec
                self._streams[entry.pid] = known if known is not None and same else reader

    def _pes(self, packet: PesPacket) -> list[AccessUnit]:
        stream = self._streams.get(packet.pid)
        if stream is None:
            return []
        self._breaks = self._breaks or packet.discontinuity
        if packet.is_broken:
            detail = "packets are missing in it"
            self._left_out.note(stream.kind, stream.codec, LeftOutReason.UNREADABLE, detail)
            stream.lose()
            return []
        dts = pts = None
        if packet.pts is not None and packet.dts is not None:
            dts = self._unwrapped(packet.dts)
            pts = dts + (packet.pts - packet.dts + _HALF) % WRAP_TICKS - _HALF
        try:
            units = stream.read(packet.data, dts, pts)
        except ProtocolError as error:
            self._left_out.note(stream.kind, stream.codec, LeftOutReason.UNREADABLE, str(error))
            return []
        for unit in units[:1]:
            unit.discontinuity, self._breaks = self._breaks, False
        return units

    def _unwrapped(self, ticks: int) -> int:
        now = self._now
        if now is not None:
            ticks = now + (ticks - now + _HALF) % WRAP_TICKS - _HALF
        self._now = ticks
        return ticks
