"""Somebody who ends a command's processes when this process cannot: after kill -9. Floor 6."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import FileIO
from typing import Final

import trio

__all__ = ["guarded"]

_SHELL: Final = "/bin/sh"  # POSIX has it there, and it starts in a millisecond
_SCRIPT: Final = """
trap '' HUP INT QUIT TERM
read -r group && [ "$group" != over ] || exit 0
read -r over && exit 0
kill -s TERM -- "-$group" || exit 0
for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -s 0 -- "-$group" || exit 0
    sleep 0.1
done
kill -s KILL -- "-$group"
"""
"""Reads from a pipe that only we can write to. Its end without a word is our end: a signal that
nothing can be done about gives nobody a last word, and no system but Linux can be asked to end a
child with its parent, which would leave the child's own children."""


@asynccontextmanager
async def guarded() -> AsyncIterator[Callable[[int], None]]:
    """For as long as the block lasts, have a process group ended if this process dies in it.

    The block is given what to call with the group's number, once. The guard is in a session of
    its own, so that what is done to our group or terminal does not reach it.
    """
    reading, writing = os.pipe()
    with FileIO(writing, "wb") as pipe:
        try:
            process = await trio.lowlevel.open_process(
                [_SHELL, "-c", _SCRIPT], stdin=reading, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(reading)
        try:
            yield lambda group: _tell(pipe, f"{group}")
        finally:
            _tell(pipe, "over")
            with trio.CancelScope(shield=True):
                await process.wait()


def _tell(pipe: FileIO, word: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # somebody has killed the guard
        pipe.write(f"{word}\n".encode())
