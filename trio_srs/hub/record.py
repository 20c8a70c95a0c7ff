"""Records: what a stream's log holds, one for each message that came in. Floor 2."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["HEADER", "Record"]

HEADER: Final = int(FrameKind.SEQUENCE_HEADER | FrameKind.METADATA)
"""Flags of what a reader that joins later needs the newest of."""
_NO_PICTURE: Final = int(~FrameKind.KEYFRAME)


@attrs.define(eq=False)  # one per packet: slots, and identity is all that is ever compared
class Record:
    """One message as it came in. Treat as immutable, but for the cached form."""

    type_id: int
    """Message type; see :class:`trio_srs.wire.rtmp.message.MessageType`."""
    timestamp_ms: int
    """Unsigned 32 bits, after the correction that the stream's settings ask for."""
    body: bytes
    arrived_at: float
    """Trio's clock, in seconds."""
    flags: int = 0
    """A :class:`~trio_srs.wire.flv.enhanced.FrameKind`; 0 for what is only to be passed on."""
    form: object = None
    """The form that :attr:`pieces` was made for; see :mod:`trio_srs.hub.forms`."""
    pieces: tuple[bytes, ...] = ()

    @property
    def is_picture(self) -> bool:
        """Whether this is coded video, keyframe or not."""
        return self.type_id == MessageType.VIDEO and not self.flags & _NO_PICTURE
