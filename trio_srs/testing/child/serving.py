"""A server in a process of its own, or in a thread: what a test can ask of it. Floor 7."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from trio_srs.config.layers import layered
from trio_srs.errors import TrioSrsError
from trio_srs.server.run import Server, serve
from trio_srs.testing.child.leaks import Stock, take_stock, until_given_back
from trio_srs.testing.child.orders import STARTED, Verbs, refusal, take_orders

__all__ = ["FOR_TESTS", "Desk", "run_server", "serving"]

FOR_TESTS: Final[Mapping[str, Any]] = {
    "rtmp": {"listen": ["127.0.0.1:0"], "shutdown_grace": "1s"},
    "log": {"format": "human"},
    "stream": {
        "first_packet_timeout": "5s",
        "publish_idle_timeout": "5s",
        "play_missing_timeout": "10s",
        "slow_reader": "drop",
        "send_interval": "0s",
    },
}
"""What servers of tests have instead of the defaults: each message is sent at once, and
what a server in production bears with patience is an error soon."""


class Desk:
    """Answers what a test asks of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = self._stock()

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The URLs it listens on, by protocol."""
        return self._server.addresses

    @property
    def verbs(self) -> Verbs:
        """What can be asked."""
        return {"end": self._end, "kick": self._kick}

    def _stock(self) -> Stock:
        return take_stock(self._server.registry)

    async def _kick(self, stream: str, detail: str) -> bool:
        return self._server.hub.kick(stream, detail)

    async def _end(self, patience_s: float) -> tuple[str, ...]:
        """End every session; say what of it is left."""
        await self._server.end_sessions()
        return await until_given_back(self._before, self._server.registry, patience_s)


@asynccontextmanager
async def serving(words: Mapping[str, Any]) -> AsyncIterator[Desk]:
    """Run a server for as long as the block lasts, and cut off whoever is connected then.

    Args:
        words: ``layers`` of configuration, to be laid over :data:`FOR_TESTS`.

    Raises:
        ConfigError, ListenError, TlsConfigError: it cannot be.
    """
    async with serve(layered(FOR_TESTS, *words["layers"])) as server:
        yield Desk(server)
        await server.stop(0.0)


async def run_server(sock: socket.socket, words: Mapping[str, Any]) -> None:
    """Serve until the other end of the socket is closed."""
    try:
        async with serving(words) as desk:
            await take_orders(sock, desk.verbs, desk.addresses)
    except TrioSrsError as error:
        sock.sendall(refusal(STARTED, error))
