"""Wire forms of records: made once, on first demand, and shared by every reader. Floor 2.

A form is a value: readers with equal forms get the same bytes. The pieces it makes of a record hang
on the record itself, while a log has it and anybody reads in that form; the body is shared between
them. A form knows nothing of that: whatever makes bytes of a record may be one.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

import attrs

from trio_srs.hub.record import Record
from trio_srs.wire.rtmp.chunk_writer import Piece, message_pieces
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["Form", "RtmpForm", "Span", "pieces_of"]


class Form(Protocol):
    """How records look on one kind of wire. Hashable: equal forms share their bytes."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record's bytes, to be joined; empty when these readers do not get it. Nothing else
        but the record and the form itself has a part in them."""
        ...

    def wants(self, type_id: int) -> bool:
        """Whether records of this type go to these readers."""
        ...


@attrs.frozen(cache_hash=True)
class RtmpForm:
    """RTMP chunks on one message stream, with a fmt 0 header and the absolute timestamp."""

    chunk_size: int
    stream_id: int
    audio: bool
    video: bool

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, chunk_size: int, stream_id: int, audio: bool, video: bool) -> RtmpForm:
        """The one form of these values."""
        return cls(chunk_size, stream_id, audio, video)

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        """The record as chunks; empty when its kind was switched off."""
        if not (self.audio and self.video) and not self.wants(record.type_id):
            return ()
        return message_pieces(
            record.type_id, self.stream_id, record.timestamp_ms, record.body, self.chunk_size
        )

    def wants(self, type_id: int) -> bool:
        """Whether records of this type go to these readers."""
        if type_id == MessageType.AUDIO:
            return self.audio
        return self.video or type_id != MessageType.VIDEO


def pieces_of(record: Record, form: Form) -> tuple[Piece, ...]:
    """A record's bytes in a form, made once for as long as the record keeps them."""
    if record.form is not None:
        if record.form is form:
            return record.pieces
        for known, pieces in record.others:
            if known is form:
                return pieces
    pieces = form.pieces(record)
    if pieces and record.account is not None:
        record.remember(form, pieces)
    return pieces


class Span:
    """Consecutive records joined into one byte string, and the way back from a byte to a record."""

    __slots__ = ("blob", "form", "records")

    def __init__(self, records: Sequence[Record], form: Form) -> None:
        self.records, self.form = records, form
        self.blob = b"".join(
            [
                piece
                for record in records
                for piece in (record.pieces if record.form is form else pieces_of(record, form))
            ]
        )

    def locate(self, taken: int) -> tuple[int, list[memoryview]]:
        """Where a reader stands that took only the first ``taken`` bytes.

        Returns:
            how many records it has begun or finished, and what is missing of the last of
            them: nothing when ``taken`` ends between two records.
        """
        count, left = 0, taken
        for record in self.records:
            if left <= 0:
                break
            count += 1
            pieces = pieces_of(record, self.form)
            length = sum(map(len, pieces))
            if left < length:
                return count, _rest(pieces, left)
            left -= length
        return count, []


def _rest(pieces: Sequence[Piece], taken: int) -> list[memoryview]:
    """What follows the first ``taken`` bytes, without copying."""
    rest = []
    for piece in pieces:
        if taken < len(piece):
            rest.append(memoryview(piece)[max(taken, 0) :])
        taken -= len(piece)
    return rest
