"""Hundreds of publishes later, the server holds what it held before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
import trio

from tests.interop import counted
from tests.interop.client import publishing
from trio_srs.wire.rtmp.message import Message, MessageType

PROC: Final = Path("/proc")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not PROC.joinpath("self/fd").exists(), reason="needs Linux's /proc"),
]

WARM_UP: Final = 100
PUBLISHES: Final = 300
AT_ONCE: Final = 8
ALLOWED_KB: Final = 3_072
MEDIA: Final = [
    Message(MessageType.VIDEO, 1, 0, b"\x17\x00" + bytes(40)),
    Message(MessageType.VIDEO, 1, 0, b"\x17\x01" + bytes(8000)),
    Message(MessageType.AUDIO, 1, 10, b"\xaf\x01" + bytes(300)),
    Message(MessageType.VIDEO, 1, 40, b"\x27\x01" + bytes(2000)),
]


class CountedServer:
    """A server in another process."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._text = b""

    async def line(self) -> str:
        """The next line that it says."""
        assert self._process.stdout is not None
        while b"\n" not in self._text:
            data = await self._process.stdout.receive_some()
            assert data, "the server ended"
            self._text += data
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    async def counts(self) -> dict[str, int]:
        """Its tasks, sessions, streams and file descriptors."""
        assert self._process.stdin is not None
        await self._process.stdin.send_all(b"?")
        counts: dict[str, int] = json.loads(await self.line())
        folder = PROC / str(self._process.pid) / "fd"
        return {**counts, "descriptors": len(list(folder.iterdir()))}

    async def settled(self, as_it_was: dict[str, int]) -> dict[str, int]:
        """Its counts as soon as they are as they were, or else after some patience."""
        with trio.move_on_after(5):
            while await self.counts() != as_it_was:  # noqa: ASYNC110 - it is another process
                await trio.sleep(0.05)
        return await self.counts()

    def memory_kb(self) -> int:
        """What the process has in memory."""
        status = (PROC / str(self._process.pid) / "status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1])


@asynccontextmanager
async def counted_server() -> AsyncIterator[CountedServer]:
    """Run it beside the block."""
    process = await trio.lowlevel.open_process(
        [sys.executable, str(counted.__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with process.stdin, process.stdout:
        try:
            yield CountedServer(process)
        finally:
            with trio.CancelScope(shield=True):
                process.kill()
                await process.wait()


async def publish_all(url: str, names: list[str]) -> None:
    """Publish under each of these names, several at once, and end it in one of two ways."""
    left = list(names)

    async def work() -> None:
        while left:
            name = left.pop()
            async with publishing(f"{url}live/{name}") as publisher:
                await publisher.send(*MEDIA)
                if len(left) % 2:  # every other one just hangs up
                    await publisher.say("FCUnpublish", None, name)
                    await publisher.say("deleteStream", None, 1.0)

    async with trio.open_nursery() as nursery:
        for _ in range(AT_ONCE):
            nursery.start_soon(work)


@pytest.mark.timeout(120)
async def test_hundreds_of_publishes_leave_nothing_behind() -> None:
    async with counted_server() as server:
        url = await server.line()
        before = await server.counts()
        await publish_all(url, [f"warm{i}" for i in range(WARM_UP)])
        assert await server.settled(before) == before
        memory_kb = server.memory_kb()
        await publish_all(url, [f"name{i}" for i in range(PUBLISHES)])
        assert await server.settled(before) == before
        assert server.memory_kb() - memory_kb < ALLOWED_KB
