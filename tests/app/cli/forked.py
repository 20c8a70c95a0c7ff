"""Runs the program many times at once, each with its own standard streams.

Each process ends as a program does, so that what Python does at exit with what is left in its
buffers is seen too.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Final

import attrs

from tests import preloaded

__all__ = ["Ran", "Words", "run_all"]

_ENDLESS_S: Final = 60
_AT_ONCE: Final = 12


@attrs.frozen
class Words:
    """What to run, and what its standard output and error are.

    A sink is ``file``, ``full``, ``closed`` (nothing is open), ``unread`` (a pipe that nobody
    reads), or an encoding, which is a file.
    """

    words: Sequence[str]
    out: str = "file"
    err: str = "file"


@attrs.frozen
class Ran:
    """What became of it."""

    code: int
    out: str
    err: str


def run_all(cases: Sequence[Words]) -> list[Ran]:
    """Run them, a dozen at once."""
    found: list[Ran] = []
    with contextlib.ExitStack() as files:
        for at in range(0, len(cases), _AT_ONCE):
            started = [_Started(case, files) for case in cases[at : at + _AT_ONCE]]
            found += [each.ended() for each in started]
    return found


class _Started:
    """One that runs."""

    def __init__(self, case: Words, files: contextlib.ExitStack) -> None:
        self._out = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is entered
        self._err = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is entered
        encoding = "ascii" if case.out == "ascii" else "utf-8"
        sinks = {1: case.out, 2: case.err}
        with _sink(case.out, self._out) as out, _sink(case.err, self._err) as err:
            self._process = preloaded.popen(
                [sys.executable, "-m", "trio_srs", *case.words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                closed=[number for number, sink in sinks.items() if sink == "closed"],
                env=os.environ | {"PYTHONIOENCODING": encoding},
            )  # fmt: skip

    def ended(self) -> Ran:
        """Wait for its end."""
        with self._process as process:
            try:
                code = process.wait(_ENDLESS_S)
            finally:
                process.kill()
        return Ran(code, _text(self._out), _text(self._err))


@contextlib.contextmanager
def _sink(kind: str, file: IO[bytes]) -> Iterator[int]:
    """Where a stream leads."""
    if kind == "full":
        number = os.open("/dev/full", os.O_WRONLY)
    elif kind == "unread":
        reading, number = os.pipe()
        os.close(reading)
    else:
        number = os.dup(file.fileno())
    try:
        yield number
    finally:
        os.close(number)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
