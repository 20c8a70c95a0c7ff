"""Reading the chunk stream so that it is known where everything stood. Floor 0.

For those who look at a connection, not for those who have one: each chunk takes a step of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_parts import NOTHING, ChunkParts, ChunkStream
from trio_srs.wire.rtmp.chunk_reader import NO_MEDIA, ChunkReader, TakeMedia
from trio_srs.wire.rtmp.message import Message

__all__ = ["ChunkSpan", "ChunkTracer"]

_CONTINUES: Final = 3
_AFTER_MOST_MS: Final = 60_000
"""A message that is further than this behind the one before it is not where we begin again."""
_IN_A_ROW: Final = 3
"""Messages that must make sense behind each other where we begin again."""


@attrs.frozen
class ChunkSpan:
    """Where one chunk stands, in bytes of the chunk stream."""

    csid: int
    fmt: int
    offset: int
    """Of its first byte."""
    payload_at: int
    """Of its first byte of payload."""
    size: int
    """Bytes of payload."""
    type_id: int
    """Of the message that it is a part of."""

    @property
    def end(self) -> int:
        """Of the first byte behind it."""
        return self.payload_at + self.size


class ChunkTracer(ChunkReader):
    """A chunk reader that notes the chunks of each message.

    Attributes:
        spans: the chunks of the message that was read last, in order.
    """

    def __init__(self, *, chunk_size: int = 128, limits: ChunkLimits | None = None) -> None:
        super().__init__(chunk_size=chunk_size, limits=limits)
        self.spans: tuple[ChunkSpan, ...] = ()
        self._open: dict[int, list[ChunkSpan]] = {}

    @property
    def unfinished(self) -> tuple[ChunkSpan, ...]:
        """The chunks of messages that are not whole; the last may not be, either."""
        return tuple(span for spans in self._open.values() for span in spans)

    def next_message(self) -> Message | None:
        return ChunkParts.next_message(self)

    def take_media(
        self, takers: Mapping[int, TakeMedia], now: float, most: int
    ) -> tuple[int, bool]:
        """Nothing: each message is to be read by itself."""
        return NO_MEDIA

    def abort(self, csid: int) -> None:
        super().abort(csid)
        self._open.pop(csid, None)

    def _enter(self, stream: ChunkStream, pos: int) -> ChunkStream:
        offset, fmt = self.offset, self._view[self._pos] >> 6
        payload_at = self._offset + pos
        super()._enter(stream, pos)
        span = ChunkSpan(stream.csid, fmt, offset, payload_at, self._chunk_left, stream.type_id)
        self._open.setdefault(stream.csid, []).append(span)
        return stream

    def _message(self, stream: ChunkStream, payload: bytes) -> Message:
        self.spans = tuple(self._open.pop(stream.csid))
        return super()._message(stream, payload)

    def _take_run(self, stream: ChunkStream, body: bytearray, left: int) -> int:
        """One chunk at a time."""
        body += self._view[self._pos : self._pos + left]
        self._pos += left
        return left

    # ------------------------------------------------------- where bytes are missing

    def lose(self, count: int) -> None:
        """So many bytes are missing behind what was fed: what was begun is given up."""
        self._offset += self._end + count
        self._view, self._pos, self._end, self._is_kept = NOTHING, 0, 0, True
        self._current, self._half_read = None, 0
        self._open.clear()
        for stream in self._streams.values():
            stream.body = None

    def find_start(self, data: bytes, *, is_all: bool) -> int | None:
        """Where in what comes behind lost bytes a message begins, by what is known of the
        connection; None where none can be told.

        Timestamps that count from the one before them are too small from there on.

        Args:
            is_all: nothing more comes; else a place is believed only if enough follows it.
        """
        return next((at for at in range(len(data)) if self._makes_sense(data, at, is_all)), None)

    def _makes_sense(self, data: bytes, at: int, is_all: bool) -> bool:
        stream = self._streams.get(data[at] & 0x3F)
        if stream is None or data[at] >> 6 == _CONTINUES:
            return False
        trial = ChunkTracer(chunk_size=self.chunk_size, limits=self._limits)
        trial._streams = {
            csid: attrs.evolve(each, body=None) for csid, each in self._streams.items()
        }
        trial.feed(memoryview(data)[at : at + _enough(self.chunk_size, stream.length)])
        try:
            for read in range(_IN_A_ROW):
                began = {csid: each.timestamp_ms for csid, each in trial._streams.items()}
                message = trial.next_message()
                if message is None:
                    return is_all and read > 0
                csid = trial.spans[0].csid
                known = self._streams.get(csid)
                if known is None or not _follows(message, known, began[csid]):
                    return False
        except ProtocolError:
            return False
        return True


def _enough(chunk_size: int, length: int) -> int:
    """Bytes in which some messages of about that length should be."""
    return max(65_536, 8 * (length + length // chunk_size + 16))


def _follows(message: Message, known: ChunkStream, before_ms: int) -> bool:
    """Whether a message may well be the next of a chunk stream of which we know an older one."""
    later_ms = (message.timestamp_ms - before_ms) & 0xFFFFFFFF
    return (
        message.type_id == known.type_id
        and message.stream_id == known.stream_id
        and (later_ms < _AFTER_MOST_MS or message.timestamp_ms > before_ms)
        and bool(message.payload)
    )
