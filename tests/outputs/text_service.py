"""A service: one more way to the streams; here, a line with a name, and text for an answer."""

from __future__ import annotations

import socket
from typing import Final

import trio

from tests.outputs.text_form import line_of
from trio_srs.config.schema import Config
from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections
from trio_srs.server.build import Offer
from trio_srs.service.base import Parts
from trio_srs.service.listening import ListeningService
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["OFFER"]


class Viewer:
    """One connection."""

    def __init__(self, parts: Parts, sock: socket.socket, peer: str) -> None:
        self.parts, self.peer, self.scope = parts, peer, trio.CancelScope()
        self.stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))

    async def run(self) -> None:
        with self.scope, self.parts.supervisor.containing(f"a text viewer, {self.peer}"):
            async with self.stream:
                app, _, name = (await self.stream.receive_some(200)).decode().strip().partition("/")
                settings = self.parts.rules.settings_for(DEFAULT_VHOST, app, name)
                with self.parts.hub.cursor(f"{app}/{name}", settings) as cursor:
                    async for records in cursor:
                        await self.stream.send_all(b"".join(map(line_of, records)))

    def cut(self) -> None:
        self.scope.cancel()


class TextService(ListeningService[Viewer]):
    def __init__(self, parts: Parts) -> None:
        super().__init__(Acceptor("text"), Connections(100, "a text viewer"))
        self.parts = parts

    async def listen(self) -> None:
        await self.acceptor.bind("text", [Address("127.0.0.1", 0)], backlog=16)

    def configure(self, config: Config, /) -> None:
        """It has no section of its own."""

    def accepted(self, sock: socket.socket, peer: str, protocol: str) -> None:
        if self.connections.take_in(sock):
            self.connections.begin(Viewer(self.parts, sock, peer))


OFFER: Final = Offer(lambda parts, config: TextService(parts), ("text",))
