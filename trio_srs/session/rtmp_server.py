"""The server's side of an RTMP connection: bytes and decisions in, events out. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import InternalError, RefusedError
from trio_srs.session.base import NEED_DATA, NEED_DECISION, NEED_TURN, Need
from trio_srs.session.rtmp_answers import (
    AS_USUAL,
    ON_BW_DONE,
    RefusalForm,
    connect_accepted,
    connect_rejected,
    fc_publish_started,
    play_accepted,
    request_refused,
)
from trio_srs.session.rtmp_commands import ServerCommands
from trio_srs.session.rtmp_core import COMMANDS, SHAKEN, Handshake, RtmpCore, SessionLimits
from trio_srs.session.rtmp_events import (
    ConnectRequested,
    HandshakeDone,
    PlayRequested,
    PublishRequested,
    RtmpServerEvent,
)
from trio_srs.session.rtmp_streams import BadStateError, MessageStreams, StreamState
from trio_srs.wire.rtmp.chunk_reader import NO_MEDIA, TakeMedia
from trio_srs.wire.rtmp.command import ConnectRequest, on_status
from trio_srs.wire.rtmp.control import SetPeerBandwidth, StreamBegin
from trio_srs.wire.rtmp.handshake import ServerHandshake
from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message, MessageType
from trio_srs.wire.rtmp.oddity import OddityKind
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["RtmpServerSession", "ServerOptions"]

_Request = ConnectRequested | PublishRequested | PlayRequested
_SUBJECTS: Final[dict[type, str]] = {
    ConnectRequested: "connect",
    PublishRequested: "publish",
    PlayRequested: "play",
}
"""What a decision is about."""
_SHARED_OBJECTS: Final = frozenset({MessageType.SHARED_OBJECT_AMF0, MessageType.SHARED_OBJECT_AMF3})
_IN_A_TURN: Final = range(64)
"""Messages that are no event, a chore or nobody's media, between two turns of others: at 10 us
each. Four bytes are enough for one, so that one read may bring tens of thousands."""


@attrs.frozen(kw_only=True)
class ServerOptions:
    """How the server's side speaks; each field is a configuration key of ``[rtmp]``."""

    chunk_size: int = 60_000
    window: int = 2_500_000
    bandwidth: int = 2_500_000
    ping_after: float = 30.0
    server_name: str = "trio-srs"
    limits: SessionLimits = attrs.field(factory=SessionLimits)


class RtmpServerSession:
    """One peer, as the server sees it.

    Feed it bytes, then call :meth:`next_event` until it needs something. After a
    ``...Requested`` event it needs a decision: call :meth:`accept` or :meth:`refuse`. Chores
    and answers that need no decision are queued; take :meth:`data_to_send` after every call.

    Lenient where real peers differ:

    * ``publish`` and ``play`` may name a message stream that was never created (SRS ignores
      the number altogether);
    * media on a message stream that does not publish belongs to the only one that does, if
      there is exactly one, and is dropped otherwise: encoders go on for a moment after they
      said they would stop;
    * a ``publish`` on a stream that publishes, or a ``play`` on one that plays, ends that first.

    Args:
        random: at least 3072 arbitrary bytes for the handshake.
        now: the clock's reading; see :class:`~trio_srs.session.base.Session`.
        handshake: one that somebody else has begun, or finished, in place of one of its own;
            then no random bytes are needed.
    """

    def __init__(
        self,
        *,
        random: bytes = b"",
        now: float,
        options: ServerOptions | None = None,
        handshake: ServerHandshake | None = None,
    ) -> None:
        self.options = options or ServerOptions()
        self.handshake: Handshake = handshake or ServerHandshake(
            random=random, epoch_ms=int(now * 1000)
        )
        self.core = RtmpCore(
            self.handshake,
            limits=self.options.limits,
            ping_after=self.options.ping_after,
            now=now,
        )
        self.receive_data: Final = self.core.receive_data
        """Take what the peer sent. Raises ProtocolError when the handshake is broken."""
        self.connect_request: ConnectRequest | None = None
        """What the peer said in ``connect``, once it was accepted."""
        self.dropped_media = 0
        """Media messages that belonged to no publish."""
        self._handshake_told = False
        self._streams = MessageStreams(self.options.limits.message_streams)
        self._ready: list[RtmpServerEvent] = []  # a few at most
        self._commands = ServerCommands(self.core, self._streams, self._ready)
        self._pending: _Request | None = None

    # ------------------------------------------------------------- bytes, time

    def keep(self) -> None:
        """Copy what was received and not yet interpreted, so that the buffer may be reused."""
        self.core.keep()

    def data_to_send(self) -> bytes:
        """What to send now, in order."""
        return self.core.data_to_send()

    def next_deadline(self) -> float:
        """When a ping is due; infinite for never."""
        return self.core.next_deadline()

    def on_time(self, now: float) -> None:
        """Ping a peer that has been silent for long enough."""
        self.core.on_time(now)

    @property
    def undecided(self) -> bool:
        """Whether a request waits for :meth:`accept` or :meth:`refuse`."""
        return self._pending is not None

    def state_of(self, stream_id: int) -> StreamState:
        """What a message stream is doing."""
        return self._streams.state_of(stream_id)

    # ------------------------------------------------------------------ events

    def next_event(self) -> RtmpServerEvent | Need:
        """The next thing to know or decide.

        Raises:
            ProtocolError: the peer broke the protocol; the session is over.
        """
        if self._ready:
            return self._report(self._ready.pop(0))
        if self._pending is not None:
            return NEED_DECISION
        if not self._handshake_told and self.handshake.done:
            self._handshake_told = True
            kind = self.handshake.kind
            self.handshake = self.core.handshake = SHAKEN
            return HandshakeDone(kind)
        core, publishing = self.core, self._streams.publishing
        read, parts = core.read, core.parts
        for _ in _IN_A_TURN:
            message = parts.pop() if parts else read()
            if message is None:
                return NEED_DATA
            if message.stream_id in publishing and message.type_id in MEDIA_TYPES:
                return message  # no chore, and nearly all that ever comes
            found = self._on_other(message) if core.sift(message) else None
            if found is not None:
                return found
            if self._ready:
                return self._report(self._ready.pop(0))
        return NEED_TURN

    def take_media(
        self, takers: Mapping[int, TakeMedia], now: float, most: int
    ) -> tuple[int, bool]:
        """The short way for what nearly always comes: hand over audio and video that
        :meth:`next_event` would tell of, up to the first message that is anything else, or odd.

        Args:
            takers: who takes that of a message stream; of those that publish only.
            now: what they are told.
            most: so many messages at most.

        Returns:
            how many that were, and whether :meth:`next_event` would need data now.
        """
        core = self.core
        if self._ready or self._pending is not None or not self._handshake_told or core.parts:
            return NO_MEDIA
        return core.take_media(takers, now, most)

    def _report(self, event: RtmpServerEvent) -> RtmpServerEvent:
        if isinstance(event, ConnectRequested | PublishRequested | PlayRequested):
            self._pending = event
        return event

    def _on_other(self, message: Message) -> Message | None:
        """Whatever is not media of a known publish."""
        if message.type_id in COMMANDS:
            self._commands.obey(message)
            return None
        if not self._streams.connected:
            with self.core.blaming(f"message of type {message.type_id}"):
                raise BadStateError("before connect, expected the connect command")
        core, where = self.core, f"type {message.type_id} on message stream {message.stream_id}"
        if message.type_id in _SHARED_OBJECTS:
            core.note(OddityKind.SHARED_OBJECT, where)
            return None
        if message.type_id not in MEDIA_TYPES:
            core.note(OddityKind.UNKNOWN_MESSAGE_TYPE, where)
        publishing = self._streams.publishing
        if message.stream_id in publishing:
            return message  # of a type that nobody knows
        if len(publishing) == 1:
            (stream_id,) = publishing
            core.note(
                OddityKind.MEDIA_ELSEWHERE, f"{where}, which does not publish; {stream_id} does"
            )
            return attrs.evolve(message, stream_id=stream_id)
        core.note(OddityKind.MEDIA_WITHOUT_PUBLISH, where)
        self.dropped_media += 1
        return None

    # --------------------------------------------------------------- decisions

    def accept(self) -> None:
        """Say yes to the pending request; the peer is told."""
        request = self._decided()
        if isinstance(request, ConnectRequested):
            self._streams.connected = True
            self.connect_request = request.request
            self._welcome(request.request)
        elif isinstance(request, PublishRequested):
            self._streams.move(request.stream_id, "publish", request.name)
            if request.flow != "flash":
                self.core.send_command(fc_publish_started(request.name))
            text = f"Started publishing {request.name}"
            self.notify(request.stream_id, StatusCode.PUBLISH_START, text)
        else:
            self._streams.move(request.stream_id, "play", request.name)
            self.core.send_control(StreamBegin(request.stream_id))
            for answer in play_accepted(request.name, request.stream_id):
                self.core.send_message(answer)

    def _welcome(self, request: ConnectRequest) -> None:
        options = self.options
        self.core.announce(
            window=options.window,
            bandwidth=SetPeerBandwidth(options.bandwidth),
            chunk_size=options.chunk_size,
        )
        transaction_id = self._commands.connect_transaction_id
        self.core.send_message(connect_accepted(transaction_id, request, options.server_name))
        self.core.send_message(ON_BW_DONE)

    def refuse(
        self, error: RefusedError, *, redirect: str = "", form: RefusalForm = AS_USUAL
    ) -> None:
        """Say no to the pending request, in the words of ``error``; the session may go on.

        Args:
            redirect: the URL to go to in place of this one.
            form: how it is said.
        """
        request = self._decided()
        if isinstance(request, ConnectRequested):
            transaction_id = self._commands.connect_transaction_id
            rejected = connect_rejected(transaction_id, str(error), redirect, form)
            self.core.send_command(rejected)
        else:
            answer = request_refused(error.rtmp_status, str(error), redirect, form)
            self.core.send_command(answer, request.stream_id)

    def _decided(self) -> _Request:
        if self._pending is None:
            raise InternalError("a decision, but nothing was asked")
        request, self._pending = self._pending, None
        self.core.subject = _SUBJECTS[type(request)]
        return request

    def end_stream(self, stream_id: int, code: StatusCode, description: str) -> None:
        """End a publish or play from our side: the peer is told, the connection goes on."""
        self._streams.stop(stream_id)
        self.notify(stream_id, code, description)

    def notify(self, stream_id: int, code: StatusCode, description: str) -> None:
        """Tell the peer something about one of its streams."""
        self._commands.notify(stream_id, code, description)

    def say_goodbye(self, code: StatusCode, description: str) -> None:
        """Tell a connected peer why the connection is about to be closed."""
        if self._streams.connected:
            self.core.send_command(on_status(code, description))
