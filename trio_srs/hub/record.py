"""Records: what a stream's log holds, one for each message that came in. Floor 2."""

from __future__ import annotations

import math
from typing import Final

import attrs

from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.chunk_writer import Piece

__all__ = ["HEADER", "RECORD_BYTES", "Account", "AlteredRecord", "Record", "weight"]

HEADER: Final = int(FrameKind.SEQUENCE_HEADER | FrameKind.METADATA)
"""Flags of what a reader that joins later needs the newest of."""
RECORD_BYTES: Final = 512
"""What a record takes besides its body: the record, its numbers, its header in a wire form. With
it a bound in bytes bounds the number of records too, however small a publisher makes them."""
_PIECE_BYTES: Final = 128
"""What a piece of a wire form takes that refers to the body, headers between them included; and
each piece of a form that is not the only one."""
_OTHERS_MOST: Final = 2
"""Forms whose bytes a record keeps, besides the first."""


@attrs.define(eq=False)
class Account:
    """What the records of one log hold together.

    It is shared by a log and its records, so that a wire form made long after the record came
    is counted as well, although a record knows nothing of the log.
    """

    size: int = 0
    """Bytes."""
    most: float = math.inf
    """Bytes with which no wire form is kept beside a body any more."""


@attrs.define(eq=False, weakref_slot=False)  # one per packet; only identity is ever compared
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
    pieces: tuple[Piece, ...] = ()
    others: tuple[tuple[object, tuple[Piece, ...]], ...] = ()
    """Further forms, and their bytes."""
    account: Account | None = None
    """Of the log that holds this record; None when none does."""
    copied: int = 0
    """Bytes that it holds in a log and that are not shared with the body."""

    @property
    def sent_ms(self) -> int:
        """The timestamp as the publisher sent it."""
        return self.timestamp_ms

    @property
    def sent_body(self) -> bytes:
        """The body as the publisher sent it, but for ``@setDataFrame``."""
        return self.body

    def remember(self, form: object, pieces: tuple[Piece, ...]) -> None:
        """Keep the bytes of a form that are not kept yet: those of the first three.

        What is in no log keeps none, nor does a log without room for a copy: they are made anew
        when they are asked for again.
        """
        account = self.account
        if account is None:
            return
        is_first = self.form is None
        if is_first and pieces[-1] is self.body:  # nearly always: it takes nothing
            self.form, self.pieces = form, pieces
            return
        if not is_first and len(self.others) >= _OTHERS_MOST:
            return
        size = self._cost(pieces, is_first=is_first)
        if size:
            if account.size + size > account.most:
                return
            self.copied += size
            account.size += size
        if is_first:
            self.form, self.pieces = form, pieces
        else:
            self.others += ((form, pieces),)

    def _cost(self, pieces: tuple[Piece, ...], *, is_first: bool) -> int:
        """Bytes that a form takes which are not the body's, nor counted with every record."""
        size = 0 if is_first else _PIECE_BYTES * len(pieces)
        if pieces[-1] is self.body:
            return size
        if not isinstance(pieces[-1], bytes):
            return size + _PIECE_BYTES * len(pieces)
        return size + sum(len(piece) for piece in pieces if piece is not self.body)

    def forget(self, form: object) -> None:
        """Nobody wants this form any more; another one may take its place."""
        others = self.others
        if self.form is not form and not any(known is form for known, _ in others):
            return
        kept = [(self.form, self.pieces), *others]
        size = -sum(self._cost(it, is_first=at == 0) for at, (_, it) in enumerate(kept))
        kept = [it for it in kept if it[0] is not form]
        size += sum(self._cost(it, is_first=at == 0) for at, (_, it) in enumerate(kept))
        self.form, self.pieces = kept[0] if kept else (None, ())
        self.others = tuple(kept[1:])
        self.copied += size
        if self.account is not None:
            self.account.size += size


@attrs.define(eq=False, weakref_slot=False)
class AlteredRecord(Record):
    """A record that is not as it was sent: its timestamp was corrected, or something put in."""

    sent_ms: int = 0
    sent_body: bytes = b""

    def __attrs_post_init__(self) -> None:
        if self.sent_body is not self.body:
            self.copied += len(self.sent_body)


def weight(record: Record) -> int:
    """Bytes that it holds without any wire form: bodies, and 512."""
    body, sent = record.body, record.sent_body
    return RECORD_BYTES + len(body) + (0 if sent is body else len(sent))
