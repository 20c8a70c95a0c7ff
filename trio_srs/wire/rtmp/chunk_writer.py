"""RTMP messages to chunks: the writing half of the chunk stream. Floor 0."""

from __future__ import annotations

import struct
from typing import Final

import attrs

from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["ChunkWriter", "Piece", "csid_for", "encode_message", "message_pieces"]

Piece = bytes | memoryview
"""A part of a message on the wire."""

_EXTENDED: Final = 0xFFFFFF
_U32: Final = 0xFFFFFFFF
_FULL: Final = struct.Struct(">BHBHBB")  # 3-byte time, 3-byte length, type
_MSID: Final = struct.Struct("<I")
_U32_BE: Final = struct.Struct(">I")
_CSID_MAX: Final = 65_599
"""What a basic header of 3 bytes can say (RTMP 1.0, 5.3.1.1)."""

_SHARED: Final = 16_384
"""Chunks of this size or more refer to the body. Of smaller ones there are so many that a copy is
less work, and in the end less memory."""

_CSID: Final[dict[int, int]] = {
    MessageType.AUDIO: 4,
    MessageType.VIDEO: 6,
    MessageType.DATA_AMF0: 5,
    MessageType.DATA_AMF3: 5,
    MessageType.COMMAND_AMF0: 3,
    MessageType.COMMAND_AMF3: 3,
}
"""One chunk stream per kind of message; 2 is reserved for protocol control (RTMP 1.0, 5.4)."""


def csid_for(type_id: int) -> int:
    """The chunk stream we write messages of this type on."""
    if type_id <= MessageType.SET_PEER_BANDWIDTH:
        return 2
    return _CSID.get(type_id, 7)


def message_pieces(
    type_id: int, stream_id: int, timestamp_ms: int, body: bytes, chunk_size: int
) -> tuple[Piece, ...]:
    """One message in chunks, as pieces to be joined; the body is shared, not copied.

    The header is always fmt 0 with the absolute timestamp, so the bytes are right for every
    reader, wherever it joined, whatever it was sent before.

    Returns:
        ``(header, body)`` when the body fits into one chunk; else headers and views of the body
        in turn, or, in chunks of less than 16 KiB, ``(everything,)``: a copy after all.
    """
    csid = csid_for(type_id)
    length = len(body)
    time = min(timestamp_ms, _EXTENDED)
    header = _FULL.pack(
        csid, time >> 8, time & 0xFF, length >> 8, length & 0xFF, type_id
    ) + _MSID.pack(stream_id)
    extended = b"" if time < _EXTENDED else _U32_BE.pack(timestamp_ms)
    if length <= chunk_size:
        return (header + extended, body)
    separator = _basic(3, csid) + extended
    if chunk_size < _SHARED:
        return (header + extended + _split(body, chunk_size, separator),)
    view = memoryview(body)
    pieces: list[Piece] = [header + extended, view[:chunk_size]]
    for begin in range(chunk_size, length, chunk_size):
        pieces += (separator, view[begin : begin + chunk_size])
    return tuple(pieces)


def encode_message(message: Message, chunk_size: int) -> bytes:
    """One message in chunks that need nothing written before them; see :func:`message_pieces`."""
    return b"".join(
        message_pieces(
            message.type_id, message.stream_id, message.timestamp_ms, message.payload, chunk_size
        )
    )


def _split(body: bytes, chunk_size: int, separator: bytes) -> bytes:
    if len(body) <= chunk_size:
        return body
    pieces = [body[i : i + chunk_size] for i in range(0, len(body), chunk_size)]
    return separator.join(pieces)


def _basic(fmt: int, csid: int) -> bytes:
    """A basic header of 1, 2 or 3 bytes (RTMP 1.0, 5.3.1.1)."""
    if csid < 64:
        return bytes((fmt << 6 | csid,))
    if csid < 320:
        return bytes((fmt << 6, csid - 64))
    return bytes((fmt << 6 | 1,)) + (csid - 64).to_bytes(2, "little")


@attrs.define
class _Last:
    """What the last message on a chunk stream was, as the reader at the other end remembers it."""

    stream_id: int
    timestamp_ms: int
    length: int
    type_id: int
    delta_ms: int | None
    """What a fmt 3 would add. None after fmt 0, where readers differ: we never rely on it."""


class ChunkWriter:
    """Writes messages with the shortest lawful headers (fmt 0 to 3), as encoders do.

    Made for one connection; the order of calls is the order on the wire. :attr:`chunk_size`
    may be changed between two messages, after the Set Chunk Size that says so was written.

    Source: RTMP 1.0, 5.3.1.2.
    """

    def __init__(self, *, chunk_size: int = 128) -> None:
        self.chunk_size = chunk_size
        self._last: dict[int, _Last] = {}

    def write(self, message: Message, *, csid: int | None = None) -> bytes:
        """The chunks of ``message``, on the chunk stream of its type if none is given.

        Raises:
            ValueError: ``csid`` is not 2 to 65599.
        """
        csid = csid_for(message.type_id) if csid is None else csid
        if not 2 <= csid <= _CSID_MAX:
            raise ValueError(f"chunk stream {csid}, expected 2 to {_CSID_MAX}")
        fmt, time = self._choose(csid, message)
        head, field = b"", min(time, _EXTENDED)
        if fmt < 3:
            head = field.to_bytes(3, "big")
        if fmt < 2:
            head += len(message.payload).to_bytes(3, "big") + bytes((message.type_id,))
        if fmt == 0:
            head += _MSID.pack(message.stream_id)
        extended = _U32_BE.pack(time) if field == _EXTENDED else b""
        separator = _basic(3, csid) + extended
        return b"".join(
            (_basic(fmt, csid), head, extended, _split(message.payload, self.chunk_size, separator))
        )

    def _choose(self, csid: int, message: Message) -> tuple[int, int]:
        """The fmt, and what its time field says; remembers ``message``."""
        time, length = message.timestamp_ms, len(message.payload)
        last = self._last.get(csid)
        # Backwards, or so far ahead that an absolute time is as short: the difference is huge.
        delta = _EXTENDED if last is None else time - last.timestamp_ms & _U32
        if last is None or last.stream_id != message.stream_id or delta >= _EXTENDED:
            self._last[csid] = _Last(message.stream_id, time, length, message.type_id, None)
            return 0, time
        same = (last.length, last.type_id) == (length, message.type_id)
        fmt = 1 if not same else 3 if delta == last.delta_ms else 2
        self._last[csid] = _Last(message.stream_id, time, length, message.type_id, delta)
        return fmt, delta
