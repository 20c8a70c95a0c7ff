"""Publish to an RTMP server. Floor 2.

async with open_publisher("rtmp://127.0.0.1/live/a") as publisher:
    await publisher.send(message)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from trio_srs.errors import PeerError
from trio_srs.net.rtmp_client import (
    DEFAULT_SETTINGS,
    ClientSettings,
    RtmpClient,
    ServerClosedError,
    open_client,
)
from trio_srs.net.transport import Transport
from trio_srs.session.rtmp_events import StatusReceived
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import RtmpUrl

__all__ = ["RtmpPublisher", "open_publisher"]


class RtmpPublisher(RtmpClient):
    """A publish that the server has accepted."""

    purpose = "publish"

    def __init__(self, url: RtmpUrl, transport: Transport, settings: ClientSettings) -> None:
        super().__init__(url, transport, settings)
        self._stopping = False
        self._confirmed = False
        self._over = trio.Event()

    async def send(self, message: Message, on_begun: Callable[[], None] | None = None) -> None:
        """Send audio, video or data; the message stream's number is filled in.

        Waits while the server takes less than it is given.

        Args:
            on_begun: called when the message is on its way: it is sent from then on also if this is
                cancelled, and not at all if it is cancelled before.

        Raises:
            ServerRefusedError: the server changed its mind.
            ServerClosedError: it ended the publish, or the connection.
            PeerGoneError: the connection broke.
            PeerStalledError: it took nothing for too long.
        """
        self._check()
        self.session.send_media(message)
        if on_begun is not None:
            on_begun()
        self.link.flush()
        await self._drained()

    async def finish(self) -> None:
        """End the publish politely: say so, and wait until the server has read it all.

        Raises:
            PeerError: as :meth:`send`; some of it may be lost.
        """
        for _ in range(2):  # the server's last word may be here already: let it be heard first
            await trio.lowlevel.checkpoint()
        self._check()
        self._stopping = True
        self.session.stop()
        self.link.flush()
        await self._drained()
        self.link.transport.shutdown_write()
        with trio.move_on_after(self.settings.finish_timeout_s):
            await self._over.wait()
        self._check()

    async def _listen(self) -> None:
        """Hear what the server says while we publish."""
        try:
            while (event := await self._next_event()) is not None:
                if isinstance(event, StatusReceived):
                    self._on_status(event)
            if not self._stopping:
                raise self._closed("while we were publishing")
            if not self._confirmed and self._was_told_off:
                raise self._closed("before it confirmed the end of our publish")
        except PeerError:
            # Reset by a server that had confirmed the end: some do not wait for our close.
            if not self._confirmed:
                raise
        finally:
            self._over.set()

    @property
    def _was_told_off(self) -> bool:
        """Whether the server's last word is that it ends the connection for a reason of its own.

        One that closes without a word has read what there was: not every server confirms.
        """
        return bool(self.statuses) and self.statuses[-1].code in _CLOSED_BY_SERVER

    def _on_status(self, status: StatusReceived) -> None:
        if status.code != StatusCode.UNPUBLISH_SUCCESS:
            return
        if not self._stopping:
            raise ServerClosedError(f"{self.target}: the server ended the publish: {status.code}")
        self._confirmed = True


_CLOSED_BY_SERVER: Final = frozenset(
    {
        StatusCode.CONNECT_CLOSED,
        StatusCode.CONNECT_FAILED,
        StatusCode.CONNECT_REJECTED,
        StatusCode.CONNECT_APP_SHUTDOWN,
        StatusCode.CONNECT_INVALID_APP,
        StatusCode.CONNECT_RECONNECT_REQUEST,
    }
)
"""What tells a client that the server ends the connection, whatever level it is said with."""


@asynccontextmanager
async def open_publisher(
    url: RtmpUrl | str, settings: ClientSettings = DEFAULT_SETTINGS
) -> AsyncIterator[RtmpPublisher]:
    """Connect and publish; the block begins when the server has accepted.

    Leaving the block ends the publish politely (:meth:`RtmpPublisher.finish`); an exception in it
    closes the connection at once.

    Raises:
        UrlError, PeerError: as :func:`~trio_srs.net.rtmp_client.open_client`.
    """
    async with open_client(RtmpPublisher, url, settings) as publisher:
        yield publisher
