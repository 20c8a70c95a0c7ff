"""Transport streams: any bytes are read, and alike however they are cut."""

from __future__ import annotations

from tests.fuzz.reading import read
from trio_srs.wire.ts.pes import PesError, parse_pes
from trio_srs.wire.ts.psi import ProgramMap, PsiError, parse_section
from trio_srs.wire.ts.ts_codecs import opus_channels, stream_codec
from trio_srs.wire.ts.ts_reader import PesPacket, TsEvent, TsReader
from trio_srs.wire.ts.ts_writer import TsWriter

_MOST = 1 << 12


def stream(data: bytes) -> None:
    """As a stream; behind tables, so that its packets are somebody's; as a section and a PES."""
    writer = TsWriter()
    writer.set_program([], 0x100)
    for whole in (data, writer.tables() + data):
        events = _read([whole])
        step = 1 + len(whole) // 3
        assert _read([whole[at : at + step] for at in range(0, len(whole), step)]) == events
    read(parse_section, data, by=PsiError)
    read(parse_pes, data, by=PesError)


def _read(slices: list[bytes]) -> tuple[list[TsEvent], object]:
    reader = TsReader(max_pes=_MOST)
    events = [event for each in slices for event in reader.feed(each)] + reader.finish()
    for event in events:
        if isinstance(event, ProgramMap):
            for each in event.streams:
                stream_codec(each)
                assert 0 < opus_channels(each) <= 8
        elif isinstance(event, PesPacket):
            assert len(event.data) <= _MOST
    return events, reader.oddities
