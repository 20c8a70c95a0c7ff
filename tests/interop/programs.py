"""The programs the tests talk through: where they are, how they are run, never without an end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs
import imageio_ffmpeg
import pytest
import trio

from tests.matrix import MATRIX

__all__ = [
    "FFMPEG",
    "FFMPEGS",
    "FOR_EVER",
    "GSTREAMER",
    "NGINX",
    "RTMPDUMP",
    "Ended",
    "copying",
    "ffmpeg",
    "free_port",
    "hashing",
    "needs",
    "run",
    "run_until",
    "started",
]

PATIENCE_S: Final = 15.0
"""No program of these tests has a reason to take longer."""
_LOOK_S: Final = 0.1


@attrs.frozen
class Ended:
    """How a program ended, and what it said."""

    returncode: int
    stdout: bytes
    stderr: str


def _find(name: str) -> str:
    """The program's path; where it is missing, its name, which nobody runs: the tests skip."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))  # where nginx is
    return shutil.which(name, path=path) or name


def needs(path: str, package: str) -> pytest.MarkDecorator:
    """Skip where a program is missing, and say what to install."""
    missing = shutil.which(path) is None
    return pytest.mark.skipif(
        missing, reason=f"{path} is not on this host: install the Debian package {package}"
    )


FFMPEG: Final[str] = imageio_ffmpeg.get_ffmpeg_exe()
"""The newest ffmpeg, in a wheel: it is always there, and speaks Enhanced RTMP."""
_SYSTEM_FFMPEG: Final = _find("ffmpeg")
GSTREAMER: Final = _find("gst-launch-1.0")
NGINX: Final = _find("nginx")
RTMPDUMP: Final = _find("rtmpdump")

FFMPEGS: Final = (
    pytest.param(FFMPEG, id="wheel"),
    pytest.param(_SYSTEM_FFMPEG, id="system", marks=(needs(_SYSTEM_FFMPEG, "ffmpeg"), MATRIX)),
)
"""The ffmpeg of the wheel and the one of the system, which may be years older."""


FOR_EVER: Final = ("-re", "-stream_loop", "-1")
"""Options of ffmpeg: the file over and over, no faster than it plays."""


def ffmpeg(program: str, *arguments: str) -> list[str]:
    """A command of ffmpeg that never asks and only says what is wrong."""
    return [program, "-nostdin", "-y", "-hide_banner", "-loglevel", "error", *arguments]


def copying(program: str, source: Path, url: str, *options: str) -> list[str]:
    """A command of ffmpeg that publishes all of a file as it is."""
    return ffmpeg(program, *options, "-i", str(source), "-map", "0", "-c", "copy", "-f", "flv", url)


def hashing(program: str, source: object) -> list[str]:
    """Print the time, the size and the hash of every packet of every track.

    Of a body without a length it says on standard error that it ended, the only end that has.
    """
    options = ("-copyts", "-i", str(source), "-map", "0", "-c", "copy", "-f", "framehash", "-")
    return ffmpeg(program, *options)


async def run(command: Sequence[str]) -> Ended:
    """Run a program to its end; it is killed when that does not come."""
    with trio.fail_after(PATIENCE_S):
        done = await trio.run_process(
            command, check=False, capture_stdout=True, capture_stderr=True
        )
    return Ended(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


async def _kill(process: trio.Process) -> None:
    """Some are in no hurry to end otherwise."""
    process.kill()


async def run_until(command: Sequence[str], is_over: Callable[[], bool]) -> Ended:
    """The same of one that may never end by itself: it is ended, and that is well, as soon as it is
    over, or when that does not come."""
    ended = Ended(0, b"", "")

    async def run_here(scope: trio.CancelScope) -> None:
        nonlocal ended
        done = await trio.run_process(
            command, check=False, capture_stdout=True, capture_stderr=True, deliver_cancel=_kill
        )
        ended = Ended(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.cancel_scope.deadline = trio.current_time() + PATIENCE_S
        nursery.start_soon(run_here, nursery.cancel_scope)
        while not is_over():  # noqa: ASYNC110 - what a program shows it tells nobody
            await trio.sleep(_LOOK_S)
        nursery.cancel_scope.cancel()
    return ended


@asynccontextmanager
async def started(command: Sequence[str]) -> AsyncIterator[trio.Process]:
    """Run a program beside the block, and kill it at the end if it is still there."""
    process = await trio.lowlevel.open_process(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            process.kill()
            await process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 for a program that cannot find one by itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
