"""A command that is to publish: run in a group of its own, and never left behind. Floor 6."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.net.nursery import ungrouped
from trio_srs.tools.expect.guard import guarded
from trio_srs.tools.verdicts.outcome import ProgramEnd

__all__ = ["Program", "ProgramStartError", "filled_in", "running"]

GRACE_S: Final = 2.0
"""How long a program may take to end after SIGTERM, before it is killed."""
LAST_LINES: Final = 20
_LONGEST_LINE: Final = 500
_DRAIN_S: Final = 0.2
"""What the program's children may still have to say after it has ended."""
_READ: Final = 64 * 1024


class ProgramStartError(RefusedError):
    """The command cannot be run. The text says why."""

    code = "command_not_started"
    http_status: ClassVar[int] = 400


def filled_in(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """A command with ``{url}`` and the like replaced; other braces stay as they are."""
    filled = list(words)
    for name, value in values.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return filled


class Program:
    """A running command. Made by :func:`running`.

    Attributes:
        words: the command.
        ended: set when the process has ended, and what it left in its group is gone too.
    """

    def __init__(self, words: Sequence[str], process: trio.Process) -> None:
        self.words = tuple(words)
        self.ended = trio.Event()
        self._process = process
        self._began = trio.current_time()
        self._seconds = 0.0
        self._lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self._rest = b""
        self._heard = trio.Event()
        self._hearing = trio.CancelScope(shield=True)

    # ------------------------------------------------------------------ in the background

    async def _wait(self) -> None:
        """See it end, also while everything around it is cancelled: it has to be ended then."""
        with trio.CancelScope(shield=True):
            await self._process.wait()
            self._seconds = trio.current_time() - self._began
            self._signal(signal.SIGTERM)  # whatever it started and did not wait for
            with trio.move_on_after(_DRAIN_S):
                await self._heard.wait()
            self._signal(signal.SIGKILL)
            self._hearing.cancel()
            self.ended.set()

    async def _hear(self, show: Callable[[bytes | bytearray], object] | None) -> None:
        """Keep the last lines of its standard error, and show all of it."""
        stream = self._process.stderr
        assert stream is not None  # it was asked for
        with self._hearing:
            async with stream:
                while data := await stream.receive_some(_READ):
                    self._keep(data)
                    if show is not None:
                        await trio.to_thread.run_sync(show, data, abandon_on_cancel=True)
            self._heard.set()

    def _keep(self, data: bytes | bytearray) -> None:
        # ffmpeg draws its progress over itself with carriage returns.
        *lines, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        self._lines.extend(line[:_LONGEST_LINE] for line in lines if line.strip())

    # ------------------------------------------------------------------ for its owner

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.returncode

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """End it and all that it started: politely, and after ``grace_s`` by force."""
        if self.ended.is_set():
            return
        self._signal(signal.SIGTERM)
        with trio.move_on_after(grace_s):
            await self.ended.wait()
        self._signal(signal.SIGKILL)
        await self.ended.wait()

    def _signal(self, number: int) -> None:
        """Send a signal to the whole group. The group's id stays taken while anybody is in it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def end(self, *, stopped: str = "", hung: str = "") -> ProgramEnd:
        """How it ended, after it did.

        Args:
            stopped: why we stopped it, if we did.
            hung: why it was given up, as the end of a sentence, if it was.
        """
        lines = (*self._lines, self._rest) if self._rest.strip() else tuple(self._lines)
        return ProgramEnd(
            words=self.words,
            returncode=self.returncode,
            seconds=self._seconds,
            stopped=stopped,
            hung=hung,
            last_lines=tuple(line.decode(errors="replace") for line in lines[-LAST_LINES:]),
        )


@asynccontextmanager
async def running(
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    show: Callable[[bytes | bytearray], object] | None = None,
    stdout: int = subprocess.DEVNULL,
) -> AsyncIterator[Program]:
    """Run a command for as long as the block lasts; nothing of it survives the block, or us.

    Nothing of its process group, that is: a daemon that makes a group of its own gets away.

    Args:
        words: the command, which is not run by a shell.
        environ: its environment.
        show: called in a thread with what it says on standard error, as it comes. One that
            does not return holds the command up, and not the end of the block.
        stdout: a file descriptor for its standard output.

    Raises:
        ProgramStartError: there is no such program, or it may not be run.
    """
    async with ungrouped(), guarded() as guard, trio.open_nursery() as nursery:
        process = await _open(words, environ, stdout)
        guard(process.pid)
        program = Program(words, process)
        nursery.start_soon(program._wait)
        nursery.start_soon(program._hear, show)
        try:
            yield program
        finally:
            with trio.CancelScope(shield=True):
                await program.stop()


async def _open(words: Sequence[str], environ: Mapping[str, str], stdout: int) -> trio.Process:
    try:
        return await trio.lowlevel.open_process(
            list(words), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            env=dict(environ), start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProgramStartError(f"cannot run {words[0]!r}: {why}") from error
