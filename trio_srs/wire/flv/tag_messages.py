"""Tags of FLV as messages of RTMP, and back: the same media on another way. Floor 0."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.flv.script import strip_set_data_frame
from trio_srs.wire.flv.tag import FlvTag
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["TAG_TYPES", "flv_tag", "message_of"]

TAG_TYPES: Final = frozenset(
    map(int, (MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA_AMF0))
)
"""The types that tags have; all others are reserved."""


def flv_tag(message: Message) -> FlvTag | None:
    """What of a message goes into a file; None for types that FLV does not have."""
    match message.type_id:
        case MessageType.AUDIO | MessageType.VIDEO:
            return FlvTag(message.type_id, message.timestamp_ms, message.payload)
        case MessageType.DATA_AMF0:
            return _script_tag(message.timestamp_ms, message.payload)
        case MessageType.DATA_AMF3 if message.payload.startswith(b"\0"):
            # A byte that says "AMF0 follows", then what a script tag has.
            return _script_tag(message.timestamp_ms, message.payload[1:])
        case _:
            return None


def _script_tag(timestamp_ms: int, body: bytes) -> FlvTag:
    return FlvTag(MessageType.DATA_AMF0, timestamp_ms, strip_set_data_frame(body))


def message_of(tag: FlvTag) -> Message:
    """A tag as the message that it was made of."""
    return Message(tag.type_id, 0, tag.timestamp_ms, tag.body)
