"""Where a command writes a file: to a path, to standard output, or nowhere. Floor 8."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Final

import trio

from trio_srs.app.cli.standard import OutputError

__all__ = ["STDOUT", "Output", "OutputClosedError", "open_output"]

STDOUT: Final = "-"


class OutputClosedError(OutputError):
    """Who reads what is written, through a pipe, has had enough of it."""

    code = "output_closed"


class Output:
    """Writes, unbuffered, in a thread: a slow reader of ours stops nobody else."""

    def __init__(self, name: str, file: FileIO | None) -> None:
        self._name = name
        self._file = file

    async def write(self, data: bytes) -> None:
        """Write all of it. Raises OutputError, of a pipe that is closed OutputClosedError."""
        if self._file is not None:
            await trio.to_thread.run_sync(self._write_all, self._file, data)

    def _write_all(self, file: FileIO, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except BrokenPipeError as error:
            raise OutputClosedError(f"{self._name}: {error.strerror}") from error
        except OSError as error:
            raise OutputError(f"{self._name}: {error.strerror}") from error

    async def rewrite_start(self, data: bytes) -> None:
        """Write over the first bytes, if there is a way back to them. Raises OutputError."""
        if self._file is not None and self._file.seekable():
            self._file.seek(0)
            await self.write(data)


@contextmanager
def open_output(name: str | None) -> Iterator[Output]:
    """Open a path, standard output for ``-``, or nothing for None.

    Raises:
        OutputError: the path cannot be written to.
    """
    if name is None:
        yield Output("", None)
        return
    try:
        is_stdout = name == STDOUT
        file = FileIO(sys.stdout.fileno() if is_stdout else name, "wb", closefd=not is_stdout)
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror}") from error
    with file:
        yield Output("standard output" if is_stdout else name, file)
