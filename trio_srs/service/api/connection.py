"""A connection of the API that is over when its client has gone. Floor 3."""

from __future__ import annotations

from typing import Final

import trio
from anycorn.events import Event, Updated
from anycorn.tcp_server import TCPServer

__all__ = ["ShortServer"]

_MOMENT_S: Final = 0.1
"""How long a client is listened to that is served first when the server stops: its request is
there, and only has not been read."""


class ShortServer(TCPServer):
    """anycorn's connection, which would otherwise stay idle for as long as one that is kept.

    It waits for the timer of idle connections also when the client has closed this one: short
    requests, each on a connection of its own, took all the room there was.
    """

    _has_gone = False

    async def _read_data(self) -> None:
        await super()._read_data()
        self._has_gone = True
        await self.idle_task.stop()

    async def _idle_timeout(self) -> None:
        if self.context.terminated.is_set():
            await trio.sleep(_MOMENT_S)  # what it asks ends this
        await super()._idle_timeout()

    async def protocol_send(self, event: Event) -> None:
        """Send what there is to send, and time what is idle; but not for nobody."""
        if not (self._has_gone and isinstance(event, Updated)):
            await super().protocol_send(event)
