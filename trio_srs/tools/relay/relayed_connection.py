"""One client, passed on to the server byte by byte, with faults on the way. Floor 6."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import attrs
import trio

from trio_srs.errors import ProtocolError
from trio_srs.faults.fault import Fault, FaultTarget, Occasion
from trio_srs.faults.fault_kind import AT_REQUEST, FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim, FaultPlan
from trio_srs.faults.fault_values import Unit
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.fault_deeds import DEEDS, do, do_for_a_while
from trio_srs.net.faulty_connection import FaultyConnection
from trio_srs.net.transport import Transport
from trio_srs.session.rtmp_answers import RefusalForm, connect_rejected, request_refused
from trio_srs.session.rtmp_core import RtmpCore, SessionLimits
from trio_srs.tools.relay.chunk_follower import ChunkFollower
from trio_srs.units import NEVER
from trio_srs.wire.rtmp.command import Command, ConnectRequest, status_info
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["RelayedConnection"]

_READ: Final = 64 * 1024
_LINGER_S: Final = 1.0
_COMMANDS: Final = (MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3)
_ASKED: Final = {
    moment.value: moment
    for moment in (
        *(FaultMoment.CONNECT, FaultMoment.RELEASE_STREAM, FaultMoment.FC_PUBLISH),
        *(FaultMoment.CREATE_STREAM, FaultMoment.PUBLISH, FaultMoment.PLAY),
    )
}
_GRANTED: Final = {
    StatusCode.CONNECT_SUCCESS: FaultMoment.CONNECT,
    StatusCode.PUBLISH_START: FaultMoment.PUBLISH,
    StatusCode.PLAY_START: FaultMoment.PLAY,
}
_CODES: Final = {
    FaultMoment.CONNECT: StatusCode.CONNECT_REJECTED,
    FaultMoment.PUBLISH: StatusCode.PUBLISH_BAD_NAME,
    FaultMoment.PLAY: StatusCode.PLAY_STREAM_NOT_FOUND,
}


class _Shaken:
    """The handshake is the server's."""

    kind = HandshakeKind.PLAIN
    done = True
    trailing = b""

    def receive(self, _data: bytes | bytearray | memoryview) -> bytes:
        return b""


class _SaidBeside:
    """What is said to the client beside what the server says."""

    def __init__(self) -> None:
        self.core = RtmpCore(_Shaken(), limits=SessionLimits(), ping_after=NEVER, now=0.0)
        self.connect_request: ConnectRequest | None = None


@attrs.define(eq=False)
class _ClientLink:
    """The client's side, as faults use it."""

    transport: Transport
    session: _SaidBeside
    flush: Callable[[], None]
    say: Callable[[bytes], None]


@attrs.define(eq=False)
class _Count:
    """Somebody waits for so many frames."""

    left: int
    of_keyframes: bool
    due: Callable[[], None]


class RelayedConnection:
    """Passes on both directions until one side is done, and does faults on the way.

    Args:
        client: its connection, which is closed in the end.
        server: the one that was made for it, likewise.
    """

    def __init__(self, number: int, client: Transport, server: Transport, plan: FaultPlan) -> None:
        self.entry = SessionEntry(f"c{number}", "rtmp", client.peer, trio.current_time())
        self._plan, self._server = plan, server
        self.link: Any = _ClientLink(client, _SaidBeside(), self._flush, self._say)
        self._faulty = FaultyConnection(self)
        self._client = self._faulty.transport
        self._from_client, self._from_server = ChunkFollower(), ChunkFollower()
        self._app = self._stream = ""
        self._is_swallowing = False
        self._is_reset = False
        self._nursery: trio.Nursery | None = None
        self._injected: list[bytes] = []
        self._sending = trio.Lock()
        self._counts: dict[FaultMoment, list[_Count]] = {}

    # ------------------------------------------------------------- for faults

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """See :meth:`.Patient.interpose`: once, before anything is read."""
        self.link.transport = wrap(self.link.transport)

    def cut_off(self, _detail: str, *, is_reset: bool) -> None:
        """Cut off the client, and the server with it."""
        self._is_reset = is_reset
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    def look_again(self) -> None:
        """Nothing is held back here that is due by itself."""

    def start(self, task: Callable[[], Awaitable[object]]) -> None:
        """Run something beside it."""
        if self._nursery is not None:
            self._nursery.start_soon(task)

    def _say(self, data: bytes) -> None:
        self._injected.append(data)
        self.start(self._inject)

    def _flush(self) -> None:
        self._say(self.link.session.core.data_to_send())

    async def _inject(self) -> None:
        """Say what is to be said, where it tears nothing that the server says."""
        async with self._sending:
            if self._from_server.is_between_messages:
                said, self._injected = b"".join(self._injected), []
                await _send(self._client, said)

    # ------------------------------------------------------------------- bytes

    async def run(self) -> None:
        """Pass on, until one side is done; both are closed when this returns."""
        try:
            async with trio.open_nursery() as self._nursery:
                self._meet_at_once()
                self._nursery.start_soon(self._up)
                self._nursery.start_soon(self._down)
        except* OSError:
            pass  # one side broke off, and so does the other
        finally:
            self._nursery = None
            self._faulty.let_go()
            self._client.reset() if self._is_reset else self._client.close()
            self._server.close()

    async def _up(self) -> None:
        buffer = memoryview(bytearray(_READ))
        while data := await _receive(self._client, buffer):
            for message in self._from_client.feed(data):
                await self._see_asked(message)
                self._count(FaultMoment.PUBLISH, message)
            if not self._is_swallowing:
                await _send(self._server, data)
        self._server.shutdown_write()

    async def _down(self) -> None:
        buffer = memoryview(bytearray(_READ))
        while data := await _receive(self._server, buffer):
            async with self._sending:
                if not self._is_swallowing:
                    await _send(self._client, data)
                messages = self._from_server.feed(data)
                self.link.session.core.chunk_size_out = self._from_server.chunk_size
            for message in messages:
                self._see_granted(message)
                self._count(FaultMoment.PLAY, message)
            if self._injected:
                await self._inject()
        self._client.shutdown_write()
        await trio.sleep(_LINGER_S)
        self.cut_off("", is_reset=False)

    # ------------------------------------------------------------------ faults

    def _occasion(self, moment: FaultMoment) -> Occasion:
        entry = self.entry
        target = FaultTarget(session=entry.id, peer=entry.peer, app=self._app, stream=self._stream)
        return Occasion(moment, target)

    def _meet_at_once(self) -> None:
        for moment in (FaultMoment.ACCEPT, FaultMoment.HANDSHAKE):
            for claim in self._plan.meet(self._occasion(moment), _is_deed):
                self._arm(claim)

    async def _see_asked(self, message: Message) -> None:
        """A client's message: if it asks for something, do what is due in place of the answer."""
        command = _command_of(message)
        moment = None if command is None else _ASKED.get(command.name)
        if command is None or moment is None or self._is_swallowing:
            return
        self._learn(moment, command)
        claims = self._plan.meet(self._occasion(moment), lambda fault: fault.is_answer)
        for claim in sorted(claims, key=lambda it: AT_REQUEST.index(it.fault.kind)):
            match claim.fault.kind:
                case FaultKind.LATE:
                    claim.take()
                    await trio.sleep(claim.fault.by_s)
                case FaultKind.SILENT:
                    claim.take()
                    self._is_swallowing = True
                case FaultKind.REFUSE | FaultKind.REDIRECT:
                    claim.take()
                    self._is_swallowing = True
                    await self._refuse(claim.fault, command, message.stream_id)
                case _:
                    do(self._faulty, claim)

    def _learn(self, moment: FaultMoment, command: Command) -> None:
        if moment is FaultMoment.CONNECT:
            self._app = ConnectRequest.from_command(command).app
        elif moment in (FaultMoment.PUBLISH, FaultMoment.PLAY):
            name = command.argument(1)
            said = name if isinstance(name, str) else ""
            self._stream = f"{self._app}/{said}".partition("?")[0]

    async def _refuse(self, fault: Fault, command: Command, stream_id: int) -> None:
        """Answer in place of the server, which hears no more of this client."""
        form = RefusalForm(
            code=fault.code or _CODES.get(fault.moment, StatusCode.CALL_FAILED),
            level=fault.level,
            has_object=bool(fault.object),
            command=fault.command or "_error",
        )
        words = fault.description or (f"go to {fault.to}" if fault.to else "refused on purpose")
        core = self.link.session.core
        if fault.moment is FaultMoment.CONNECT:
            number = command.transaction_id
            core.send_command(connect_rejected(number, words, fault.to, form))
        elif fault.moment is FaultMoment.CREATE_STREAM:
            info = status_info(StatusCode.CALL_FAILED, words)
            core.send_command(Command("_error", command.transaction_id, (None, info)))
        else:
            core.send_command(request_refused(form.code, words, fault.to, form), stream_id)
        self._flush()
        if fault.then != "stay":
            await trio.sleep(_LINGER_S)
            self.cut_off("refused", is_reset=False)

    def _see_granted(self, message: Message) -> None:
        """A server's message: if it grants something, faults in the midst of that begin to
        count."""
        command = _command_of(message)
        info = None if command is None else command.argument(1)
        code = info.get("code") if isinstance(info, dict) else None
        moment = _GRANTED.get(code) if isinstance(code, StatusCode | str) else None  # type: ignore[call-overload]  # any text
        if moment is None:
            return
        which = lambda fault: _is_deed(fault) and not fault.is_answer  # noqa: E731 - one line
        for claim in self._plan.meet(self._occasion(moment), which):
            self._arm(claim)

    def _arm(self, claim: Claim) -> None:
        """Do it when it is due."""
        self._faulty.claims.append(claim)
        after, moment = claim.fault.after, claim.fault.moment
        due = partial(do_for_a_while, self._faulty, claim)
        if after is None:
            due()
            return
        match after.unit:
            case Unit.SECONDS:
                self._faulty.call_after_s(after.amount, due)
            case Unit.BYTES:
                self._faulty.call_after_bytes(int(after.amount), moment, due)
            case _:
                of_keyframes = after.unit is Unit.KEYFRAMES
                count = _Count(int(after.amount), of_keyframes, due)
                self._counts.setdefault(moment, []).append(count)

    def _count(self, moment: FaultMoment, message: Message) -> None:
        if message.type_id != MessageType.VIDEO or moment not in self._counts:
            return
        is_key = bool(message.payload) and message.payload[0] >> 4 & 7 == 1
        for count in list(self._counts[moment]):
            count.left -= is_key or not count.of_keyframes
            if count.left <= 0:
                self._counts[moment].remove(count)
                count.due()


def _is_deed(fault: Fault) -> bool:
    return fault.kind in DEEDS


def _command_of(message: Message) -> Command | None:
    if message.type_id not in _COMMANDS:
        return None
    try:
        return Command.decode(message)
    except ProtocolError:
        return None


async def _receive(transport: Transport, buffer: memoryview) -> bytes:
    while True:
        await transport.readable()
        try:
            return bytes(buffer[: transport.receive_into(buffer)])
        except BlockingIOError:
            continue


async def _send(transport: Transport, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[transport.offer(rest) :]
        except BlockingIOError:
            await transport.writable()
