"""Servers whose log, or ready line, nobody reads, or that have nowhere to write it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from tests.preloaded import AsyncProcess, open_process
from trio_srs.testing.bodies import inter, key
from trio_srs.testing.peer import Peer

pytestmark = pytest.mark.interop

STARTED = "NetStream.Publish.Start"
FORMATS = ["human", "json"]
ENOUGH = 30
"""Sessions that leave more lines than the pipe holds."""
PIPE_BYTES = 4096
"""The least that Linux has for a pipe."""
F_SETPIPE_SZ = 1031


@attrs.define(eq=False)
class Quiet:
    """A server of which only the port is known."""

    process: trio.Process | AsyncProcess
    port: int

    async def dial(self) -> Peer:
        return await Peer.connect_tcp("127.0.0.1", self.port)

    async def lines(self, sessions: int) -> None:
        """Have it log some."""
        for _ in range(sessions):
            async with await self.dial() as peer:
                assert await peer.publish("a") == STARTED


@asynccontextmanager
async def running(folder: Path, log: str, script: str = "", **options: Any) -> AsyncIterator[Quiet]:
    """Run it, by a shell if that is to close descriptors first, and find its port in a file."""
    ready = folder / "ready"
    words = [sys.executable, "-m", "trio_srs", '--set=rtmp.listen=["127.0.0.1:0"]']
    words += [f'--set=log.format="{log}"', '--set=stream.publish_busy="wait"']
    words += [f"--ready-file={ready}"]
    process: trio.Process | AsyncProcess
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options}
    if script:
        process = await trio.lowlevel.open_process(["sh", "-c", script, "sh", *words], **options)
    else:
        process = open_process(words, **options)
    try:
        with trio.fail_after(15):
            while not ready.exists():
                assert process.poll() is None
                await trio.sleep(0.02)
        url = json.loads(ready.read_text())["rtmp"][0]
        yield Quiet(process, int(url.rpartition(":")[2]))
    finally:
        if process.returncode is None:
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def ends_well(server: Quiet) -> None:
    server.process.send_signal(signal.SIGTERM)
    with trio.fail_after(15):
        assert await server.process.wait() == 0


def small_pipe() -> tuple[int, int]:
    import fcntl

    readable, writable = os.pipe()
    fcntl.fcntl(writable, F_SETPIPE_SZ, PIPE_BYTES)
    return readable, writable


@pytest.mark.parametrize("log", FORMATS)
async def test_a_log_that_nobody_reads_holds_nothing_up(tmp_path: Path, log: str) -> None:
    readable, writable = small_pipe()
    async with running(tmp_path, log, stderr=writable) as server:
        os.close(writable)
        async with await server.dial() as publisher, await server.dial() as player:
            assert await publisher.publish("cam") == STARTED
            await player.play("cam")
            await server.lines(ENOUGH)
            await publisher.say(key(0))
            await publisher.say(inter(40))
            with trio.fail_after(10):
                assert len(await player.hear_media(3)) == 3
        server.process.send_signal(signal.SIGTERM)
        said = bytearray()
        with trio.fail_after(15):
            async with trio.lowlevel.FdStream(readable) as reader:
                async for some in reader:
                    said += some
            assert await server.process.wait() == 0
    lines = said.decode().splitlines()
    assert sum("session ended" in line for line in lines) == ENOUGH + 2  # nothing is lost
    assert "stopped" in lines[-1]
    if log == "json":
        assert all("event" in json.loads(line) for line in lines)


async def test_it_ends_although_nobody_reads_the_log(tmp_path: Path) -> None:
    readable, writable = small_pipe()
    async with running(tmp_path, "json", stderr=writable) as server:
        os.close(writable)
        await server.lines(ENOUGH)
        await ends_well(server)
    os.close(readable)


@pytest.mark.parametrize("log", FORMATS)
async def test_a_server_whose_standard_error_is_closed_serves(tmp_path: Path, log: str) -> None:
    async with running(tmp_path, log, closed=[2]) as server:
        await server.lines(2)
        await ends_well(server)


async def test_no_connection_gets_the_number_of_a_closed_descriptor(tmp_path: Path) -> None:
    async with running(tmp_path, "auto", 'exec "$@" 0<&- 1>&- 2>&-') as server:
        async with await server.dial() as peer:
            assert await peer.publish("a") == STARTED
            for number in (0, 1, 2):
                open_as = await trio.Path(f"/proc/{server.process.pid}/fd/{number}").readlink()
                assert str(open_as) == "/dev/null"
        await ends_well(server)


@pytest.mark.parametrize("log", FORMATS)
async def test_a_full_disk_costs_only_the_log(tmp_path: Path, log: str) -> None:
    with Path("/dev/full").open("wb") as full:  # noqa: ASYNC230 - it is no disk
        async with running(tmp_path, log, stderr=full, stdout=full) as server:
            await server.lines(3)
            await ends_well(server)


@pytest.mark.parametrize("log", FORMATS)
async def test_a_reader_of_the_log_that_has_gone_costs_only_the_log(
    tmp_path: Path, log: str
) -> None:
    readable, writable = os.pipe()
    async with running(tmp_path, log, stderr=writable) as server:
        os.close(writable)
        os.close(readable)
        await server.lines(3)
        await ends_well(server)


async def test_a_full_standard_output_does_not_hold_up_the_start(tmp_path: Path) -> None:
    readable, writable = small_pipe()
    os.write(writable, b"x" * PIPE_BYTES)
    errors = tmp_path / "errors"
    with errors.open("wb") as log:
        async with running(tmp_path, "human", stdout=writable, stderr=log) as server:
            os.close(writable)
            await server.lines(1)
            async with trio.lowlevel.FdStream(readable) as reader:
                said = bytearray()
                with trio.fail_after(10):
                    while not said.endswith(b"\n"):  # it comes when there is room
                        said += await reader.receive_some()
            assert json.loads(said[PIPE_BYTES:])["event"] == "ready"
            await ends_well(server)
    assert re.search(r"cannot write the ready line .*: nobody was reading", errors.read_text())


def test_what_keeps_it_from_starting_is_no_traceback_with_a_closed_standard_error() -> None:
    words = [sys.executable, "-m", "trio_srs", '--set=rtmp.listen=["192.0.2.1:1"]']
    run = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *words], capture_output=True, check=False, timeout=15
    )
    assert (run.returncode, run.stdout) == (1, b"")
