"""What a peer's chunk stream may hold or do, and the errors of one that does otherwise. Floor 0."""

from __future__ import annotations

import attrs

from trio_srs.errors import ProtocolError

__all__ = [
    "ChunkLimits",
    "ChunkOrderError",
    "HalfReadError",
    "MessageTooLongError",
    "TooManyChunkStreamsError",
]


class ChunkOrderError(ProtocolError):
    """A chunk came where its fmt is not allowed (RTMP 1.0, 5.3.1.2)."""

    code = "chunk_order"
    srs_code = 2001


class MessageTooLongError(ProtocolError):
    """A header announced a message longer than the limit."""

    code = "message_too_long"

    def __init__(self, *, length: int, limit: int, csid: int, offset: int) -> None:
        super().__init__(
            f"byte {offset}: message of {length} bytes on chunk stream {csid}; "
            f"the limit is {limit} bytes"
        )
        self.length, self.limit, self.csid = length, limit, csid


class TooManyChunkStreamsError(ProtocolError):
    """The peer opened more chunk streams than one connection may have."""

    code = "too_many_chunk_streams"


class HalfReadError(ProtocolError):
    """A chunk would make the unfinished messages of one connection longer than allowed."""

    code = "half_read_limit"


@attrs.frozen(kw_only=True)
class ChunkLimits:
    """What a peer is believed before it has proved anything."""

    message: int = 0xFFFFFF
    """Longest message in bytes: the length field has 24 bits (nginx-rtmp takes 1 MiB)."""
    half_read: int = 2 * 0xFFFFFF
    """Bytes held in all unfinished messages, the chunk that is being read counted as a whole: by
    default a longest message in each of two chunk streams."""
    chunk_streams: int = 256
    """Chunk streams of one connection: ffmpeg and OBS use fewer than 10, nginx-rtmp allows 32."""
