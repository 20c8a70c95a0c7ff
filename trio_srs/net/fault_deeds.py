"""What is done to a connection when a fault is due: one deed for each kind. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from typing import Final

import trio

from trio_srs.faults.fault import Fault
from trio_srs.faults.fault_kind import FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim
from trio_srs.net.faulty_connection import FaultyConnection
from trio_srs.session.rtmp_answers import RefusalForm
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import WindowAckSize
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["DEEDS", "ENDS", "OF_BYTES", "Deed", "do", "do_for_a_while", "undo"]

Deed = Callable[[FaultyConnection, Fault, str], None]
"""Does a fault; the text says which it is."""

_NOISE_BYTES: Final = 4096
_LONGEST_MESSAGE: Final = 0xFFFFFF
_TORN_BYTES: Final = 9
"""Of a ping, which is 18 bytes: a chunk that was begun."""


def _end(connection: FaultyConnection, fault: Fault, label: str) -> None:
    """Close or reset it, between two messages or inside one."""
    if fault.kind is FaultKind.HALF_CLOSE:
        connection.transport.mute()
        return
    is_reset = fault.kind is FaultKind.RESET
    if not fault.inside:
        connection.end(label, is_reset=is_reset)
        return
    # What is sent next is torn: to who speaks RTMP that is a ping at the latest.
    writing = connection.transport.writing
    writing.call_after(_TORN_BYTES, lambda: connection.end(label, is_reset=is_reset))
    if connection.speaks_rtmp:
        connection.core.ping(trio.current_time())
        connection.patient.link.flush()


def _stall(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    transport = connection.transport
    (transport.writing if fault.direction == "out" else transport.reading).shut()


def _hold(connection: FaultyConnection, _fault: Fault, _label: str) -> None:
    """Say nothing: of the handshake, whose answer is bytes and no message."""
    connection.transport.writing.shut()


def _slow(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    transport = connection.transport
    (transport.writing if _is_out(fault) else transport.reading).limit(fault.rate)


def _is_out(fault: Fault) -> bool:
    """Whether it is what goes to the peer: of a player it is, unless the fault says otherwise."""
    to_players = fault.moment in (FaultMoment.PLAY, FaultMoment.REQUEST)
    return fault.direction == "out" or (not fault.direction and to_players)


def undo(connection: FaultyConnection, claim: Claim) -> None:
    """End a fault that lasts."""
    claim.is_going_on = False
    fault, transport = claim.fault, connection.transport
    is_out = {
        FaultKind.SLOW: _is_out(fault),
        FaultKind.STALL: fault.direction == "out",
    }.get(fault.kind, True)
    (transport.writing if is_out else transport.reading).open()


def _noise(connection: FaultyConnection, fault: Fault, label: str) -> None:
    count = fault.bytes or _NOISE_BYTES
    blocks = (blake2b(f"{label}/{number}".encode()).digest() for number in range(count // 64 + 1))
    connection.patient.link.say(b"".join(blocks)[:count])  # the same fault is the same bytes


def _status(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    form = RefusalForm(code=fault.code, level=fault.level)
    info = form.info(fault.code, fault.description or "said on purpose")
    _say(connection, Command("onStatus", 0.0, (None, info)), _stream_id(connection, fault))


def _reconnect_request(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    code = StatusCode.CONNECT_RECONNECT_REQUEST
    info = RefusalForm(level="status").info(code, fault.description or "connect again")
    where = {"tcUrl": fault.to} if fault.to else {}
    _say(connection, Command("onStatus", 0.0, (None, {**info, **where})), 0)


def _say(connection: FaultyConnection, command: Command, stream_id: int) -> None:
    connection.core.send_command(command, stream_id)
    connection.patient.link.flush()


def _stream_id(connection: FaultyConnection, fault: Fault) -> int:
    entry = connection.entry
    there = entry.plays if fault.moment is FaultMoment.PLAY else entry.publishes
    return next(iter(there), 0)


def _chunk_size(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    size, core = fault.bytes or 0, connection.core
    core.send_message(Message(MessageType.SET_CHUNK_SIZE, 0, 0, size.to_bytes(4, "big")))
    if size:
        core.chunk_size_out = min(size, _LONGEST_MESSAGE)
    connection.patient.link.flush()


def _window(connection: FaultyConnection, fault: Fault, _label: str) -> None:
    connection.core.send_control(WindowAckSize(fault.bytes or 0))
    connection.patient.link.flush()


def _extra_ping(connection: FaultyConnection, _fault: Fault, _label: str) -> None:
    connection.core.ping(trio.current_time())
    connection.patient.link.flush()


ENDS: Final = frozenset({FaultKind.CLOSE, FaultKind.RESET, FaultKind.HALF_CLOSE})
OF_BYTES: Final = ENDS | {FaultKind.STALL, FaultKind.SLOW, FaultKind.NOISE}
"""What is done to bytes, whatever protocol they are of."""
_LASTING: Final = frozenset({FaultKind.STALL, FaultKind.SLOW, FaultKind.LATE, FaultKind.SILENT})

DEEDS: Final[Mapping[FaultKind, Deed]] = {
    FaultKind.CLOSE: _end,
    FaultKind.RESET: _end,
    FaultKind.HALF_CLOSE: _end,
    FaultKind.LATE: _hold,
    FaultKind.SILENT: _hold,
    FaultKind.STALL: _stall,
    FaultKind.SLOW: _slow,
    FaultKind.NOISE: _noise,
    FaultKind.STATUS: _status,
    FaultKind.RECONNECT_REQUEST: _reconnect_request,
    FaultKind.CHUNK_SIZE: _chunk_size,
    FaultKind.WINDOW: _window,
    FaultKind.EXTRA_PING: _extra_ping,
}
"""By kind: what is done to a connection that is there."""


def do(connection: FaultyConnection, claim: Claim) -> None:
    """Do what is due, if it still is, and tell of it first."""
    if not claim.take():
        return
    claim.is_done = True
    claim.is_going_on = claim.fault.kind in _LASTING
    DEEDS[claim.fault.kind](connection, claim.fault, claim.label)


def do_for_a_while(connection: FaultyConnection, claim: Claim) -> None:
    """Do what is due as :func:`do` does, and undo it when it has lasted as long as it is to."""
    do(connection, claim)
    fault = claim.fault
    lasts_s = fault.by_s if fault.kind is FaultKind.LATE else fault.for_s
    if claim.is_done and lasts_s is not None:
        connection.call_after_s(lasts_s, partial(undo, connection, claim))
