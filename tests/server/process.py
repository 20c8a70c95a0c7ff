"""A server in a process of its own, as a test uses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio

from tests.preloaded import AsyncProcess, open_process
from trio_srs.testing.peer import Peer

__all__ = ["Running", "running"]

_PATIENCE_S = 15.0


@attrs.define(eq=False)
class Running:
    """A process that has said that it is ready."""

    process: AsyncProcess
    ready: dict[str, Any]
    errors: bytearray = attrs.field(factory=bytearray)
    ended: trio.Event = attrs.field(factory=trio.Event)
    _said: trio.Event = attrs.field(factory=trio.Event)

    @property
    def port(self) -> int:
        """Where it listens for RTMP."""
        return int(self.ready["rtmp"][0].rpartition(":")[2])

    async def dial(self) -> Peer:
        """Connect to it."""
        return await Peer.connect_tcp("127.0.0.1", self.port)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def exit(self) -> int:
        """Wait for its end; the exit code, with all that it logged read."""
        with trio.fail_after(_PATIENCE_S):
            code = await self.process.wait()
            await self.ended.wait()
        return code

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.errors.decode()

    async def logged(self, text: str) -> None:
        """Wait until it has logged this."""
        with trio.fail_after(_PATIENCE_S):
            while text not in self.log:
                await self._said.wait()

    async def listen(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Read its log, until it ends."""
        task_status.started()
        assert self.process.stderr is not None
        async for some in self.process.stderr:
            self.errors += some
            self._said.set()
            self._said = trio.Event()
        self.ended.set()


@asynccontextmanager
async def running(
    *words: str, command: Sequence[str] = (sys.executable, "-m", "trio_srs"), **options: Any
) -> AsyncIterator[Running]:
    """Run ``python -m trio_srs`` on a free port, with more words; killed with the block."""
    listen = '--set=rtmp.listen=["127.0.0.1:0"]'
    async with trio.open_nursery() as nursery:
        process = open_process(
            [*command, listen, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        try:
            assert process.stdout is not None
            line = bytearray()
            with trio.fail_after(_PATIENCE_S):
                while not line.endswith(b"\n"):
                    some = await process.stdout.receive_some()
                    assert some, "it ended before it was ready"
                    line += some
            server = Running(process, json.loads(line))
            await nursery.start(server.listen)
            yield server
        finally:
            if process.returncode is None:
                process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            if process.stdout is not None:
                await process.stdout.aclose()
