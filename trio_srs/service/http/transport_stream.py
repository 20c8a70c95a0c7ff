"""A stream as an MPEG transport stream: made once for all who watch it so. Floor 3."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.record import Record
from trio_srs.hub.stream import Stream
from trio_srs.media.remux.access_unit import TICKS_PER_MS
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["TRANSPORT_STREAM", "nothing_carried"]

_log = logging.getLogger(__name__)

_LOOK_MOST: Final = 64
"""Messages: each track that goes on has some among so many."""
_VIDEO: Final = int(MessageType.VIDEO)  # no other type of message has any such bytes


async def _write(stream: Stream, feed: FeedWriter) -> None:
    """One publish after the other; counters and table versions go on."""
    muxer = TsMuxer()
    with stream.feed.cursor() as cursor:
        while True:
            told = 0
            with feed.writing(stream.settings):
                async for records in cursor:
                    for record in records:
                        pieces = muxer.write(record.type_id, record.timestamp_ms, record.body)
                        _append(feed, pieces, record.arrived_at)
                    told = _tell_left_out(stream, muxer, told)
                _append(feed, muxer.restart(), stream.idle_since)


def _append(feed: FeedWriter, pieces: Iterable[MuxedPiece], arrived_at: float) -> None:
    for piece in pieces:
        timestamp_ms = (piece.dts // TICKS_PER_MS) & 0xFFFFFFFF
        feed.append(Record(_VIDEO, timestamp_ms, piece.data, arrived_at), entry=piece.is_entry)


def _tell_left_out(stream: Stream, muxer: TsMuxer, told: int) -> int:
    """Say once in each publish what a transport stream cannot carry."""
    left_out = muxer.left_out
    for each in left_out[told:]:
        _log.warning("%s as a transport stream is without %s", stream.name, each)
    return len(left_out)


def nothing_carried(stream: Stream) -> str:
    """What of a stream a transport stream cannot carry, as far as its newest messages say."""
    muxer = TsMuxer()
    with stream.feed.cursor() as cursor:
        for record in cursor.take(_LOOK_MOST):
            muxer.write(record.type_id, record.timestamp_ms, record.body)
    return "; ".join(map(str, muxer.left_out))


TRANSPORT_STREAM: Final = DerivedForm(name="ts", write=_write)
