"""How records of a derived form look to viewers: as they are, or each in a WebSocket message.

Floor 3.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.record import Record
from trio_srs.wire.rtmp.chunk_writer import Piece
from trio_srs.wire.websocket import binary_head

__all__ = ["BYTES", "BYTES_IN_MESSAGES", "ByteForm"]


@attrs.frozen(cache_hash=True)
class ByteForm:
    """The bodies of records, whatever is in them."""

    in_messages: bool
    """Whether each is a WebSocket message."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record's body; nothing is copied."""
        body = record.body
        return (binary_head(len(body)), body) if self.in_messages else (body,)

    def wants(self, type_id: int) -> bool:
        """Whether records of this type are sent: all are."""
        return True


BYTES: Final = ByteForm(in_messages=False)
BYTES_IN_MESSAGES: Final = ByteForm(in_messages=True)
