"""Faults of RTMP's answers: late, none, out of order, broken; without I/O. Floor 3."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from trio_srs.faults.fault import Fault
from trio_srs.faults.fault_kind import FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim
from trio_srs.session.rtmp_answers import RefusalForm
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_writer import Piece, encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["AnswerFaults"]

_MOMENTS: Final = {
    moment.value: moment
    for moment in (
        *(
            FaultMoment.CONNECT,
            FaultMoment.CREATE_STREAM,
            FaultMoment.RELEASE_STREAM,
            FaultMoment.FC_PUBLISH,
        ),
        *(FaultMoment.PUBLISH, FaultMoment.PLAY),
    )
}
_BY_GATE: Final = frozenset({FaultMoment.CONNECT, FaultMoment.PUBLISH, FaultMoment.PLAY})
_COMMANDS: Final = frozenset({MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3})
_PING, _PONG = b"\x00\x06", b"\x00\x07"
_HERE: Final = frozenset(
    {
        *(FaultKind.LATE, FaultKind.SILENT, FaultKind.SWAP, FaultKind.MALFORMED),
        *(FaultKind.REFUSE, FaultKind.CLOSE, FaultKind.RESET, FaultKind.HALF_CLOSE),
    }
)
_ANSWERS: Final = (b"\x02\x00\x07_result", b"\x02\x00\x06_error", b"\x02\x00\x08onStatus")
"""How the payloads of answers begin."""
_BROKEN_AMF: Final = b"\x02\xff\xff"
"""A text that is said to be longer than the message."""
_LENGTH: Final = slice(4, 7)
"""Of a message, in the header of its first chunk (RTMP 1.0, 5.3.1.2.1)."""


class AnswerFaults:
    """Has a say in what one session says: see :class:`~trio_srs.session.rtmp_core.AnswerEditor`.

    Args:
        meet: what is due for this peer at a moment.
        end: does what ends the connection.
        now: the clock.
        changed: told when something is to be said at another time than it was thought.
    """

    def __init__(
        self,
        meet: Callable[[FaultMoment, Callable[[Fault], bool]], list[Claim]],
        end: Callable[[Claim], None],
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._meet, self._end, self._now, self._changed = meet, end, now, changed
        self._held: deque[tuple[float, Piece]] = deque()
        self._swapped: list[Piece] = []

    def edit(self, subject: str, message: Message, chunk_size: int) -> Iterable[Piece]:
        """What is said in place of a message."""
        pieces = list(self._edited(subject, message, chunk_size))
        if self._held:  # nothing overtakes what is late
            due = self._held[-1][0]
            self._held.extend((due, piece) for piece in pieces)
            return []
        return pieces

    def _edited(self, subject: str, message: Message, chunk_size: int) -> Iterator[Piece]:
        plain: Piece = encode_message(message, chunk_size)
        moment = _moment_of(subject, message)
        claims = [] if moment is None else self._meet(moment, _is_for_answers)
        if not claims:
            yield plain
            yield from self._after_swapped()
            return
        for claim in claims:
            plain = self._done(claim, message, chunk_size, plain)
        if plain:
            yield plain

    def _done(self, claim: Claim, message: Message, chunk_size: int, plain: Piece) -> Piece:
        """What is left to be said now; empty for nothing."""
        fault = claim.fault
        match fault.kind:
            case FaultKind.SILENT:
                claim.take()
            case FaultKind.LATE:
                claim.take()
                self._held.append((self._now() + fault.by_s, plain))
                self._changed()
            case FaultKind.SWAP:
                claim.take()
                self._swapped.append(plain)
            case FaultKind.MALFORMED:
                claim.take()
                if fault.broken == "chunk":
                    return _shortened(bytes(plain))
                return _with_body(message, _broken(message.payload), chunk_size)
            case FaultKind.REFUSE:
                claim.take()
                return encode_message(_failed(message, fault), chunk_size)
            case _:
                self._end(claim)
        return b""

    def _after_swapped(self) -> Iterable[Piece]:
        swapped, self._swapped = self._swapped, []
        return swapped

    def next_deadline(self) -> float:
        """When what is late is due."""
        return self._held[0][0] if self._held else math.inf

    def on_time(self, now: float) -> Iterable[Piece]:
        """What is due by now."""
        while self._held and self._held[0][0] <= now:
            yield self._held.popleft()[1]


def _is_for_answers(fault: Fault) -> bool:
    by_gate = fault.moment in _BY_GATE and fault.kind not in (FaultKind.SWAP, FaultKind.MALFORMED)
    return fault.kind in _HERE and fault.after is None and not by_gate


def _moment_of(subject: str, message: Message) -> FaultMoment | None:
    if message.type_id in _COMMANDS:
        return _MOMENTS.get(subject) if _is_answer(message) else None
    if message.type_id == MessageType.ACKNOWLEDGEMENT:
        return FaultMoment.ACKNOWLEDGEMENT
    if message.type_id == MessageType.USER_CONTROL:
        kind = message.payload[:2]
        return {_PING: FaultMoment.PING, _PONG: FaultMoment.PONG}.get(bytes(kind))
    return None


def _is_answer(message: Message) -> bool:
    """Whether it answers what was asked, and is no notice beside that."""
    return bytes(message.payload[:11]).startswith(_ANSWERS)


def _with_body(message: Message, body: bytes, chunk_size: int) -> Piece:
    return encode_message(
        Message(message.type_id, message.stream_id, message.timestamp_ms, body), chunk_size
    )


def _shortened(chunk: bytes) -> bytes:
    """A message whose header says half of its length, so that the rest is taken for chunks."""
    half = int.from_bytes(chunk[_LENGTH], "big") // 2
    return chunk[: _LENGTH.start] + half.to_bytes(3, "big") + chunk[_LENGTH.stop :]


def _broken(payload: bytes) -> bytes:
    """The name of a command, and behind it a text that ends nowhere."""
    return payload[: 3 + int.from_bytes(payload[1:3], "big")] + _BROKEN_AMF


def _failed(message: Message, fault: Fault) -> Message:
    """``_error`` in place of an answer, with its number."""
    said = Command.decode(message)
    form = RefusalForm(code=fault.code, level=fault.level, has_object=bool(fault.object))
    why = fault.description or "refused on purpose"
    info: Value = form.info(StatusCode.CALL_FAILED, why)
    return Command("_error", said.transaction_id, (form.object, info)).message()
