"""Who comes and goes under soak: publishers, players, and players that stall."""

from __future__ import annotations

import random
import socket
from itertools import count
from typing import Final

import attrs
import trio

from benchmarks.soak.stream import FPS, Follower, frames
from trio_srs.errors import PeerError
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.net.rtmp_player import RtmpPlayer, open_player
from trio_srs.net.rtmp_publisher import open_publisher

__all__ = ["Crowd", "Play"]

_PAUSE_S: Final = 1.0
"""Before somebody whose connection ended comes again."""
_SMALL: Final = 8192
"""Receive buffer of a player that will stall, so that the server notices."""
_SETTINGS: Final = ClientSettings(timeout_s=20.0)


@attrs.define
class Play:
    """One play that is over."""

    peer: str
    """Our end, as the server sees it."""
    got: int
    missed: int


@attrs.define(eq=False)
class Crowd:
    """All clients, and what came of them."""

    url: str
    chance: random.Random
    streams: int
    plays: list[Play] = attrs.field(factory=list)
    publishes: int = 0
    errors: dict[str, int] = attrs.field(factory=dict)
    """How often a connection ended with which code: kicks, resets, refusals of busy names."""
    bugs: list[str] = attrs.field(factory=list)
    _numbers: count[int] = attrs.field(factory=lambda: count(1))

    async def publisher(self, name: str) -> None:
        """Publish one name, again and again: politely ended, cut off, or until it is kicked."""
        while True:
            with trio.move_on_after(self.chance.uniform(20, 120)):
                await self._publish(name, self.chance.uniform(10, 90))
            await trio.sleep(_PAUSE_S)

    async def _publish(self, name: str, seconds: float) -> None:
        try:
            async with open_publisher(f"{self.url}/live/{name}", _SETTINGS) as publisher:
                self.publishes += 1
                due = trio.current_time()
                end = due + seconds
                for message in frames(next(self._numbers)):
                    await publisher.send(message)
                    due += 1 / FPS
                    if due >= end:
                        break
                    await trio.sleep_until(due)
        except PeerError as error:
            self._note(error)

    async def player(self, *, stalls: bool) -> None:
        """Play one stream after the other, for a while each; some stop reading now and then."""
        while True:
            await self._play(stalls, self.chance.uniform(5, 60))
            await trio.sleep(self.chance.uniform(0, _PAUSE_S))

    async def _play(self, stalls: bool, seconds: float) -> None:
        name = f"s{self.chance.randrange(self.streams)}"
        follower = Follower()
        peer = ""
        try:
            async with open_player(f"{self.url}/live/{name}", _SETTINGS) as player:
                peer = player.link.transport.local
                with trio.move_on_after(seconds):
                    await self._watch(player, follower, stalls)
        except PeerError as error:
            self._note(error)
        except AssertionError as error:
            self.bugs.append(f"{name}: {error}")
        if peer:
            self.plays.append(Play(peer, follower.got, follower.missed))

    async def _watch(self, player: RtmpPlayer, follower: Follower, stalls: bool) -> None:
        if stalls:
            transport = player.link.transport
            sock = socket.socket(fileno=transport.fileno)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            sock.detach()
        async for message in player:
            follower.see(message)
            if stalls and self.chance.random() < 0.01:
                await trio.sleep(self.chance.uniform(2, 20))

    def _note(self, error: PeerError) -> None:
        self.errors[error.code] = self.errors.get(error.code, 0) + 1
