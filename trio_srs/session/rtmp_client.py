"""The client's side of an RTMP connection: one publish or one play. Floor 1.

Tools, relays and tests speak RTMP through it; it stands on the same core as the server.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

import attrs

from trio_srs.errors import InternalError, ProtocolError
from trio_srs.session.base import NEED_DATA, Need
from trio_srs.session.rtmp_answers import CAPS_EX, null_result
from trio_srs.session.rtmp_core import COMMANDS, RtmpCore, SessionLimits
from trio_srs.session.rtmp_events import (
    CallAnswered,
    HandshakeDone,
    PlayStarted,
    PublishStarted,
    Refused,
    RtmpClientEvent,
    StatusReceived,
)
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_writer import message_pieces
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import SetBufferLength
from trio_srs.wire.rtmp.handshake import ClientHandshake
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode, StatusLevel

__all__ = ["BadAnswerError", "ClientOptions", "ClientState", "RtmpClientSession"]

_SHARED_OBJECTS: Final = frozenset({MessageType.SHARED_OBJECT_AMF0, MessageType.SHARED_OBJECT_AMF3})
_STARTS: Final = {"publish": StatusCode.PUBLISH_START, "play": StatusCode.PLAY_START}
_BEFORE_STREAM: Final = {
    "fmle": ("releaseStream", "FCPublish"),
    "haivision": (),
    "flash": (),
}
_BEFORE_PUBLISH: Final = {"fmle": (), "haivision": ("FCPublish",), "flash": ()}
_FLASH_VER: Final = {"publish": "FMLE/3.0 (compatible; trio-srs)", "play": "LNX 9,0,124,2"}
# Enhanced RTMP v2: may decode 1, may encode 2, may forward 4.
_FOURCC_MASK: Final = {"publish": 2 | 4, "play": 1 | 4}
_OWN: Final = ""  # the name under which calls of our owner are remembered
# What servers say on a stream in data messages that are not the publisher's.
_SAMPLE_ACCESS: Final = amf0.encode("|RtmpSampleAccess")
_ON_STATUS: Final = amf0.encode("onStatus")


class BadAnswerError(ProtocolError):
    """A server answered one of our calls with something that is no answer to it."""

    code = "bad_answer"
    srs_code = 2008


class ClientState(enum.Enum):
    """How far a client has come."""

    NEW = "new"
    HANDSHAKE = "handshake"
    CONNECTING = "connecting"
    CREATING = "creating"
    """``connect`` was accepted; a message stream is being asked for."""
    STARTING = "starting"
    """The publish or play was asked for, and not yet answered."""
    STARTED = "started"
    STOPPED = "stopped"
    REFUSED = "refused"


@attrs.frozen(kw_only=True)
class ClientOptions:
    """What a client asks for, and how."""

    app: str
    tc_url: str
    stream: str
    """The stream's name, parameters included."""
    purpose: Literal["publish", "play"]
    flow: Literal["fmle", "haivision", "flash"] = "fmle"
    """Which calls come with a publish; see :class:`~trio_srs.session.rtmp_events.PublishRequested`.
    """
    flash_ver: str = ""
    """What we call ourselves; empty for what FMLE or a Flash player say."""
    chunk_size: int = 60_000
    """Announced when ``connect`` was accepted."""
    window: int = 2_500_000
    """Bytes the server is asked to acknowledge by."""
    digest: bool = False
    """Offer the digest form of the handshake."""
    ping_after: float = math.inf
    """Seconds of the server's silence after which it is pinged."""
    limits: SessionLimits = attrs.field(factory=SessionLimits)
    fourcc_list: tuple[str, ...] | None = ("*",)
    """Codecs that Enhanced RTMP names; None keeps quiet about it."""
    caps_ex: int | None = CAPS_EX
    """Capability flags of Enhanced RTMP v2, or None."""
    buffer_ms: int = 1000
    """How much a player says that it buffers; SRS and FMS send that much at once."""


class RtmpClientSession:
    """A client that connects, and then publishes or plays one stream.

    Call :meth:`begin`, then feed it; the session asks for what ``options`` say by itself, and
    reports :class:`PublishStarted`, :class:`PlayStarted` or :class:`Refused`. What a player
    receives is reported as it comes, even before Play.Start, as some servers send it first;
    ``|RtmpSampleAccess``, which is about the player and not the stream, is left out.

    Args:
        random: at least 3072 arbitrary bytes for the handshake.
        now: the clock's reading; see :class:`~trio_srs.session.base.Session`.
    """

    def __init__(self, *, random: bytes, now: float, options: ClientOptions) -> None:
        self.options = options
        self.handshake = ClientHandshake(
            random=random, epoch_ms=int(now * 1000) & 0xFFFFFFFF, digest=options.digest
        )
        self.core = RtmpCore(
            self.handshake, limits=options.limits, ping_after=options.ping_after, now=now
        )
        self.state = ClientState.NEW
        self.stream_id = 0
        """The message stream that the server made for us; 0 before it did."""
        self.connect_answer: Command | None = None
        """What the server said about itself when it accepted ``connect``."""
        self._ready: deque[RtmpClientEvent] = deque()
        self._transaction_id = 0.0
        self._asked: dict[float, str] = {}
        """Calls that wait for an answer, by transaction id."""
        self._results: dict[str, Callable[[Command], None]] = {
            "connect": self._on_connected,
            "createStream": self._on_created,
            "releaseStream": self._ignore,
            "FCPublish": self._ignore,
            "publish": self._ignore,  # the onStatus is what counts
            "play": self._ignore,
        }
        self._errors: dict[str, Callable[[Command], None]] = {
            "connect": self._on_refused,
            "createStream": self._on_refused,
            "releaseStream": self._ignore,  # there was nothing to release
            "FCPublish": self._ignore,
            "publish": self._on_refused,
            "play": self._on_refused,
        }

    # ------------------------------------------------------------- bytes, time

    def begin(self) -> None:
        """Queue what a client says first.

        Raises:
            InternalError: it was said already.
        """
        if self.state is not ClientState.NEW:
            raise InternalError("begin on a client that has begun")
        self.state = ClientState.HANDSHAKE
        self.core.send_bytes(self.handshake.begin())

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the server sent. Raises ProtocolError when the handshake is broken."""
        self.core.receive_data(data, now)
        if self.state is ClientState.HANDSHAKE and self.handshake.done:
            self.state = ClientState.CONNECTING
            self._ready.append(HandshakeDone(self.handshake.kind))
            self._ask("connect", self._connect_object())

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
        """Ping a server that has been silent for long enough."""
        self.core.on_time(now)

    # ------------------------------------------------------------------ events

    def next_event(self) -> RtmpClientEvent | Need:
        """The next thing to know; a client never has to decide anything.

        Raises:
            ProtocolError: the server broke the protocol; the session is over.
        """
        while not self._ready:
            message = self.core.next_message()
            if message is None:
                return NEED_DATA
            if message.type_id in COMMANDS:
                command = self.core.read_command(message)
                with self.core.blaming("command"):
                    self._on_command(command)
            elif self._is_media(message):
                return message
        return self._ready.popleft()

    def _is_media(self, message: Message) -> bool:
        """Whether a message is part of what we play; tells what else it may mean."""
        if self.options.purpose == "publish" or message.type_id in _SHARED_OBJECTS:
            return False
        if message.type_id == MessageType.DATA_AMF0:
            if message.payload.startswith(_SAMPLE_ACCESS):
                return False
            if message.payload.startswith(_ON_STATUS):  # NetStream.Data.Start of FMS and SRS
                with self.core.blaming("data message"):
                    values = amf0.decode_all(message.payload, limits=self.options.limits.amf)
                self._on_status(Command("onStatus", 0.0, tuple(values[1:])))
                return False
        return True

    def _on_command(self, command: Command) -> None:
        if command.name in ("_result", "_error"):
            self._on_answer(command)
        elif command.name == "onStatus":
            self._on_status(command)
        elif command.transaction_id:  # such as _onbwcheck of FMS
            self.core.send_command(null_result(command.transaction_id))

    def _on_answer(self, command: Command) -> None:
        name = self._asked.pop(command.transaction_id, None)
        if name is None:
            return  # some servers answer what wants no answer
        handlers = self._results if command.name == "_result" else self._errors
        handler = handlers.get(name)
        if handler is None:
            self._ready.append(CallAnswered(command))
        else:
            handler(command)

    def _on_connected(self, command: Command) -> None:
        if _status(command).level == StatusLevel.ERROR:
            self._on_refused(command)
            return
        options = self.options
        self.state, self.connect_answer = ClientState.CREATING, command
        self.core.announce(window=options.window, bandwidth=None, chunk_size=options.chunk_size)
        if options.purpose == "publish":
            for name in _BEFORE_STREAM[options.flow]:
                self._ask(name, None, options.stream)
        self._ask("createStream", None)

    def _on_created(self, command: Command) -> None:
        created = command.number(1, math.nan)
        if not (created.is_integer() and 0 < created < 2**32):
            raise BadAnswerError(
                f"createStream was answered with {command.args[1:2]!r:.64}, "
                "expected the number of a message stream"
            )
        options = self.options
        self.state, self.stream_id = ClientState.STARTING, int(created)
        if options.purpose == "publish":
            for name in _BEFORE_PUBLISH[options.flow]:
                self._ask(name, None, options.stream)
            self._ask("publish", None, options.stream, "live", stream_id=self.stream_id)
        else:
            self.core.send_control(SetBufferLength(self.stream_id, options.buffer_ms))
            self._ask("play", None, options.stream, stream_id=self.stream_id)

    def _on_refused(self, command: Command) -> None:
        status = _status(command)
        self.state = ClientState.REFUSED
        code = status.code or StatusCode.CALL_FAILED.value
        self._ready.append(Refused(code, status.description))

    def _ignore(self, command: Command) -> None:
        """An answer that changes nothing."""

    def _on_status(self, command: Command) -> None:
        status = _status(command)
        waiting = self.state in (
            ClientState.CONNECTING,
            ClientState.CREATING,
            ClientState.STARTING,
        )
        if waiting and status.level == StatusLevel.ERROR:
            self._on_refused(command)
        elif self.state is ClientState.STARTING and status.code == _STARTS[self.options.purpose]:
            self.state = ClientState.STARTED
            started = PublishStarted if self.options.purpose == "publish" else PlayStarted
            self._ready.append(started(self.stream_id))
        elif status.code != StatusCode.PLAY_RESET:
            self._ready.append(status)

    # ------------------------------------------------------------------- verbs

    def send_media(self, message: Message) -> None:
        """Queue a message of the stream we publish; its stream id is filled in.

        Every header is whole, with the absolute timestamp: right for every server.

        Raises:
            InternalError: the publish has not been accepted, or is over.
        """
        if self.state is not ClientState.STARTED:
            raise InternalError(f"media of a client that is {self.state.value}, expected started")
        core = self.core
        for piece in message_pieces(
            message.type_id,
            self.stream_id,
            message.timestamp_ms,
            message.payload,
            core.chunk_size_out,
        ):
            core.send_bytes(piece)

    def call(self, name: str, *args: Value) -> float:
        """Queue a call of the connection; :class:`CallAnswered` has the answer.

        Returns:
            the transaction id, which the answer repeats.
        """
        transaction_id = self._ask(name, None, *args)
        self._asked[transaction_id] = _OWN
        return transaction_id

    def stop(self) -> None:
        """End the publish or play in good order; without one, and the second time, do nothing."""
        if self.state not in (ClientState.STARTING, ClientState.STARTED):
            return
        self.state = ClientState.STOPPED
        options = self.options
        if options.purpose == "publish" and options.flow != "flash":
            self._tell("FCUnpublish", None, options.stream)
        self._tell("deleteStream", None, float(self.stream_id))

    def pause(self, paused: bool, position_ms: float = 0.0) -> None:
        """Ask a play to pause, or to go on, at a position."""
        self._tell("pause", None, paused, position_ms, stream_id=self.stream_id)

    def receive_audio(self, wanted: bool) -> None:
        """Ask a play for audio, or for no more of it."""
        self._tell("receiveAudio", None, wanted, stream_id=self.stream_id)

    def receive_video(self, wanted: bool) -> None:
        """Ask a play for video, or for no more of it."""
        self._tell("receiveVideo", None, wanted, stream_id=self.stream_id)

    def _ask(self, name: str, *args: Value, stream_id: int = 0) -> float:
        """Queue a call and remember it until it is answered; returns its transaction id."""
        self._transaction_id += 1
        self._asked[self._transaction_id] = name
        self.core.send_command(Command(name, self._transaction_id, args), stream_id)
        return self._transaction_id

    def _tell(self, name: str, *args: Value, stream_id: int = 0) -> None:
        """Queue a command that wants no answer."""
        self.core.send_command(Command(name, 0.0, args), stream_id)

    def _connect_object(self) -> dict[str, Value]:
        """What ``connect`` says (RTMP 1.0, 7.2.1.1; Enhanced RTMP v2)."""
        options = self.options
        said: dict[str, Value] = {
            "app": options.app,
            "flashVer": options.flash_ver or _FLASH_VER[options.purpose],
            "tcUrl": options.tc_url,
            "objectEncoding": 0.0,
        }
        if options.purpose == "publish":
            said["type"] = "nonprivate"
        else:  # as Flash players; some servers look whether these are there
            said |= {
                "fpad": False,
                "capabilities": 239.0,
                "audioCodecs": 4071.0,
                "videoCodecs": 252.0,
                "videoFunction": 1.0,
            }
        if options.fourcc_list is not None:
            mask = float(_FOURCC_MASK[options.purpose])
            said["fourCcList"] = list(options.fourcc_list)
            said["videoFourCcInfoMap"] = dict.fromkeys(options.fourcc_list, mask)
            said["audioFourCcInfoMap"] = dict.fromkeys(options.fourcc_list, mask)
        if options.caps_ex is not None:
            said["capsEx"] = float(options.caps_ex)
        return said


def _status(command: Command) -> StatusReceived:
    """The information object of an answer or status, wherever the server put it."""
    info = next((arg for arg in reversed(command.args) if isinstance(arg, dict)), {})
    code, description, level = (
        value if isinstance(value := info.get(key), str) else ""
        for key in ("code", "description", "level")
    )
    return StatusReceived(code, description, level)
