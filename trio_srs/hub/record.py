"""Records: what a stream's log holds, one for each message that came in. Floor 2."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["HEADER", "Account", "AlteredRecord", "Record"]

HEADER: Final = int(FrameKind.SEQUENCE_HEADER | FrameKind.METADATA)
"""Flags of what a reader that joins later needs the newest of."""
_NO_PICTURE: Final = int(~FrameKind.KEYFRAME)
_VIDEO: Final = int(MessageType.VIDEO)


@attrs.define(eq=False)
class Account:
    """What the records of one log hold together.

    It is shared by a log and its records, so that a wire form made long after the record came
    is counted as well, although a record knows nothing of the log.
    """

    size: int = 0
    """Bytes."""


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
    account: Account | None = None
    """Of the log that holds this record; None when none does."""
    copied: int = 0
    """Bytes of :attr:`pieces` that are not shared with the body."""

    @property
    def is_picture(self) -> bool:
        """Whether this is coded video, keyframe or not."""
        return self.type_id == _VIDEO and not self.flags & _NO_PICTURE

    @property
    def sent_ms(self) -> int:
        """The timestamp as the publisher sent it."""
        return self.timestamp_ms

    @property
    def sent_body(self) -> bytes:
        """The body as the publisher sent it, but for ``@setDataFrame``."""
        return self.body

    def remember(self, form: object, pieces: tuple[bytes, ...]) -> None:
        """Keep the bytes of the first form that is asked for; nearly always it is the only one."""
        self.form, self.pieces = form, pieces
        if pieces[-1] is not self.body:
            self.copied = sum(map(len, pieces))
            if self.account is not None:
                self.account.size += self.copied


@attrs.define(eq=False)
class AlteredRecord(Record):
    """A record that is not as it was sent: its timestamp was corrected, or something put in."""

    sent_ms: int = 0
    sent_body: bytes = b""
