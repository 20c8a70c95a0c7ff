"""The smallest RTMP client that can publish and play, for what real clients cannot be made to do.

It stands on the package's own reader and writer of chunks, and on nothing of its sessions: what
it says is written out here, so that a test shows what goes over the wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import trio

from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES, ClientHandshake
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["MEDIA", "Client", "Item", "Player", "connected", "item", "playing", "publishing"]

MEDIA: Final = (MessageType.AUDIO, MessageType.VIDEO)
_DATA: Final = (MessageType.DATA_AMF0, MessageType.DATA_AMF3)
_CHUNK_SIZE: Final = 65_536
_RECEIVE: Final = 65_536

Item = tuple[int, int, bytes]
"""Type, timestamp in ms, payload: what has to arrive as it entered."""


def item(message: Message) -> Item:
    """What of a message has to arrive."""
    return (message.type_id, message.timestamp_ms, message.payload)


class Client:
    """One connection, said hello to, with message stream 1 for whatever comes."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._reader = ChunkReader()
        self._writer = ChunkWriter()

    async def hello(self, app: str, tc_url: str) -> None:
        """Shake hands, connect, and create a message stream."""
        handshake = ClientHandshake(random=bytes(RANDOM_BYTES))
        await self.stream.send_all(handshake.begin())
        while not handshake.done:
            await self.stream.send_all(handshake.receive(await self._some()))
        self._reader.feed(handshake.trailing)
        size = SetChunkSize(_CHUNK_SIZE)
        await self.send(Message(size.TYPE_ID, 0, 0, size.encode()))
        self._writer.chunk_size = _CHUNK_SIZE
        await self.say("connect", {"app": app, "tcUrl": tc_url, "type": "nonprivate"})
        await self.hear("_result")
        await self.say("createStream", None, transaction_id=2.0)
        await self.hear("_result", transaction_id=2.0)

    async def say(
        self, name: str, *args: object, transaction_id: float = 1.0, stream_id: int = 0
    ) -> None:
        """Send a command."""
        command = Command(name, transaction_id, args)  # type: ignore[arg-type]  # AMF values
        await self.send(command.message(stream_id))

    async def send(self, *messages: Message) -> None:
        """Send messages, in one write."""
        await self.stream.send_all(b"".join(map(self._writer.write, messages)))

    async def hear(
        self, name: str, *, transaction_id: float | None = None, code: str | None = None
    ) -> Command:
        """Wait for a command, pass over everything before it."""
        while (message := await self.next_message()) is not None:
            if message.type_id != MessageType.COMMAND_AMF0:
                continue
            command = Command.decode(message)
            if (
                command.name == name
                and transaction_id in (None, command.transaction_id)
                and code in (None, status_of(command))
            ):
                return command
        raise AssertionError(f"the connection ended before {name} {code or ''}")

    async def next_message(self) -> Message | None:
        """The next message; None when the other side has closed."""
        while True:
            message = self._reader.next_message()
            if message is None:
                data = await self._some()
                if not data:
                    return None
                self._reader.feed(data)
            elif message.type_id == MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = SetChunkSize.decode(message.payload).size
            else:
                return message

    async def _some(self) -> bytes:
        try:
            return bytes(await self.stream.receive_some(_RECEIVE))
        except trio.BrokenResourceError:
            return b""


def status_of(command: Command) -> str:
    """The code of an ``onStatus``; empty for anything else."""
    info = command.args[1] if len(command.args) > 1 else None
    code = info.get("code") if isinstance(info, dict) else None
    return code if isinstance(code, str) else ""


@asynccontextmanager
async def connected(
    url: str, *, stream: trio.abc.Stream | None = None
) -> AsyncIterator[tuple[Client, str]]:
    """A client connected to the application of a URL, and the name of the stream in it."""
    parts = urlsplit(url)
    app, _, name = parts.path.lstrip("/").partition("/")
    if stream is None:
        stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 1935)
    async with stream:
        client = Client(stream)
        await client.hello(app, f"{parts.scheme}://{parts.netloc}/{app}")
        yield client, name


@asynccontextmanager
async def publishing(url: str, *, stream: trio.abc.Stream | None = None) -> AsyncIterator[Client]:
    """A client that has the right to publish."""
    async with connected(url, stream=stream) as (client, name):
        await client.say("publish", None, name, "live", transaction_id=3.0, stream_id=1)
        await client.hear("onStatus", code="NetStream.Publish.Start")
        yield client


class Player:
    """What a player hears, in order, until the publisher leaves or the connection ends.

    Attributes:
        media: audio and video messages.
        data: data messages.
        statuses: the codes of ``onStatus``.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.media: list[Message] = []
        self.data: list[Message] = []
        self.statuses: list[str] = []
        self._news = trio.Event()

    @property
    def items(self) -> list[Item]:
        """The media heard so far."""
        return [item(message) for message in self.media]

    async def listen(self) -> None:
        """Listen until ``NetStream.Play.UnpublishNotify``, or to the end of the connection."""
        while (message := await self._client.next_message()) is not None:
            if message.type_id in MEDIA:
                self.media.append(message)
            elif message.type_id in _DATA:
                self.data.append(message)
            elif message.type_id == MessageType.COMMAND_AMF0:
                self.statuses.append(status_of(Command.decode(message)))
                if self.statuses[-1] == "NetStream.Play.UnpublishNotify":
                    return
            self._news.set()
            self._news = trio.Event()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something is true of what was heard; :meth:`listen` runs beside."""
        while not happened():
            await self._news.wait()


@asynccontextmanager
async def playing(url: str, *, stream: trio.abc.Stream | None = None) -> AsyncIterator[Player]:
    """A player whose play was accepted; whoever asks for it listens."""
    async with connected(url, stream=stream) as (client, name):
        await client.say("play", None, name, -2000.0, transaction_id=3.0, stream_id=1)
        await client.hear("onStatus", code="NetStream.Play.Start")
        yield Player(client)
