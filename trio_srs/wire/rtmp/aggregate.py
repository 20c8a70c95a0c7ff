"""Aggregate messages: several messages in one body, each with an FLV tag's header. Floor 0."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["AggregateError", "join_aggregate", "split_aggregate"]

_HEADER: Final = struct.Struct(">BBHHBB3s")  # type, 3-byte length, 3+1-byte time, stream id
_BACK_POINTER: Final = struct.Struct(">I")
_U32: Final = 0xFFFFFFFF
_PARTS_MOST: Final = 4096
"""Adobe's servers collect a few seconds of media: some hundreds of parts. An empty part costs the
peer 15 bytes and us ten times that."""


class AggregateError(ProtocolError):
    """The parts of an aggregate message do not fit into it, or are too many."""

    code = "aggregate_error"
    srs_code = 2024


def split_aggregate(message: Message) -> list[Message]:
    """The messages inside an aggregate, on its message stream.

    Their timestamps are moved so that the first part has the aggregate's (RTMP 1.0, 7.1.6).
    A missing back pointer behind the last part is tolerated.

    Raises:
        AggregateError: a part is longer than what is left, or one too many; with the byte
            where it begins.
    """
    body, pos = message.payload, 0
    parts: list[Message] = []
    shift: int | None = None
    while pos < len(body):
        if len(parts) == _PARTS_MOST:
            raise AggregateError(
                f"aggregate part at byte {pos} is one more than the limit of {_PARTS_MOST} parts"
            )
        if len(body) - pos < _HEADER.size:
            raise AggregateError(
                f"aggregate part at byte {pos}: {len(body) - pos} bytes are left, "
                f"its header takes {_HEADER.size}"
            )
        type_id, high, low, time, time_low, time_high, _ = _HEADER.unpack_from(body, pos)
        length = high << 16 | low
        timestamp_ms = time_high << 24 | time << 8 | time_low
        begin = pos + _HEADER.size
        if len(body) - begin < length:
            raise AggregateError(
                f"aggregate part at byte {pos} says {length} bytes, {len(body) - begin} are left"
            )
        if shift is None:
            shift = message.timestamp_ms - timestamp_ms
        payload = body[begin : begin + length]
        parts.append(Message(type_id, message.stream_id, (timestamp_ms + shift) & _U32, payload))
        pos = begin + length + _BACK_POINTER.size
    return parts


def join_aggregate(messages: Iterable[Message], stream_id: int) -> Message:
    """One aggregate message of several, at the timestamp of the first; the inverse of splitting."""
    pieces: list[bytes] = []
    first: int | None = None
    for message in messages:
        first = message.timestamp_ms if first is None else first
        length, time = len(message.payload), message.timestamp_ms
        header = _HEADER.pack(
            message.type_id,
            length >> 16,
            length & 0xFFFF,
            time >> 8 & 0xFFFF,
            time & 0xFF,
            time >> 24,
            b"\0\0\0",
        )
        pieces += (header, message.payload, _BACK_POINTER.pack(_HEADER.size + length))
    return Message(MessageType.AGGREGATE, stream_id, first or 0, b"".join(pieces))
