"""Publishers that send as fast as they can: nobody else notices, and they share alike."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests import preloaded
from tests.interop.client import playing, publishing
from tests.interop.server import Watched, watched
from trio_srs.hub.bus import PublishEnded
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.interop

FRAMES = 20
FPS = 25


@asynccontextmanager
async def floods(server: Watched, count: int, size: int) -> AsyncIterator[None]:
    """So many floods, all of them accepted, for the length of the block."""
    url = server.url()
    port = url.rpartition(":")[2].partition("/")[0]
    process = preloaded.open_process(
        [sys.executable, "-m", "tests.interop.floods", port, str(count), str(size)],
        stdout=subprocess.PIPE,
        cwd=preloaded.ROOT,
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.receive_some() == b"flooding\n"
        yield
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdout.aclose()


async def come(server: Watched, waits_s: list[float]) -> None:
    """Publish for a moment, and note how long it took to be let."""
    began = trio.current_time()
    async with publishing(server.url("live/newcomer")):
        waits_s.append(trio.current_time() - began)


def received(server: Watched, count: int) -> list[int]:
    """Bytes of each flood so far."""
    lives = [server.server.hub.find(f"live/flood{number}") for number in range(count)]
    return [0 if live is None else live.counters.bytes for live in lives]


@pytest.mark.parametrize(("count", "size"), [(8, 5000), (64, 5000), (8, 4)])
async def test_beside_floods_nothing_is_lost_newcomers_come_in_and_all_share(
    count: int, size: int
) -> None:
    async with (
        watched() as server,
        publishing(server.url("live/healthy")) as healthy,
        playing(server.url("live/healthy")) as player,
        trio.open_nursery() as nursery,
    ):
        waits_s: list[float] = []
        nursery.start_soon(player.listen)
        frames = [
            Message(MessageType.VIDEO, 1, 40 * number, b"\x17\x01\0\0\0" + bytes(5000))
            for number in range(FRAMES)
        ]
        async with floods(server, count, size):
            before = received(server, count)
            for number, frame in enumerate(frames):
                await healthy.send(frame)
                if number % 6 == 2:
                    nursery.start_soon(come, server, waits_s)
                await trio.sleep(1 / FPS)
            with trio.fail_after(10):
                await player.until(lambda: len(player.media) == FRAMES)
            shares = [
                after - begun for after, begun in zip(received(server, count), before, strict=True)
            ]
            lost = [event.stream for event in server.all(PublishEnded)]
        nursery.cancel_scope.cancel()
    assert player.items == [(9, frame.timestamp_ms, frame.payload) for frame in frames]
    assert set(lost) <= {"live/newcomer"}
    assert min(waits_s) < 1  # the shortest: this machine has other things to do as well
    assert 0 < max(shares) <= 2 * min(shares)
