"""Reads along with one direction of a connection that is passed on byte by byte. Floor 6."""

from __future__ import annotations

from typing import Final

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["ChunkFollower"]

_HANDSHAKE_BYTES: Final = 1 + 1536 + 1536


class ChunkFollower:
    """Whole messages out of bytes that are somebody else's.

    What it cannot read, such as RTMPE, it does not read; the bytes are passed on all the same.
    """

    def __init__(self) -> None:
        self._left = _HANDSHAKE_BYTES
        self._reader = ChunkReader()
        self._is_lost = False

    @property
    def chunk_size(self) -> int:
        """The chunk size that holds now."""
        return self._reader.chunk_size

    @property
    def is_between_messages(self) -> bool:
        """Whether something else may be said here without tearing a message."""
        return not (self._left or self._is_lost or self._reader.held or self._reader.half_read)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that end in some bytes."""
        skipped = min(self._left, len(data))
        self._left -= skipped
        found: list[Message] = []
        if self._left or self._is_lost:
            return found
        try:
            self._reader.feed(data[skipped:])
            while (message := self._reader.next_message()) is not None:
                if message.type_id == MessageType.SET_CHUNK_SIZE:
                    self._reader.chunk_size = SetChunkSize.decode(message.payload).size
                found.append(message)
            self._reader.keep()
        except ProtocolError:
            self._is_lost = True
        return found
