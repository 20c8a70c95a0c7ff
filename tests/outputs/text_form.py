"""A form: how records look on one kind of wire; here, a line of text for each.

The bytes are made once for all who read in this form, and the broadcaster sends them. Whoever has
an outlet reads in it: ``hub.playing(name, settings, TEXT, outlet, player)``.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.record import Record
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["TEXT", "TextForm", "line_of"]

KINDS: Final = {int(MessageType.AUDIO): "audio", int(MessageType.VIDEO): "video"}


@attrs.frozen
class TextForm:
    """Hashable, so that readers in equal forms share the bytes."""

    def wants(self, type_id: int) -> bool:
        """Audio and video, and no data or commands."""
        return type_id in KINDS

    def pieces(self, record: Record) -> tuple[bytes, ...]:
        """One line; nothing for what is not wanted."""
        return (line_of(record),) if self.wants(record.type_id) else ()


def line_of(record: Record) -> bytes:
    """What a record is, without what is in it."""
    kind = KINDS.get(record.type_id, "data")
    return f"{kind} at {record.timestamp_ms} ms, {len(record.body)} bytes\n".encode()


TEXT: Final = TextForm()
