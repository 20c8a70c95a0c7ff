"""A stream in another container: made once for all who watch it so. Floor 3."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.record import Record
from trio_srs.hub.stream import Stream
from trio_srs.media.remux.access_unit import TICKS_PER_MS
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["LOOK_MOST", "Muxer", "muxed_form", "nothing_carried"]

_log = logging.getLogger(__name__)

LOOK_MOST: Final = 64
"""Messages: each track that goes on has some among so many."""
_VIDEO: Final = int(MessageType.VIDEO)  # no other type of message has any such bytes


class Muxer(Protocol):
    """Makes pieces of a container of one stream's messages, in order."""

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """What is not in the container, and why."""
        ...

    def write(self, type_id: int, timestamp_ms: int, body: bytes) -> Iterable[MuxedPiece]:
        """Take the stream's next message; return what can be sent now."""
        ...

    def restart(self) -> Iterable[MuxedPiece]:
        """The publish has ended, another may come; readers stay."""
        ...


def muxed_form(name: str, container: str, make: Callable[[], Muxer]) -> DerivedForm:
    """The form of a container.

    Args:
        container: what it is called in the log.
        make: makes a muxer for one stream, whoever publishes it.
    """

    async def write(stream: Stream, feed: FeedWriter) -> None:
        muxer, pen = make(), _Pen(feed)
        with stream.feed.cursor() as cursor:
            while True:
                told = 0
                with feed.writing(stream.settings):
                    async for records in cursor:
                        for record in records:
                            pieces = muxer.write(record.type_id, record.timestamp_ms, record.body)
                            pen.append(pieces, record.arrived_at)
                        told = _tell_left_out(stream, container, muxer.left_out, told)
                    pen.append(muxer.restart(), stream.idle_since)

    return DerivedForm(name=name, write=write)


class _Pen:
    """Writes pieces of a container as records."""

    def __init__(self, feed: FeedWriter) -> None:
        self._feed = feed
        self._head = b""

    def append(self, pieces: Iterable[MuxedPiece], arrived_at: float) -> None:
        """The next pieces, and the head where there is another one."""
        feed = self._feed
        for piece in pieces:
            timestamp_ms = (piece.dts // TICKS_PER_MS) & 0xFFFFFFFF
            if piece.is_new_head:
                head = Record(_VIDEO, timestamp_ms, piece.head, arrived_at)
                # Readers that are there need it if they have another one: in a file there is one
                # (ISO/IEC 14496-12, 8.2.1), and whoever reads it as such passes over the next.
                if piece.head != self._head:
                    feed.append(head, entry=False)
                    self._head = piece.head
                feed.set_headers([head])  # those that come get it by themselves
            feed.append(Record(_VIDEO, timestamp_ms, piece.data, arrived_at), entry=piece.is_entry)


def _tell_left_out(stream: Stream, container: str, left_out: Sequence[LeftOut], told: int) -> int:
    """Say once in each publish what the container cannot carry."""
    for each in left_out[told:]:
        _log.warning("%s as %s is without %s", stream.name, container, each)
    return len(left_out)


def nothing_carried(make: Callable[[], Muxer]) -> Callable[[Stream], str]:
    """Says what of a stream a container cannot carry, as far as its newest messages show it."""

    def nothing(stream: Stream) -> str:
        muxer = make()
        with stream.feed.cursor() as cursor:
            for record in cursor.take(LOOK_MOST):
                muxer.write(record.type_id, record.timestamp_ms, record.body)
        return "; ".join(map(str, muxer.left_out))

    return nothing
