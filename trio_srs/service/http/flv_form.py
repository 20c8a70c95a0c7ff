"""How records look to viewers over HTTP: FLV tags, bare or each in a WebSocket message. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.record import Record
from trio_srs.wire.flv.tag import (
    TAG_HEAD_SIZE,
    TAG_TAIL_SIZE,
    FlvTag,
    encode_tag_head,
    encode_tag_tail,
)
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.chunk_writer import Piece
from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message, MessageType
from trio_srs.wire.websocket import binary_head

__all__ = ["BROWSER_FLV", "BROWSER_FLV_IN_MESSAGES", "FLV", "FLV_IN_MESSAGES", "FlvForm"]

_AROUND: Final = TAG_HEAD_SIZE + TAG_TAIL_SIZE


@attrs.frozen(cache_hash=True)
class FlvForm:
    """FLV tags, bodies as they came unless they are for browsers. What FLV has no tags for is left
    out."""

    in_messages: bool
    """Whether each tag is a WebSocket message."""
    for_browsers: bool = False
    """Whether what the players of pages stop at is left out, or said as they know it."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record as a tag; empty where FLV has none for it."""
        tag = flv_tag(Message(record.type_id, 0, record.timestamp_ms, record.body))
        if tag is None:
            return ()
        body = self._for_browsers(tag) if self.for_browsers else tag.body
        if body is None:
            return ()
        size = len(body)
        head = encode_tag_head(tag.type_id, tag.timestamp_ms, size)
        if self.in_messages:
            head = binary_head(size + _AROUND) + head
        return head, body, encode_tag_tail(size)

    def _for_browsers(self, tag: FlvTag) -> bytes | None:
        from trio_srs.wire.flv import browser_bodies  # when somebody wants it

        match tag.type_id:
            case MessageType.VIDEO:
                return browser_bodies.browser_video(tag.body)
            case MessageType.AUDIO:
                return browser_bodies.browser_audio(tag.body)
            case _:
                return browser_bodies.browser_script(tag.body)

    def wants(self, type_id: int) -> bool:
        """Whether records of this type may be tags."""
        return type_id in MEDIA_TYPES


FLV: Final = FlvForm(in_messages=False)
FLV_IN_MESSAGES: Final = FlvForm(in_messages=True)
BROWSER_FLV: Final = FlvForm(in_messages=False, for_browsers=True)
BROWSER_FLV_IN_MESSAGES: Final = FlvForm(in_messages=True, for_browsers=True)
