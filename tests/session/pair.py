"""Two ways to make a session talk: to its counterpart, and to a script."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import attrs

from trio_srs.errors import RefusedError
from trio_srs.session.base import Need
from trio_srs.session.rtmp_client import ClientOptions, RtmpClientSession
from trio_srs.session.rtmp_core import Handshake
from trio_srs.session.rtmp_events import (
    ConnectRequested,
    HandshakeDone,
    PlayRequested,
    PublishRequested,
    RtmpClientEvent,
    RtmpServerEvent,
)
from trio_srs.session.rtmp_server import RtmpServerSession, ServerOptions
from trio_srs.session.rtmp_streams import StreamState
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import CONTROLS, Control, SetChunkSize, decode_control
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES, ClientHandshake, ServerHandshake
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

RANDOM: Final = bytes(range(256)) * (RANDOM_BYTES // 256)
PUBLISH: Final = ClientOptions(
    app="live", tc_url="rtmp://host/live", stream="a?token=1", purpose="publish"
)
PLAY: Final = attrs.evolve(PUBLISH, purpose="play")
CONNECT: Final = Command("connect", 1.0, ({"app": "live", "tcUrl": "rtmp://h/live"},)).message()
QUIET: Final = ServerOptions(ping_after=math.inf)

Event = RtmpClientEvent | RtmpServerEvent
Request = ConnectRequested | PublishRequested | PlayRequested
Heard = Command | Control | Message
SessionT = TypeVar("SessionT", RtmpClientSession, RtmpServerSession)


class DeniedError(RefusedError):
    """What these tests say no with."""

    code = "test_denied"
    rtmp_status = "NetStream.Publish.BadName"


def accept_all(request: Request) -> RefusedError | None:
    """Say yes to everything."""
    return None


@attrs.define
class Pair:
    """A client and a server session, and the wire between them in both directions."""

    client: RtmpClientSession
    server: RtmpServerSession
    decide: Callable[[Request], RefusedError | None] = accept_all
    """What the server's owner says to a request: None for yes."""
    now: float = 0.0
    client_events: list[Event] = attrs.field(factory=list)
    server_events: list[Event] = attrs.field(factory=list)
    slice_at: Callable[[bytes], Sequence[bytes]] = lambda data: (data,)
    """How the wire cuts what is sent."""

    @classmethod
    def of(
        cls, client: ClientOptions = PUBLISH, server: ServerOptions = QUIET, now: float = 0.0
    ) -> Pair:
        """A fresh pair; nothing has been said."""
        return cls(
            RtmpClientSession(random=RANDOM, now=now, options=client),
            RtmpServerSession(random=RANDOM[::-1], now=now, options=server),
            now=now,
        )

    @classmethod
    def started(cls, client: ClientOptions = PUBLISH, server: ServerOptions = QUIET) -> Pair:
        """A pair whose publish or play has begun; the events until then are forgotten."""
        pair = cls.of(client, server)
        pair.client.begin()
        pair.pump()
        pair.client_events.clear()
        pair.server_events.clear()
        return pair

    def pump(self) -> None:
        """Carry bytes in both directions, and decide, until nobody has anything to say."""
        while True:
            up, down = self.client.data_to_send(), self.server.data_to_send()
            if not up and not down:
                return
            for piece in self.slice_at(up):
                self.server.receive_data(piece, self.now)
                self._serve()
            for piece in self.slice_at(down):
                self.client.receive_data(piece, self.now)
                self.client_events += drain(self.client)

    def _serve(self) -> None:
        while True:
            self.server_events += drain(self.server)
            if not self.server.undecided:
                return
            request = self.server_events[-1]
            assert isinstance(request, Request)
            refusal = self.decide(request)
            if refusal is None:
                self.server.accept()
            else:
                self.server.refuse(refusal)


def drain(
    session: RtmpClientSession | RtmpServerSession,
) -> list[Event]:
    """What a session reports until it needs something."""
    events: list[Event] = []
    while not isinstance(event := session.next_event(), Need):
        events.append(event)
    return events


@attrs.define
class Script(Generic[SessionT]):
    """One session, and a bare end of the wire that says what a test wants."""

    session: SessionT
    handshake: Handshake
    now: float = 0.0
    reader: ChunkReader = attrs.field(factory=ChunkReader)
    writer: ChunkWriter = attrs.field(factory=ChunkWriter)
    ids: itertools.count[int] = attrs.field(factory=lambda: itertools.count(1))

    def shake(self, first: bytes) -> None:
        """Do the handshake; ``first`` is what the session's counterpart says at the beginning."""
        self.session.receive_data(first, self.now)
        self.session.receive_data(self.handshake.receive(self.session.data_to_send()), self.now)

    def say_bytes(self, data: bytes | bytearray) -> list[Event]:
        """Feed the session; what it reports for that."""
        self.session.receive_data(data, self.now)
        return drain(self.session)

    def say(self, *messages: Message) -> list[Event]:
        """Say messages, in one piece; what the session reports for them."""
        return self.say_bytes(b"".join(map(self.writer.write, messages)))

    def control(self, control: Control) -> list[Event]:
        """Say a protocol-control or user-control message."""
        events = self.say(Message(control.TYPE_ID, 0, 0, control.encode()))
        if isinstance(control, SetChunkSize):
            self.writer.chunk_size = control.size
        return events

    def hear(self) -> list[Heard]:
        """What the session has said since the last time."""
        data = self.session.data_to_send()
        if not self.handshake.done:
            assert self.handshake.receive(data) == b""
            data = self.handshake.trailing
        self.reader.feed(data)
        heard: list[Heard] = []
        while (message := self.reader.next_message()) is not None:
            said = read(message)
            if isinstance(said, SetChunkSize):
                self.reader.chunk_size = said.size
            heard.append(said)
        return heard


def read(message: Message) -> Heard:
    """A message as what it means."""
    if message.type_id in CONTROLS:
        return decode_control(message.type_id, message.payload)
    if message.type_id == MessageType.COMMAND_AMF0:
        return Command.decode(message)
    return message


def command(name: str, *args: object, transaction_id: float = 0.0, stream_id: int = 0) -> Message:
    """A command; the first of ``args`` stands behind the command object, which is null."""
    return Command(name, transaction_id, (None, *args)).message(stream_id)  # type: ignore[arg-type]  # tests may say anything


class ServerScript(Script[RtmpServerSession]):
    """A server session, and a client that says what a test wants."""

    @classmethod
    def fresh(cls, options: ServerOptions = QUIET, now: float = 0.0) -> ServerScript:
        """After the handshake, before ``connect``."""
        handshake = ClientHandshake(random=RANDOM)
        session = RtmpServerSession(random=RANDOM, now=now, options=options)
        script = cls(session, handshake, now)
        script.shake(handshake.begin())
        assert drain(session) == [HandshakeDone(handshake.kind)]
        return script

    @classmethod
    def connected(cls, options: ServerOptions = QUIET, now: float = 0.0) -> ServerScript:
        """After an accepted ``connect``."""
        script = cls.fresh(options, now)
        [event] = script.say(Command("connect", 1.0, ({"app": "live"},)).message())
        assert isinstance(event, ConnectRequested)
        script.session.accept()
        script.hear()
        return script

    def call(self, name: str, *args: object, stream_id: int = 0) -> tuple[list[Event], list[Heard]]:
        """Say a command that wants an answer; what is reported, and what is answered."""
        number = float(next(self.ids))
        events = self.say(command(name, *args, transaction_id=number, stream_id=stream_id))
        return events, self.hear()

    def create(self) -> int:
        """createStream; the number of the stream."""
        events, [answer] = self.call("createStream")
        assert events == []
        assert isinstance(answer, Command)
        assert answer.name == "_result"
        return int(answer.number(1, 0))

    def publish(self, name: str = "a", stream_id: int | None = None) -> int:
        """Create a message stream if none is given, and publish on it; its number."""
        number = self.create() if stream_id is None else stream_id
        events, _ = self.call("publish", name, "live", stream_id=number)
        assert isinstance(events[-1], PublishRequested)
        self.session.accept()
        self.hear()
        return number

    def play(self, name: str = "a", stream_id: int | None = None) -> int:
        """Create a message stream if none is given, and play on it; its number."""
        number = self.create() if stream_id is None else stream_id
        events, _ = self.call("play", name, stream_id=number)
        assert isinstance(events[-1], PlayRequested)
        self.session.accept()
        self.hear()
        return number


class ClientScript(Script[RtmpClientSession]):
    """A client session, and a server that says what a test wants."""

    @classmethod
    def begun(cls, options: ClientOptions = PUBLISH, now: float = 0.0) -> ClientScript:
        """After the handshake; the client has said ``connect``."""
        handshake = ServerHandshake(random=RANDOM)
        session = RtmpClientSession(random=RANDOM, now=now, options=options)
        script = cls(session, handshake, now)
        session.begin()
        script.say_bytes(handshake.receive(session.data_to_send()))
        return script

    def answer_all(self, value: object = None) -> list[Event]:
        """Answer every call that the client has made with the same value."""
        calls = [said for said in self.hear() if isinstance(said, Command) and said.transaction_id]
        return self.say(
            *(command("_result", value, transaction_id=call.transaction_id) for call in calls)
        )

    def created(self, stream_id: int = 1) -> list[Heard]:
        """Accept ``connect`` and what comes before the stream; what the client says then."""
        assert self.answer_all() == []
        assert self.answer_all(float(stream_id)) == []
        return self.hear()

    def status(self, code: str, level: str = "status", description: str = "x") -> list[Event]:
        """Say an onStatus; what the client reports."""
        info = {"level": level, "code": code, "description": description}
        return self.say(command("onStatus", info, stream_id=self.session.stream_id))

    @classmethod
    def started(cls, options: ClientOptions = PUBLISH) -> ClientScript:
        """After the publish or play was accepted."""
        script = cls.begun(options)
        script.created()
        start = {"publish": StatusCode.PUBLISH_START, "play": StatusCode.PLAY_START}
        assert len(script.status(start[options.purpose])) == 1
        return script


def brief(heard: list[Heard]) -> list[object]:
    """Commands as their name and, of a status, its code; everything else as it is."""
    said: list[object] = []
    for one in heard:
        info = one.args[-1] if isinstance(one, Command) and one.args else None
        if not isinstance(one, Command):
            said.append(one)
        elif isinstance(info, dict) and one.name.startswith("on"):
            said.append((one.name, info["code"]))
        else:
            said.append(one.name)
    return said


def in_state(state: StreamState) -> ServerScript:
    """A script whose message stream 1 is in a state."""
    if state is StreamState.UNCONNECTED:
        return ServerScript.fresh()
    script = ServerScript.connected()
    if state is StreamState.PUBLISHING:
        script.publish()
    elif state is StreamState.PLAYING:
        script.play()
    else:
        script.create()
    return script
