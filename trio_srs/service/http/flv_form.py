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
from trio_srs.wire.rtmp.chunk_writer import Piece
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.websocket import binary_head

__all__ = ["FLV", "FLV_IN_MESSAGES", "FlvForm"]

_DATA_AMF3: Final = int(MessageType.DATA_AMF3)
_SCRIPT: Final = int(MessageType.DATA_AMF0)
_TYPES: Final = frozenset({int(MessageType.AUDIO), int(MessageType.VIDEO), _SCRIPT, _DATA_AMF3})
_AROUND: Final = TAG_HEAD_SIZE + TAG_TAIL_SIZE


@attrs.frozen(cache_hash=True)
class FlvForm:
    """FLV tags, bodies as they came. What FLV has no tags for is left out."""

    in_messages: bool
    """Whether each tag is a WebSocket message."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record as a tag; empty where FLV has none for it."""
        if not self.wants(record.type_id):
            return ()
        type_id, body = record.type_id, record.body
        if type_id == _DATA_AMF3:  # AMF3 data is AMF0 behind a byte that says so
            type_id, body = _SCRIPT, body[1:]
        size = len(body)
        pieces: tuple[Piece, ...] = (
            encode_tag_head(type_id, record.timestamp_ms, size),
            body,
            encode_tag_tail(size),
        )
        if self.in_messages:
            pieces = (binary_head(size + _AROUND) + bytes(pieces[0]), *pieces[1:])
        return pieces

    def wants(self, type_id: int) -> bool:
        """Whether records of this type are tags."""
        return type_id in _TYPES


FLV: Final = FlvForm(in_messages=False)
FLV_IN_MESSAGES: Final = FlvForm(in_messages=True)
