"""Look at a stream for a while, and at how its server behaves. Floor 6."""

from __future__ import annotations

import math
from typing import Final

import attrs
import trio

from trio_srs.media.facts import StreamFacts
from trio_srs.media.probe import StreamProbe
from trio_srs.net.rtmp_client import ClientSettings, open_client
from trio_srs.net.rtmp_player import RtmpPlayer
from trio_srs.session.rtmp_client import ClientOptions, ClientState, RtmpClientSession
from trio_srs.tools.play import NoStreamError
from trio_srs.tools.stream_summary import amf_as_json, stream_as_dict
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_parts import DEFAULT_CHUNK_SIZE
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.control import SetChunkSize, WindowAckSize, decode_control
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.url import RtmpUrl

__all__ = ["Probe", "ServerFacts", "probe"]

DEFAULT_SECONDS: Final = 2.0
DEFAULT_TIMEOUT_S: Final = 10.0
_HANDSHAKE_BYTES: Final = 1 + 1536 + 1536
_ANNOUNCEMENTS: Final = (MessageType.SET_CHUNK_SIZE, MessageType.WINDOW_ACK_SIZE)


@attrs.frozen(kw_only=True)
class ServerFacts:
    """How the server behaved."""

    handshake: str
    """The kind of handshake it answered with."""
    chunk_size: int
    """The largest chunk it announced, in bytes; 128 when it announced none."""
    window: int | None
    """The acknowledgement window it asked for, in bytes."""
    version: str | None
    """Its ``fmsVer``."""
    properties: dict[str, Value]
    """What else it said about itself when we connected."""


@attrs.frozen(kw_only=True)
class Probe:
    """What was found out."""

    server: ServerFacts
    stream: StreamFacts
    first_media_ms: float
    """From the server's yes to the first audio or video."""
    watched_s: float
    """How long we looked, from that on."""
    ended: str
    """What ended the stream while we looked; empty when it did not end."""

    def as_dict(self) -> dict[str, object]:
        """All of it, as JSON can have it."""
        server = self.server
        return {
            "server": {
                "handshake": server.handshake,
                "chunk_size": server.chunk_size,
                "window": server.window,
                "version": server.version,
                "properties": amf_as_json(server.properties),
            },
            "first_media_ms": round(self.first_media_ms, 1),
            "watched_s": round(self.watched_s, 3),
            "ended": self.ended,
            **stream_as_dict(self.stream),
        }


class _Announced:
    """What a server announces before it lets us play: reads along, behind the handshake."""

    def __init__(self) -> None:
        self.chunk_size = DEFAULT_CHUNK_SIZE
        self.window: int | None = None
        self._handshake_left = _HANDSHAKE_BYTES
        self._reader = ChunkReader()

    def feed(self, data: bytes) -> None:
        """Take what the server sent. Raises ProtocolError, as the session will."""
        skipped = min(self._handshake_left, len(data))
        self._handshake_left -= skipped
        self._reader.feed(data[skipped:])
        while (message := self._reader.next_message()) is not None:
            if message.type_id in _ANNOUNCEMENTS:
                match decode_control(message.type_id, message.payload):
                    case SetChunkSize(size):
                        self.chunk_size = self._reader.chunk_size = size
                    case WindowAckSize(window):
                        self.window = window


class _ProbeSession(RtmpClientSession):
    """A session of which it is known what the server announced."""

    def __init__(self, *, random: bytes, now: float, options: ClientOptions) -> None:
        super().__init__(random=random, now=now, options=options)
        self.announced = _Announced()

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the server sent."""
        if self.state is not ClientState.STARTED:
            self.announced.feed(bytes(data))
        super().receive_data(data, now)


class _ProbePlayer(RtmpPlayer):
    session: _ProbeSession
    session_type = _ProbeSession


async def probe(
    url: RtmpUrl | str,
    *,
    seconds: float = DEFAULT_SECONDS,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    settings: ClientSettings | None = None,
) -> Probe:
    """Play a stream for ``seconds`` from its first audio or video on, and look at it.

    Args:
        timeout_s: how long the first audio or video may take.

    Raises:
        NoStreamError: none came.
        UrlError, PeerError: as :func:`~trio_srs.net.rtmp_player.open_player`.
    """
    stream = StreamProbe()
    async with open_client(_ProbePlayer, url, settings or ClientSettings()) as player:
        asked = trio.current_time()
        first = math.inf
        with trio.CancelScope(deadline=asked + timeout_s) as patience:
            async for message in player:
                stream.see(message, trio.current_time())
                if stream.has_media and first == math.inf:
                    first = trio.current_time()
                    patience.deadline = first + seconds
        if not stream.has_media:
            why = f"before the end: {player.ended}" if player.ended else f"within {timeout_s:g} s"
            raise NoStreamError(f"{player.target}: no audio or video {why}")
        return Probe(
            server=_server_facts(player),
            stream=stream.facts(),
            first_media_ms=(first - asked) * 1000,
            watched_s=trio.current_time() - first,
            ended=player.ended,
        )


def _server_facts(player: _ProbePlayer) -> ServerFacts:
    answer = player.session.connect_answer
    properties = answer.args[0] if answer and answer.args else None
    said: dict[str, Value] = dict(properties) if isinstance(properties, dict) else {}
    version = said.pop("fmsVer", None)
    return ServerFacts(
        handshake=str(player.handshake),
        chunk_size=player.session.announced.chunk_size,
        window=player.session.announced.window,
        version=version if isinstance(version, str) else None,
        properties=said,
    )
