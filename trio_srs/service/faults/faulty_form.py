"""Frames that one player gets wrong, late or not at all: a form of its own. Floor 3."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final

from trio_srs.faults.fault import Fault
from trio_srs.faults.fault_kind import FaultKind
from trio_srs.faults.fault_values import Unit
from trio_srs.hub.forms import Form
from trio_srs.hub.record import Record
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.chunk_writer import Piece
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["FRAME_FAULTS", "FaultyForm", "FrameFault"]

_TYPES: Final = {"video": MessageType.VIDEO, "audio": MessageType.AUDIO}
_KEPT: Final = 4096
"""Records of which it is known what was made: a reader that falls back asks again."""
_HEAD: Final = 16
"""Bytes in front of a body that are left as they are: they say what it is."""
_U32: Final = 0xFFFFFFFF
_NO_FRAME: Final = int(
    FrameKind.SEQUENCE_HEADER | FrameKind.SEQUENCE_END | FrameKind.METADATA | FrameKind.COMMAND
)

Pieces = tuple[Piece, ...]


class FrameFault:
    """One fault of frames, and how far it has come with one player.

    Args:
        took: told, with a frame in words, of the first that it is done to; whether it may be.
    """

    def __init__(self, fault: Fault, took: Callable[[str], bool]) -> None:
        self.fault = fault
        self.shift_ms = 0
        self._took = took
        self._type = _TYPES[fault.track or "video"]
        self._left = int(fault.after.amount) if fault.after else 0
        self._unit = fault.after.unit if fault.after else None
        self._every, self._in_a_row = fault.every, fault.frames or 1
        self._seen = self._done = 0
        self._is_on = False

    def begin(self) -> None:
        """What it waited for has come, if that was a time or bytes."""
        self._left = 0

    def hits(self, record: Record) -> bool:
        """Whether it is done to a record."""
        if self.is_over or record.type_id != self._type or not _is_frame(record):
            return False
        if self._is_waiting(record):
            return False
        number, self._seen = self._seen, self._seen + 1
        is_due = number % self._every < self._in_a_row if self._every else True
        if not is_due or not (self._is_on or self._took(f"from {record.timestamp_ms} ms on")):
            return False
        self._is_on = True
        self._done += 1
        return True

    @property
    def is_over(self) -> bool:
        """Whether it has been done to all that it is for."""
        lasts = self._every or self.fault.kind is FaultKind.FREEZE
        return not lasts and self._done >= self._in_a_row

    def _is_waiting(self, record: Record) -> bool:
        if self._left <= 0:
            return self.fault.kind is FaultKind.FREEZE and not (self._is_on or _is_key(record))
        if self._unit is Unit.FRAMES or (self._unit is Unit.KEYFRAMES and _is_key(record)):
            self._left -= 1
            return self._unit is Unit.FRAMES or self._left > 0
        return True


class FaultyForm:
    """What a player gets in a form, with faults. Its bytes are no other player's.

    Args:
        form: as it is without them.
        faults: in the order in which they are done.
    """

    def __init__(self, form: Form, faults: list[FrameFault]) -> None:
        self._form, self._faults = form, faults
        self._made: OrderedDict[int, tuple[Record, Pieces]] = OrderedDict()
        self._held: list[Piece] = []
        self._is_frozen = False

    def __repr__(self) -> str:
        return f"{self._form!r} with faults"

    def wants(self, type_id: int) -> bool:
        """Whether records of this type go to this player."""
        return self._form.wants(type_id)

    def pieces(self, record: Record) -> Pieces:
        """The record as this player gets it: the same whenever it is asked for."""
        made = self._made.get(id(record))
        if made is None or made[0] is not record:
            made = self._made[id(record)] = (record, tuple(self._edited(record)))
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made[1]

    def _edited(self, record: Record) -> Iterator[Piece]:
        hit = [fault for fault in self._faults if fault.hits(record)]
        for fault in self._faults:
            if fault.shift_ms:
                record = _shifted(record, fault.shift_ms)
        kinds = {fault.fault.kind for fault in hit}
        for fault in hit:
            if fault.fault.kind is FaultKind.CORRUPT:
                record = _corrupted(record, fault.fault.bytes or 1)
            elif fault.fault.kind is FaultKind.JUMP:
                fault.shift_ms = round(fault.fault.by_s * 1000)
                record = _shifted(record, fault.shift_ms)
        self._is_frozen |= FaultKind.FREEZE in kinds
        if FaultKind.DROP in kinds or (self._is_frozen and _is_media(record)):
            return
        pieces = self._form.pieces(record)
        if FaultKind.REORDER in kinds:
            self._held += pieces
            return
        yield from pieces
        if FaultKind.REPEAT in kinds:
            yield from pieces
        if self._held and _is_frame(record):
            yield from self._held
            self._held = []


def _is_media(record: Record) -> bool:
    return record.type_id in (MessageType.VIDEO, MessageType.AUDIO)


def _is_frame(record: Record) -> bool:
    """Whether it is coded media, and no header."""
    return _is_media(record) and not record.flags & _NO_FRAME


def _is_key(record: Record) -> bool:
    return bool(record.flags & FrameKind.KEYFRAME)


def _shifted(record: Record, shift_ms: int) -> Record:
    """The same at another time, in no log."""
    at_ms = (record.timestamp_ms + shift_ms) & _U32
    return Record(record.type_id, at_ms, record.body, record.arrived_at, record.flags)


def _corrupted(record: Record, count: int) -> Record:
    """The same with bits flipped, in no log."""
    body, at_ms = _flipped(record.body, count), record.timestamp_ms
    return Record(record.type_id, at_ms, body, record.arrived_at, record.flags)


def _flipped(body: bytes, count: int) -> bytes:
    """A body in which so many bytes have one bit flipped: always the same of the same body."""
    changed = bytearray(body)
    room = len(body) - _HEAD
    for number in range(count if room > 0 else 0):
        drawn = blake2b(body, digest_size=8, salt=number.to_bytes(8, "big")).digest()
        at = _HEAD + int.from_bytes(drawn[:4], "big") % room
        changed[at] ^= 1 << drawn[4] % 8
    return bytes(changed)


FRAME_FAULTS: Final = frozenset(
    {
        *(FaultKind.DROP, FaultKind.REPEAT, FaultKind.REORDER, FaultKind.FREEZE),
        *(FaultKind.JUMP, FaultKind.CORRUPT),
    }
)
"""The kinds that are done to frames."""
