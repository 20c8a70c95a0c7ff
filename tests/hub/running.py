"""A hub that runs: its broadcaster and its supervisor do, and somebody may publish."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.hub import Hub
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.rtmp.message import Message

__all__ = ["publish", "running_hub", "say"]


@asynccontextmanager
async def running_hub() -> AsyncIterator[Hub]:
    """For as long as the block lasts."""
    hub = Hub()
    async with trio.open_nursery() as nursery:
        await nursery.start(hub.supervisor.run)
        nursery.start_soon(hub.broadcaster.run)
        yield hub
        nursery.cancel_scope.cancel()


def publish(
    hub: Hub, settings: StreamSettings, name: str = "cam"
) -> AbstractAsyncContextManager[PublishLease]:
    """Hold a name that nobody takes away."""

    def revoke(reason: EndReason, detail: str) -> None:
        raise AssertionError(f"nobody takes this name away: {reason}")

    return hub.publish(name, settings, holder="a test", revoke=revoke)


def say(hub: Hub, lease: PublishLease, *messages: Message) -> None:
    """The publisher says something, all of it now."""
    for message in messages:
        lease.append(message, trio.current_time())
    hub.broadcaster.push(lease.stream.feed)
