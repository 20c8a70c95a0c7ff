"""Remuxing: any messages are muxed or left out by name, and any containers are read."""

from __future__ import annotations

from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.wire.flv.tag import FlvError, FlvReader, encode_header
from trio_srs.wire.ts.ts_oddity import TsOddityKind

_SENT_SO = {TsOddityKind.PCR_INTERVAL, TsOddityKind.LATE}
"""What a muxer cannot help: messages pause, and sound comes late."""


def messages(data: bytes) -> None:
    """The tags of a file, whatever they are, and what was made of them."""
    reader, found = FlvReader(max_body=1 << 12), []
    reader.feed(data if data.startswith(b"FLV") else encode_header(True, True) + data)
    try:
        while (tag := reader.next_tag()) is not None:
            found.append((tag.type_id, tag.timestamp_ms, tag.body))
    except FlvError as error:
        assert error.code == "flv_error"  # noqa: PT017  # what came before it is muxed
    for muxer, demuxer in ((TsMuxer(), TsDemuxer()), (Mp4Muxer(), Mp4Demuxer())):
        pieces = [piece for each in found for piece in muxer.write(*each)]
        pieces += muxer.restart()
        pieces += [piece for each in found for piece in muxer.write(*each)] + muxer.finish()
        for piece in pieces:
            demuxer.feed(piece.head + piece.data if piece.is_new_head else piece.data)
        demuxer.finish()
        assert set(demuxer.oddities) <= _SENT_SO
        assert all(str(what) for what in muxer.left_out)


def ts(data: bytes) -> None:
    """A transport stream."""
    demuxer = TsDemuxer()
    for unit in demuxer.feed(data) + demuxer.finish():
        assert unit.data
        assert unit.format.kind in ("video", "audio")


def mp4(data: bytes) -> None:
    """A fragmented MP4."""
    demuxer = Mp4Demuxer()
    for unit in demuxer.feed(data) + demuxer.finish():
        assert unit.data
        assert unit.pts >= unit.dts
