"""The server's side of an RTMP connection: bytes and decisions in, events out. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import attrs

from trio_srs.errors import InternalError, RefusedError
from trio_srs.session.base import NEED_DATA, NEED_DECISION, NEED_TURN, Need
from trio_srs.session.rtmp_answers import (
    AS_USUAL,
    ON_BW_DONE,
    RefusalForm,
    call_failed,
    connect_accepted,
    connect_rejected,
    fc_publish_started,
    fc_subscribed,
    fc_unpublished,
    null_result,
    play_accepted,
    request_refused,
)
from trio_srs.session.rtmp_core import COMMANDS, SHAKEN, Handshake, RtmpCore, SessionLimits
from trio_srs.session.rtmp_events import (
    AudioSwitched,
    ConnectRequested,
    HandshakeDone,
    Paused,
    PlayRequested,
    PublishRequested,
    RtmpServerEvent,
    StreamClosed,
    VideoSwitched,
)
from trio_srs.session.rtmp_streams import TRANSITIONS, BadStateError, MessageStreams, StreamState
from trio_srs.wire.rtmp.arguments import (
    asks_to_stop,
    flag,
    play_duration_s,
    play_name,
    stream_number,
)
from trio_srs.wire.rtmp.chunk_reader import NO_MEDIA, TakeMedia
from trio_srs.wire.rtmp.command import Command, CommandError, ConnectRequest, on_status
from trio_srs.wire.rtmp.control import SetPeerBandwidth, StreamBegin, StreamEof
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
_USUAL: Final = frozenset({"_checkbw", "checkBandwidth"})
"""Calls of what FMS had and we do not, that are no news: ffmpeg and librtmp make them."""
_ANSWERS: Final = frozenset({"_result", "_error", "onStatus"})
_SHARED_OBJECTS: Final = frozenset({MessageType.SHARED_OBJECT_AMF0, MessageType.SHARED_OBJECT_AMF3})
_QUOTED: Final = 64
"""Characters of a word of the peer's that are passed on."""
_IN_A_TURN: Final = range(64)
"""Messages that are no event, a chore or nobody's media, between two turns of others: at 10 us
each. Four bytes are enough for one, so that one read may bring tens of thousands."""
_ALIASES: Final = {"play2": "play", "pauseRaw": "pause", "pauseraw": "pause"}
_WRONG: Final = {
    "publish": StatusCode.PUBLISH_BAD_NAME,
    "play": StatusCode.PLAY_FAILED,
    "pause": StatusCode.FAILED,
    "receiveAudio": StatusCode.FAILED,
    "receiveVideo": StatusCode.FAILED,
}
"""What a stream is told of a command with a wrong argument; other calls hear _error."""
_HALTED: Final = {
    "publish": (StreamState.PUBLISHING, StatusCode.UNPUBLISH_SUCCESS, "Nothing is published"),
    "play": (StreamState.PLAYING, StatusCode.PLAY_STOP, "Nothing is played"),
}
"""What a command without a name ends, and what is said where there is none of it."""


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
        self._flow = "flash"
        self._ready: list[RtmpServerEvent] = []  # a few at most
        self._pending: _Request | None = None
        self._transaction_id = 0.0  # of connect: the only request whose answer is a _result

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
            self._on_command(message)
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

    def _on_command(self, message: Message) -> None:
        """Do what a command says; one that cannot be understood is answered, and changes nothing.

        Raises:
            ProtocolError: it is not lawful now, there are too many, or there is no reading it.
        """
        command = None
        try:
            command = self.core.read_command(message)
            with self.core.blaming("command"):
                self._obey(command, message.stream_id)
        except CommandError as error:
            if not self._streams.connected:
                raise
            self._answer_wrong(command, message.stream_id, error)

    def _obey(self, command: Command, stream_id: int) -> None:
        self.core.subject = name = _ALIASES.get(command.name, command.name)
        if not self._streams.connected and (StreamState.UNCONNECTED, name) not in TRANSITIONS:
            raise BadStateError(f"{name[:_QUOTED]!r} before connect, expected the connect command")
        handler = self._CALLS.get(name)
        if handler is not None:
            handler(self, command, stream_id)
        elif name not in _ANSWERS:
            if name not in _USUAL:
                self.core.note(OddityKind.UNKNOWN_COMMAND, name[:_QUOTED])
            self._answer_null(command, stream_id)  # as SRS: encoders call what FMS once had

    def _answer_wrong(self, command: Command | None, stream_id: int, error: CommandError) -> None:
        """Say what is wrong with a command, where its caller looks for the answer."""
        self.core.note(OddityKind.WRONG_ARGUMENT, str(error))
        name = "" if command is None else _ALIASES.get(command.name, command.name)
        if command is not None and command.transaction_id and name not in _WRONG:
            self.core.send_command(call_failed(command.transaction_id, str(error)))
        else:
            self.notify(stream_id, _WRONG.get(name, StatusCode.CALL_FAILED), str(error))

    def _claim(self, stream_id: int, command: str) -> None:
        """Make a message stream that was never created: some peers skip createStream."""
        if stream_id not in self._streams:
            self.core.note(
                OddityKind.STREAM_NOT_CREATED, f"{command} on message stream {stream_id}"
            )
            self._streams.make(stream_id, command)

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
        self.core.send_message(connect_accepted(self._transaction_id, request, options.server_name))
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
            rejected = connect_rejected(self._transaction_id, str(error), redirect, form)
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
        self.core.send_command(on_status(code, description), stream_id)

    def say_goodbye(self, code: StatusCode, description: str) -> None:
        """Tell a connected peer why the connection is about to be closed."""
        if self._streams.connected:
            self.core.send_command(on_status(code, description))

    # ---------------------------------------------------------------- commands

    def _connect(self, command: Command, stream_id: int) -> None:
        if self._streams.connected:
            raise BadStateError("connect on a connection that is connected already")
        self._transaction_id = command.transaction_id
        self._ready.append(ConnectRequested(ConnectRequest.from_command(command)))

    def _create_stream(self, command: Command, stream_id: int) -> None:
        created = self._streams.free_number()
        self._streams.make(created, "createStream")
        self.core.send_command(null_result(command.transaction_id, float(created)))

    def _publish(self, command: Command, stream_id: int) -> None:
        if self._halt(command, stream_id):
            return
        name = command.text(1, "the stream name")
        self._streams.check(stream_id, "publish")
        self._claim(stream_id, "publish")
        self._close(stream_id, "publish")
        kind = command.argument(2)
        kind = kind[:_QUOTED] if isinstance(kind, str) else "live"
        if kind != "live":
            self.core.note(OddityKind.PUBLISH_TYPE, f"{kind!r}, taken as 'live'")
        self._ready.append(PublishRequested(stream_id, name, kind, self._flow))

    def _play(self, command: Command, stream_id: int) -> None:
        if self._halt(command, stream_id):
            return
        name = play_name(command)
        self._streams.check(stream_id, "play")
        self._claim(stream_id, "play")
        self._close(stream_id, "play")
        self._ready.append(PlayRequested(stream_id, name, play_duration_s(command)))

    def _halt(self, command: Command, stream_id: int) -> bool:
        """End a publish or play that is repeated without a name; whether that was all it is.

        Flash stops with false, Wirecast likewise. Where there is nothing to end, only what is
        known to mean a stop is one.
        """
        if command.name not in _HALTED or isinstance(command.argument(1), str):
            return False
        state, code, nothing = _HALTED[command.name]
        if self.state_of(stream_id) is state:
            if state is StreamState.PLAYING:
                self.notify(stream_id, code, "Stopped playing")
                self.core.send_control(StreamEof(stream_id))
            self._close(stream_id, command.name)
            return True
        if asks_to_stop(command):
            self.notify(stream_id, code, nothing)
            return True
        return False

    def _close_stream(self, command: Command, stream_id: int) -> None:
        self._streams.check(stream_id, "closeStream")
        self._close(stream_id, "closeStream")

    def _delete_stream(self, command: Command, stream_id: int) -> None:
        target = stream_number(command, stream_id)
        if target in self._streams:  # and not NaN, nor another number that is no integer
            number = int(target)
            self._streams.check(number, "deleteStream")
            self._close(number, "deleteStream")
            self._streams.delete(number)
        else:
            self.core.note(OddityKind.DELETE_UNKNOWN_STREAM, f"message stream {target:g}")

    def _fc_unpublish(self, command: Command, stream_id: int) -> None:
        name = command.text(1, "the stream name")
        self.core.send_command(fc_unpublished(name))
        self._answer_null(command, stream_id)
        for number in self._streams.that_publish(name):
            self._close(number, "FCUnpublish")

    def _close(self, stream_id: int, command: str) -> None:
        """End what the stream does, if anything, in good order."""
        was = self.state_of(stream_id)
        self._streams.stop(stream_id)
        if was is StreamState.PUBLISHING:
            self.notify(stream_id, StatusCode.UNPUBLISH_SUCCESS, "Stopped publishing")
        if was is not StreamState.IDLE:
            self._ready.append(StreamClosed(stream_id, command))

    def _fc_publish(self, command: Command, stream_id: int) -> None:
        # FMLE says it before createStream, Haivision after.
        self._flow = "haivision" if self._streams else "fmle"
        self._answer_null(command, stream_id)

    def _fc_subscribe(self, command: Command, stream_id: int) -> None:
        name = command.text(1, "the stream name")
        self._answer_null(command, stream_id)
        self.core.send_command(fc_subscribed(name))

    def _pause(self, command: Command, stream_id: int) -> None:
        paused = flag(command, "whether to pause", default=True)
        if self._streams.check(stream_id, "pause") is not StreamState.PLAYING:
            return
        if paused:
            self.notify(stream_id, StatusCode.PAUSE_NOTIFY, "Paused")
            self.core.send_control(StreamEof(stream_id))
        else:
            self.notify(stream_id, StatusCode.UNPAUSE_NOTIFY, "Going on")
            self.core.send_control(StreamBegin(stream_id))
        self._ready.append(Paused(stream_id, paused))

    def _receive(self, command: Command, stream_id: int) -> None:
        wanted = flag(command, "whether to go on", default=True)
        if self._streams.check(stream_id, command.name) is not StreamState.PLAYING:
            return
        if wanted:  # and no answer to false (RTMP 1.0, 7.2.2.4 and 7.2.2.5)
            self.notify(stream_id, StatusCode.SEEK_NOTIFY, "Going on")
            self.notify(stream_id, StatusCode.PLAY_START, "Going on")
        switched = AudioSwitched if command.name == "receiveAudio" else VideoSwitched
        self._ready.append(switched(stream_id, wanted))

    def _seek(self, command: Command, stream_id: int) -> None:
        self._streams.check(stream_id, "seek")
        self.notify(stream_id, StatusCode.SEEK_FAILED, "A live stream cannot be sought")

    def _get_stream_length(self, command: Command, stream_id: int) -> None:
        self.core.send_command(null_result(command.transaction_id, 0.0))

    def _answer_null(self, command: Command, stream_id: int) -> None:
        if command.transaction_id:
            self.core.send_command(null_result(command.transaction_id))

    # Of the class: bound methods in an attribute would be a circle, for the collector to find.
    _CALLS: ClassVar[Mapping[str, Callable[[RtmpServerSession, Command, int], None]]] = {
        "connect": _connect,
        "createStream": _create_stream,
        "publish": _publish,
        "play": _play,
        "closeStream": _close_stream,
        "deleteStream": _delete_stream,
        "releaseStream": _answer_null,
        "FCPublish": _fc_publish,
        "FCUnpublish": _fc_unpublish,
        "FCSubscribe": _fc_subscribe,
        "pause": _pause,
        "receiveAudio": _receive,
        "receiveVideo": _receive,
        "seek": _seek,
        "getStreamLength": _get_stream_length,
    }
