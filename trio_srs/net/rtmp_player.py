"""Play from an RTMP server. Floor 2.

async with open_player("rtmp://127.0.0.1/live/a") as player:
    async for message in player:
        ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

from trio_srs.net.rtmp_client import DEFAULT_SETTINGS, ClientSettings, RtmpClient, open_client
from trio_srs.net.transport import Transport
from trio_srs.session.rtmp_events import StatusReceived
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import RtmpUrl

__all__ = ["RtmpPlayer", "open_player"]

_CLOSE_PATIENCE_S: Final = 1.0


class RtmpPlayer(RtmpClient):
    """A play that the server has accepted: iterate over its messages.

    Attributes:
        ended: why the iteration ended: the server's status code, or ``"closed"`` when it
            closed the connection; empty while it goes on.
    """

    purpose = "play"

    def __init__(self, url: RtmpUrl, transport: Transport, settings: ClientSettings) -> None:
        super().__init__(url, transport, settings)
        self.ended = ""

    def __aiter__(self) -> Self:
        """Iterate over audio, video and data messages, and those of types nobody knows."""
        return self

    async def __anext__(self) -> Message:
        """The next message.

        Raises:
            StopAsyncIteration: the stream was unpublished, or the server closed the connection.
            ServerRefusedError: there is no such stream, or it may be played no longer.
            PeerGoneError: the connection broke.
        """
        if self._early:
            return self._early.popleft()
        while not self.ended:
            self._check()
            event = await self._next_event()
            if isinstance(event, Message):
                return event
            if event is None:
                self.ended = "closed"
            elif isinstance(event, StatusReceived) and event.code in _ENDS:
                self.ended = event.code
        raise StopAsyncIteration

    async def _leave(self) -> None:
        self.session.stop()
        await self.link.close(_CLOSE_PATIENCE_S)


_ENDS: Final = frozenset(
    {StatusCode.PLAY_UNPUBLISH_NOTIFY, StatusCode.PLAY_STOP, StatusCode.PLAY_COMPLETE}
)
"""What tells a player that nothing more is to come."""


@asynccontextmanager
async def open_player(
    url: RtmpUrl | str, settings: ClientSettings = DEFAULT_SETTINGS
) -> AsyncIterator[RtmpPlayer]:
    """Connect and play; the block begins when the server has accepted.

    Nothing is read but by iterating: a slow block is a slow reader to the server.

    Raises:
        UrlError, PeerError: as :func:`~trio_srs.net.rtmp_client.open_client`.
    """
    async with open_client(RtmpPlayer, url, settings) as player:
        yield player
