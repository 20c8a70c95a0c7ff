"""Servers that do what a test tells them, for clients that do not notice the difference."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest
import trio

from trio_srs.net import rtmp_client
from trio_srs.net.nursery import ungrouped
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.net.transport import Transport
from trio_srs.testing.bodies import key
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.command import Command, on_status, status_info
from trio_srs.wire.rtmp.control import SetChunkSize, WindowAckSize
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode

__all__ = [
    "STREAM",
    "URL",
    "Script",
    "accept",
    "accept_connect",
    "here",
    "publish_for_ever",
    "say_status",
    "scripted",
]

Script = Callable[[Peer], Awaitable[None]]
URL: Final = "rtmp://server/live/a?token=secret"
STREAM: Final = 3
"""The number of the message stream that they make."""


@asynccontextmanager
async def scripted(
    monkeypatch: pytest.MonkeyPatch, script: Script, *, capacity: int = 65_536
) -> AsyncIterator[None]:
    """Have every client in the block connect to a server that runs ``script``, in memory."""
    async with ungrouped(), trio.open_nursery() as nursery:

        async def dial(host: str, port: int, **_: object) -> Transport:
            await trio.lowlevel.checkpoint()
            server_end, client_end = memory_transport_pair(capacity=capacity)
            nursery.start_soon(script, Peer(server_end, is_server=True))
            return client_end

        monkeypatch.setattr(rtmp_client, "dial", dial)
        yield
        nursery.cancel_scope.cancel()


async def accept_connect(peer: Peer) -> None:
    """Answer ``connect`` as a server does, and ``createStream`` with :data:`STREAM`."""
    connect = await peer.hear_command("connect")
    await peer.say_control(WindowAckSize(1_000_000), SetChunkSize(4096))
    properties: dict[str, Value] = {"fmsVer": "FMS/1,2,3,4", "mode": 1.0}
    info = status_info(StatusCode.CONNECT_SUCCESS, "welcome")
    await peer.say(Command("_result", connect.transaction_id, (properties, info)).message())
    create = await peer.hear_command("createStream")
    await peer.say(Command("_result", create.transaction_id, (None, float(STREAM))).message())


async def accept(peer: Peer) -> Command:
    """Accept whatever a client asks for; return its ``publish`` or ``play``."""
    await accept_connect(peer)
    asked = await peer.hear_command("publish", "play")
    code = StatusCode.PUBLISH_START if asked.name == "publish" else StatusCode.PLAY_START
    await say_status(peer, code)
    return asked


async def say_status(peer: Peer, code: StatusCode, description: str = "so be it") -> None:
    """Say ``onStatus`` on the client's message stream."""
    await peer.say(on_status(code, description).message(STREAM))


def here(message: Message) -> Message:
    """The same on the message stream that scripted servers make."""
    return Message(message.type_id, STREAM, message.timestamp_ms, message.payload)


async def publish_for_ever() -> None:
    """Publish to :data:`URL`, until something is raised."""
    async with open_publisher(URL) as publisher:
        while True:
            await publisher.send(key(0))
