"""RTMP messages and their type ids. Floor 0."""

from __future__ import annotations

import enum

import attrs

__all__ = ["MEDIA_TYPES", "Message", "MessageType"]


class MessageType(enum.IntEnum):
    """Message type ids (RTMP 1.0, 5.4, 7.1; 10 to 13 and others are unassigned)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACK_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    SHARED_OBJECT_AMF3 = 16
    COMMAND_AMF3 = 17
    DATA_AMF0 = 18
    SHARED_OBJECT_AMF0 = 19
    COMMAND_AMF0 = 20
    AGGREGATE = 22


MEDIA_TYPES = frozenset(
    {MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA_AMF0, MessageType.DATA_AMF3}
)
"""What goes into a stream's log as it came."""


@attrs.define  # not frozen: one per media packet, and frozen costs three times as much
class Message:
    """One whole RTMP message, put together from its chunks. Treat as immutable."""

    type_id: int
    """A :class:`MessageType`, or any other number."""
    stream_id: int
    """Message stream id (msid); 0 is the connection itself."""
    timestamp_ms: int
    """Absolute, unsigned 32 bits."""
    payload: bytes
    """At most 0xFFFFFF bytes, the longest that a chunk header can announce."""
