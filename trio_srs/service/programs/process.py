"""One program: run without a shell, and gone with whoever runs it. Floor 3."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import trio

from trio_srs.errors import PeerError

__all__ = ["ProgramFailedError", "run_program"]

_READ: Final = 4096
_LINES_MOST: Final = 5
_LINE_MOST: Final = 200
_LAST_WORDS_S: Final = 0.5


class ProgramFailedError(PeerError):
    """A program of the configuration could not be run, or has failed."""

    code = "program_failed"


async def run_program(
    argv: Sequence[str], environ: Mapping[str, str], *, kill_after_s: float
) -> None:
    """Run a program to its end. It reads nothing, and what it writes is thrown away but for the
    last lines of its standard error.

    Cancelled, it ends the program, and all that the program has started in its process group:
    ``SIGTERM``, and after ``kill_after_s`` ``SIGKILL``.

    Raises:
        ProgramFailedError: it cannot be run, or its exit code is not 0.
    """
    try:
        process = await trio.lowlevel.open_process(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=environ,
        )
    except (OSError, ValueError) as error:  # a 0 byte in an argument
        why = getattr(error, "strerror", None) or str(error)
        raise ProgramFailedError(f"{argv[0]} cannot be run: {why}") from None
    said = _LastLines()
    stderr = process.stderr
    assert stderr is not None  # it was asked for
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(said.read, stderr)
            await process.wait()
            # Who was started by it may hold its standard error open.
            nursery.cancel_scope.deadline = trio.current_time() + _LAST_WORDS_S
    finally:
        with trio.CancelScope(shield=True):
            await _end(process, kill_after_s)
            await stderr.aclose()
    if process.returncode:
        raise ProgramFailedError(f"{argv[0]} {_how(process.returncode)}{said}")


async def _end(process: trio.Process, kill_after_s: float) -> None:
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with trio.move_on_after(kill_after_s):
            await process.wait()
    _signal(process, signal.SIGKILL)  # also what it has left behind
    await process.wait()


def _signal(process: trio.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says it so
        os.killpg(process.pid, number)


def _how(code: int) -> str:
    if code > 0:
        return f"ended with {code}"
    return f"was ended by {signal.Signals(-code).name}"


class _LastLines:
    """The end of what a program says."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES_MOST)
        self._rest = b""

    async def read(self, stream: trio.abc.ReceiveStream) -> None:
        while data := await stream.receive_some(_READ):
            *lines, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
            self._lines.extend(filter(None, map(_text, lines)))
            self._rest = rest[-_LINE_MOST:]

    def __str__(self) -> str:
        lines = [*self._lines, *filter(None, [_text(self._rest)])]
        return f": {' / '.join(lines[-_LINES_MOST:])}" if lines else ""


def _text(line: bytes) -> str:
    return line.decode(errors="replace").strip()[:_LINE_MOST]
