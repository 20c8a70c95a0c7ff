"""A scripted RTMP peer, so that a test reads as a conversation. Floor 7.

    async with await Peer.connect_tcp("127.0.0.1", port) as peer:
        await peer.publish("a")
        await peer.say(header(), key(0), inter(40))
        assert await peer.hear_status() == "NetStream.Unpublish.Success"

It says exactly what it is told to, lawful or not, and does nothing by itself: it answers no
ping and acknowledges nothing.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from typing import Final, Self

import attrs

from trio_srs.net.dial import dial
from trio_srs.net.transport import Transport
from trio_srs.testing.bodies import command
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import CONTROLS, Control, SetChunkSize, decode_control
from trio_srs.wire.rtmp.handshake import (
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeKind,
    ServerHandshake,
)
from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message, MessageType

__all__ = ["Peer", "status_code"]

_RANDOM: Final = bytes(range(256)) * (RANDOM_BYTES // 256)
_COMMANDS: Final = (MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3)
_ANSWERS: Final = ("_result", "_error")
_BUFFER: Final = 65_536
_DIAL_TIMEOUT_S: Final = 10.0


@attrs.define(eq=False)
class Peer:
    """One end of an RTMP connection, in the hands of a test.

    Waiting for something that never comes is for the test's own deadline to end. What hears
    raises ``EOFError`` when the other side has closed in good order, and ``OSError`` when the
    connection broke. :meth:`hear` and what is made of it shake hands first if that has not
    happened.
    """

    transport: Transport
    is_server: bool = False
    """Which side of the handshake to take."""
    reader: ChunkReader = attrs.field(factory=ChunkReader)
    writer: ChunkWriter = attrs.field(factory=ChunkWriter)
    controls: list[Control] = attrs.field(factory=list)
    """The protocol-control and user-control messages heard so far."""
    skipped: list[Message] = attrs.field(factory=list)
    """What was heard and passed over by one who waited for something else."""
    handshake: HandshakeKind | None = None
    """The kind of handshake, once it is done."""
    stream_id: int = 1
    """The message stream that the last ``createStream`` made."""
    _transaction_id: int = 0
    _early: deque[Message] = attrs.field(factory=deque)
    _buffer: bytearray = attrs.field(factory=lambda: bytearray(_BUFFER))

    @classmethod
    async def connect_tcp(cls, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> Self:
        """Connect, in TLS if a context is given; nothing is said yet.

        Raises:
            DialError: nobody answers there.
        """
        return cls(await dial(host, port, timeout=_DIAL_TIMEOUT_S, tls=tls))

    async def __aenter__(self) -> Self:
        """Close the connection with the block, in whatever state it is."""
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ bytes

    async def say_bytes(self, data: bytes) -> None:
        """Send these bytes, and wait until the transport has taken them all."""
        rest = memoryview(data)
        while rest:
            await self.transport.writable()
            try:
                rest = rest[self.transport.offer(rest) :]
            except BlockingIOError:
                continue
        while self.transport.backlog:
            await self.transport.writable()

    async def hear_bytes(self) -> bytes:
        """Wait for bytes and return them, ``b""`` at the end; the reader sees none of them."""
        view = memoryview(self._buffer)
        while True:
            await self.transport.readable()
            try:
                return bytes(view[: self.transport.receive_into(view)])
            except BlockingIOError:
                continue

    async def shake_hands(self, *, digest: bool = False) -> HandshakeKind:
        """Do the handshake, as a client in the digest form if asked; a second time does nothing."""
        if self.handshake is not None:
            return self.handshake
        mine: ClientHandshake | ServerHandshake
        if self.is_server:
            mine = ServerHandshake(random=_RANDOM)
        else:
            mine = ClientHandshake(random=_RANDOM, digest=digest)
            await self.say_bytes(mine.begin())
        while not mine.done:
            await self.say_bytes(mine.receive(await self._some()))
        self.reader.feed(mine.trailing)
        self.handshake = mine.kind
        return mine.kind

    async def _some(self) -> bytes:
        data = await self.hear_bytes()
        if not data:
            raise EOFError("the other side closed the connection")
        return data

    # -------------------------------------------------------------------- say

    async def say(self, *messages: Message, csid: int | None = None) -> None:
        """Send messages, all in one write; the handshake comes first if nobody did it.

        ``csid`` is the chunk stream, by kind of message if not given. A new chunk size counts
        from behind the :class:`SetChunkSize` that announces it.
        """
        await self.shake_hands()
        out = []
        for message in messages:
            out.append(self.writer.write(message, csid=csid))
            if message.type_id == MessageType.SET_CHUNK_SIZE and len(message.payload) == 4:
                self.writer.chunk_size = int.from_bytes(message.payload, "big")
        await self.say_bytes(b"".join(out))

    async def say_control(self, *controls: Control) -> None:
        """Send protocol-control or user-control messages."""
        await self.say(*(Message(each.TYPE_ID, 0, 0, each.encode()) for each in controls))

    async def call(self, name: str, *args: Value, stream_id: int = 0) -> Command:
        """Send a command that wants an answer, and wait for its ``_result`` or ``_error``.

        What else is heard meanwhile is not lost: it is heard after.
        """
        self._transaction_id += 1
        number = float(self._transaction_id)
        await self.say(command(name, *args, transaction_id=number, stream_id=stream_id))
        others: list[Message] = []
        while True:
            message = await self.hear()
            if message.type_id in _COMMANDS:
                answer = Command.decode(message)
                if answer.name in _ANSWERS and answer.transaction_id == number:
                    self._early.extendleft(reversed(others))
                    return answer
            others.append(message)

    # ------------------------------------------------------------------- hear

    async def hear(self) -> Message:
        """The next message that is no protocol-control or user-control message.

        Those are noted in :attr:`controls`, and a new chunk size is followed.
        """
        if self._early:
            return self._early.popleft()
        while True:
            message = await self._hear_any()
            if message.type_id not in CONTROLS:
                return message

    async def hear_control(self, *kinds: type[Control]) -> Control:
        """The next control message of one of these kinds, or of any; the rest is heard after."""
        while True:
            message = await self._hear_any()
            if message.type_id not in CONTROLS:
                self._early.append(message)
            elif not kinds or isinstance(self.controls[-1], kinds):
                return self.controls[-1]

    async def _hear_any(self) -> Message:
        await self.shake_hands()
        while (message := self.reader.next_message()) is None:
            self.reader.feed(await self._some())
        if message.type_id in CONTROLS:
            control = decode_control(message.type_id, message.payload)
            self.controls.append(control)
            if isinstance(control, SetChunkSize):
                self.reader.chunk_size = control.size
        return message

    async def hear_command(self, *names: str) -> Command:
        """The next command of one of these names, or of any; what comes before is skipped."""
        while True:
            message = await self.hear()
            if message.type_id in _COMMANDS:
                found = Command.decode(message)
                if not names or found.name in names:
                    return found
            self.skipped.append(message)

    async def hear_status(self) -> str:
        """The code of the next ``onStatus``; what comes before is skipped."""
        return status_code(await self.hear_command("onStatus"))

    async def hear_media(self, count: int = 1) -> list[Message]:
        """The next ``count`` audio, video and data messages; what is between is skipped."""
        found: list[Message] = []
        while len(found) < count:
            message = await self.hear()
            (found if message.type_id in MEDIA_TYPES else self.skipped).append(message)
        return found

    async def hear_end(self) -> list[Message]:
        """Everything up to the end of the connection."""
        messages = []
        while True:
            try:
                messages.append(await self.hear())
            except EOFError:
                return messages

    # -------------------------------------------------------------- as client

    async def connect(self, app: str = "live", more: Mapping[str, Value] | None = None) -> Command:
        """Say ``connect``, with ``more`` in its command object, and return the answer."""
        said: dict[str, Value] = {"app": app, "tcUrl": f"rtmp://127.0.0.1/{app}"}
        return await self.call("connect", {**said, **(more or {})})

    async def create_stream(self) -> int:
        """Say ``createStream`` and return, and keep, the message stream's number."""
        answer = await self.call("createStream", None)
        self.stream_id = int(answer.number(1, 0.0))
        return self.stream_id

    async def publish(self, name: str, *, app: str = "live") -> str:
        """From the handshake to the answer to ``publish``: the code the server gave.

        That is ``NetStream.Publish.Start`` when all went well, and the reason when not even
        ``connect`` did.
        """
        return await self._ask(command("publish", None, name, "live"), app)

    async def play(self, name: str, *, app: str = "live") -> str:
        """From the handshake to the answer to ``play``: the code the server gave.

        ``NetStream.Play.Reset``, which comes before the start, does not count as an answer.
        """
        return await self._ask(command("play", None, name, -2.0), app)

    async def _ask(self, request: Message, app: str) -> str:
        connected = await self.connect(app)
        if connected.name == "_error":
            return status_code(connected)
        await self.create_stream()
        await self.say(attrs.evolve(request, stream_id=self.stream_id))
        while (code := await self.hear_status()) == "NetStream.Play.Reset":
            continue
        return code

    # ----------------------------------------------------------------- ending

    def hang_up(self) -> None:
        """End our side in good order; the other side can still be heard."""
        self.transport.shutdown_write()

    def close(self) -> None:
        """Close both ways at once."""
        self.transport.close()

    def reset(self) -> None:
        """Break the connection off, so that the server reads an error."""
        self.transport.reset()


def status_code(said: Command) -> str:
    """The ``code`` in the information object of an ``onStatus``, a ``_result`` or an ``_error``."""
    info = said.args[1] if len(said.args) > 1 else None
    code = info.get("code") if isinstance(info, dict) else None
    return code if isinstance(code, str) else ""
