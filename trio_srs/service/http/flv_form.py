"""How records look to viewers over HTTP: FLV tags, bare or each in a WebSocket message. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.record import Record
from trio_srs.wire.flv.tag import (
    TAG_HEAD_SIZE,
    TAG_TAIL_SIZE,
    encode_tag_head,
    encode_tag_tail,
)
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.chunk_writer import Piece
from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message
from trio_srs.wire.websocket import binary_head

__all__ = ["FLV", "FLV_IN_MESSAGES", "FlvForm"]

_AROUND: Final = TAG_HEAD_SIZE + TAG_TAIL_SIZE


@attrs.frozen(cache_hash=True)
class FlvForm:
    """FLV tags, bodies as they came. What FLV has no tags for is left out."""

    in_messages: bool
    """Whether each tag is a WebSocket message."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record as a tag; empty where FLV has none for it."""
        tag = flv_tag(Message(record.type_id, 0, record.timestamp_ms, record.body))
        if tag is None:
            return ()
        size = len(tag.body)
        head = encode_tag_head(tag.type_id, tag.timestamp_ms, size)
        if self.in_messages:
            head = binary_head(size + _AROUND) + head
        return head, tag.body, encode_tag_tail(size)

    def wants(self, type_id: int) -> bool:
        """Whether records of this type may be tags."""
        return type_id in MEDIA_TYPES


FLV: Final = FlvForm(in_messages=False)
FLV_IN_MESSAGES: Final = FlvForm(in_messages=True)
