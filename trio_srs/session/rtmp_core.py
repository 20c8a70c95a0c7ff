"""What both ends of an RTMP connection do alike: framing, acknowledgements, pings. Floor 1."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Final, Protocol

import attrs

from trio_srs.errors import InternalError, ProtocolError
from trio_srs.wire.amf.values import Limits
from trio_srs.wire.rtmp.aggregate import AggregateError, split_aggregate
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_strict import StrictChunkReader
from trio_srs.wire.rtmp.chunk_writer import Piece, encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import (
    CONTROLS,
    Abort,
    Acknowledgement,
    Control,
    ControlError,
    PingRequest,
    PingResponse,
    SetBufferLength,
    SetChunkSize,
    SetPeerBandwidth,
    UnknownUserControl,
    WindowAckSize,
    decode_control,
)
from trio_srs.wire.rtmp.handshake import HANDSHAKE_BYTES, HandshakeKind
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.oddity import Oddities, OddityCounter, OddityKind

__all__ = [
    "COMMANDS",
    "SHAKEN",
    "AnswerEditor",
    "CommandRateError",
    "Handshake",
    "RtmpCore",
    "SessionLimits",
]

_U32: Final = 0xFFFFFFFF
COMMANDS: Final = frozenset({MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3})
"""The message types of commands."""
_MOST_CHUNK_SIZES: Final = 16
_LEAST_CHUNK_SIZE: Final = 128
"""What both sides begin with; a size should not be less (RTMP 1.0, 5.4.1)."""
_SIZES: Final = {
    MessageType.SET_CHUNK_SIZE: 4,
    MessageType.ABORT: 4,
    MessageType.ACKNOWLEDGEMENT: 4,
    MessageType.WINDOW_ACK_SIZE: 4,
    MessageType.SET_PEER_BANDWIDTH: 5,
}
"""Bytes of those that are always as long."""
_LONGEST_CONTROL: Final = 1024
"""No protocol-control message has more than 8 bytes of meaning; user control has 10."""


class CommandRateError(ProtocolError):
    """The peer sent more commands in a second than one connection may."""

    code = "command_rate"


@attrs.frozen(kw_only=True)
class SessionLimits:
    """What a peer may make us hold or do; each field is a configuration key of ``[rtmp]``."""

    chunk: ChunkLimits = attrs.field(factory=ChunkLimits)
    amf: Limits = attrs.field(factory=Limits)
    commands_per_second: int = 100
    message_streams: int = 32
    refused: frozenset[OddityKind] = frozenset()
    """What is odd, and not let pass."""


class Handshake(Protocol):
    """What either side of a handshake can be asked and told."""

    kind: HandshakeKind

    @property
    def done(self) -> bool:
        """Whether everything was received."""
        ...

    @property
    def trailing(self) -> bytes:
        """What came behind the handshake."""
        ...

    def receive(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes, answer with what to send."""
        ...


class _HandshakeDone:
    """What is left of a handshake that is done and told of."""

    kind: HandshakeKind = HandshakeKind.PLAIN
    done: Final = True
    trailing: Final = b""

    def receive(self, data: bytes | bytearray | memoryview) -> bytes:
        """Nothing is a part of it any more. Raises InternalError."""
        raise InternalError(f"{len(data)} bytes for a handshake that is done")


SHAKEN: Final[Handshake] = _HandshakeDone()
"""In the place of a handshake of which all is known: most of a connection's life."""


class AnswerEditor(Protocol):
    """Whoever has a say in what is said, and when: faults that were asked for."""

    def edit(self, subject: str, message: Message, chunk_size: int) -> Iterable[Piece]:
        """What is queued in place of a message that is about to be.

        Args:
            subject: the command that was read last, or is decided.
        """
        ...

    def next_deadline(self) -> float:
        """When something that was held back is due; infinite for never."""
        ...

    def on_time(self, now: float) -> Iterable[Piece]:
        """What is due by now."""
        ...


class RtmpCore:
    """Framing and chores; everything else comes out of :meth:`next_message`.

    Chores are: Set Chunk Size, Abort, acknowledgements in both directions, pings and pongs,
    the peer's bandwidth, aggregate messages, and counting commands.
    """

    reader_type: ClassVar[type[ChunkReader]] = ChunkReader
    """What reads the chunk stream."""
    # Of the class, until there is something: most connections of a storm never get so far.
    peer_chunk_sizes: tuple[int, ...] = ()
    """The chunk sizes that the peer announced, in order; the first 16."""
    acknowledgements: int = 0
    """Acknowledgements that the peer has sent."""
    editor: AnswerEditor | None = None
    """Who has a say in what is said; hardly ever anybody."""
    subject: str = ""
    """What the answers to come are about: a command's name."""

    def __init__(
        self,
        handshake: Handshake,
        *,
        limits: SessionLimits,
        ping_after: float,
        now: float,
    ) -> None:
        self.limits = limits
        self.handshake = handshake
        self.chunk_size_out = 128
        self.window_out = 0
        """What we asked the peer to acknowledge by; 0 before we did."""
        self.bytes_in = 0
        """Bytes of the chunk stream received, handshake excluded."""
        self.peer_acknowledged = 0
        """The last sequence number the peer acknowledged (modulo 2^32)."""
        self.buffer_length_ms: int | None = None
        """What the peer said it buffers, if it did."""
        self.heard_at = now
        self.parts: list[Message] = []
        """What was in an aggregate and comes before anything else, the next one last; see
        :meth:`sift`."""
        self.out: list[Piece] = []
        """What is queued to be sent; :meth:`data_to_send` takes it."""
        self._shaking = not handshake.done
        self._reader = (
            StrictChunkReader(limits=limits.chunk, refused=limits.refused)
            if limits.refused
            else self.reader_type(limits=limits.chunk)
        )
        self.read = self._reader.next_message
        """The next message as it comes from the chunk stream, chores and all."""
        self.take_media = self._reader.take_media
        """Audio and video as it comes from the chunk stream."""
        self._feed = self._reader.feed
        self._ping_after = ping_after
        self._pinged_at = -math.inf
        self._peer_window = 2_500_000  # some encoders wait for an Acknowledgement unasked
        self._acknowledged = 0
        self._acknowledge_at: float
        self._plan_acknowledgement()
        self._commands_left = float(limits.commands_per_second)
        self._counted_at = now

    # ------------------------------------------------------------------ bytes

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the peer sent; see :meth:`Session.receive_data`."""
        self.heard_at = now
        if self._shaking:
            self.out.append(self.handshake.receive(data))
            if not self.handshake.done:
                return
            self._shaking = False
            data = self.handshake.trailing
        self.bytes_in += len(data)
        self._feed(data)
        if self.bytes_in >= self._acknowledge_at:
            self.send_control(Acknowledgement(self.bytes_in & _U32))
            self._acknowledged = self.bytes_in
            self._plan_acknowledgement()

    def _plan_acknowledgement(self) -> None:
        """Half a window early, as SRS: some encoders stop dead at the whole one."""
        window = self._peer_window
        self._acknowledge_at = self._acknowledged + max(1, window // 2) if window else math.inf

    def keep(self) -> None:
        """Copy what was received and not yet interpreted."""
        self._reader.keep()

    def data_to_send(self) -> bytes:
        """What is queued, in order; the queue is empty afterwards."""
        if not self.out:
            return b""
        out = b"".join(self.out)
        self.out.clear()
        return out

    @property
    def held(self) -> int:
        """Bytes received that nobody has interpreted: those behind a pending decision."""
        return self._reader.held

    def send_bytes(self, data: Piece) -> None:
        """Queue bytes that are ready for the wire."""
        self.out.append(data)

    def send_message(self, message: Message) -> None:
        """Queue a message, at the chunk size the peer was told."""
        if self.editor is not None:
            self.out.extend(self.editor.edit(self.subject, message, self.chunk_size_out))
            return
        self.out.append(encode_message(message, self.chunk_size_out))

    def send_command(self, command: Command, stream_id: int = 0) -> None:
        """Queue a command for the peer, on one of its message streams."""
        self.send_message(command.message(stream_id))

    def send_control(self, control: Control) -> None:
        """Queue a protocol-control or user-control message."""
        self.send_message(Message(control.TYPE_ID, 0, 0, control.encode()))

    def announce(self, *, window: int, bandwidth: SetPeerBandwidth | None, chunk_size: int) -> None:
        """Say our window and chunk size, before the answer to connect (OBS needs them first)."""
        self.window_out = window
        self.send_control(WindowAckSize(window))
        if bandwidth is not None:
            self.send_control(bandwidth)
        self.send_control(SetChunkSize(chunk_size))
        self.chunk_size_out = chunk_size

    # --------------------------------------------------------------- oddities

    @property
    def oddities(self) -> Oddities:
        """What the peer did that is odd or was let pass; offsets count from its first byte."""
        return {
            kind: OddityCounter(odd.detail, HANDSHAKE_BYTES + odd.offset, odd.count)
            for kind, odd in (self._reader.oddities or {}).items()
        }

    def note(self, kind: OddityKind, detail: str) -> None:
        """The message just read is odd; its place is where it ends."""
        self._reader.note(kind, detail)

    # --------------------------------------------------------------- messages

    def next_message(self) -> Message | None:
        """The next message that is not a chore, or None when more bytes are needed.

        Raises:
            ProtocolError: the peer broke the protocol; the session is over.
        """
        while (message := self.parts.pop() if self.parts else self.read()) is not None:
            if self.sift(message):
                return message
        return None

    def sift(self, message: Message) -> bool:
        """Do what a message asks if it is a chore; whether it is none.

        Raises:
            ProtocolError: as :meth:`next_message`.
        """
        type_id = message.type_id
        if type_id in CONTROLS:
            with self.blaming("message"):
                self._chore(message)
            return False
        if type_id == MessageType.AGGREGATE:
            with self.blaming("message"):
                self.parts[:] = reversed(_parts_of(message))
            self.note(OddityKind.AGGREGATE, f"an aggregate of {len(self.parts)} messages")
            return False
        return True

    def read_command(self, message: Message) -> Command:
        """The command in a message of a type in :data:`COMMANDS`.

        Raises:
            ProtocolError: it cannot be read, or there are too many of them.
        """
        with self.blaming("command"):
            self._count_command()
            return Command.decode(message, limits=self.limits.amf)

    @contextmanager
    def blaming(self, what: str) -> Iterator[None]:
        """Say in the text of a ProtocolError which ``what`` it was: the one just read.

        Only the core knows where in the connection that was; offsets in the text itself count
        from the beginning of the message.
        """
        try:
            yield
        except ProtocolError as error:
            error.args = (f"{what} that ends at byte {self._reader.offset}: {error}",)
            raise

    def _count_command(self) -> None:
        rate = self.limits.commands_per_second
        gained = (self.heard_at - self._counted_at) * rate
        self._commands_left = min(float(rate), self._commands_left + gained) - 1
        self._counted_at = self.heard_at
        if self._commands_left < 0:
            raise CommandRateError(f"one more than the limit of {rate} commands in a second")

    # ----------------------------------------------------------------- chores

    def _chore(self, message: Message) -> None:
        name = MessageType(message.type_id).name
        if len(message.payload) > _LONGEST_CONTROL:
            raise ControlError(
                f"{name} of {len(message.payload)} bytes; the limit is {_LONGEST_CONTROL} bytes"
            )
        control = decode_control(message.type_id, message.payload)
        self._note_control(message, control)
        match control:
            case SetChunkSize(size):
                self._reader.chunk_size = size
                self.peer_chunk_sizes = (*self.peer_chunk_sizes, size)[:_MOST_CHUNK_SIZES]
            case Abort(csid):
                self._reader.abort(csid)
            case Acknowledgement(sequence):
                self.peer_acknowledged = sequence
                self.acknowledgements += 1
            case WindowAckSize(window):
                self._peer_window = window
                self._plan_acknowledgement()
            case SetPeerBandwidth(window) if window != self.window_out:
                self.window_out = window  # answered once per change (RTMP 1.0, 5.4.5)
                self.send_control(WindowAckSize(window))
            case PingRequest(timestamp_ms):
                self.send_control(PingResponse(timestamp_ms))
            case SetBufferLength(_, length_ms):
                self.buffer_length_ms = length_ms

    def _note_control(self, message: Message, control: Control) -> None:
        name, size = MessageType(message.type_id).name, len(message.payload)
        if message.stream_id:
            self.note(
                OddityKind.CONTROL_ON_STREAM, f"{name} on message stream {message.stream_id}, not 0"
            )
        if size > _SIZES.get(MessageType(message.type_id), size):
            self.note(OddityKind.CONTROL_PADDED, f"{name} of {size} bytes")
        match control:
            case Abort(csid):
                self.note(OddityKind.ABORT, f"what was begun on chunk stream {csid} is given up")
            case SetChunkSize(size) if size < _LEAST_CHUNK_SIZE:
                self.note(OddityKind.SMALL_CHUNKS, f"chunks of {size} bytes")
            case UnknownUserControl():
                self.note(OddityKind.UNKNOWN_USER_CONTROL, f"of type {control.event}")

    # ------------------------------------------------------------------- time

    def next_deadline(self) -> float:
        """When the next ping is due; infinite before the handshake is done."""
        if not self.handshake.done:
            return math.inf
        ping_at = self._next_ping()
        return ping_at if self.editor is None else min(ping_at, self.editor.next_deadline())

    def _next_ping(self) -> float:
        return max(self.heard_at, self._pinged_at) + self._ping_after

    def on_time(self, now: float) -> None:
        """Ping a peer that has been silent for long enough."""
        if self.editor is not None:
            self.out.extend(self.editor.on_time(now))
        if now >= self._next_ping() and self.handshake.done:
            self._pinged_at = now
            self.ping(now)

    def ping(self, now: float) -> None:
        """Ask the peer whether it is there."""
        self.send_control(PingRequest(int(now * 1000) & _U32))


def _parts_of(message: Message) -> list[Message]:
    """What is in an aggregate: nothing that changes how the connection itself is read."""
    parts = split_aggregate(message)
    for part in parts:
        if part.type_id in CONTROLS or part.type_id == MessageType.AGGREGATE:
            raise AggregateError(
                f"{MessageType(part.type_id).name} inside an aggregate, "
                "expected audio, video or data"
            )
    return parts
