"""Runs the program many times, each with its own standard streams, in processes forked off one.

What it imports is imported once. Each process ends as a program does, so that what Python does
at exit with what is left in its buffers is seen too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, Any, Final

import attrs

__all__ = ["Ran", "Words", "run_all"]

_MODULES: Final = (
    *(f"trio_srs.app.cli.{name}" for name in ("expect_seen", "publish", "play", "probe")),
    *("trio_srs.config.render", "trio_srs.server.build"),
    *(f"trio_srs.tools.verdicts.{name}" for name in ("as_json", "github", "junit", "page", "tap")),
)
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
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([attrs.asdict(case) for case in cases]),
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return [Ran(**each) for each in json.loads(done.stdout)]


def _become(number: int, sink: str, file: int) -> Any:
    """Make a descriptor and the stream of it what they are to be."""
    encoding = "utf-8"
    if sink == "closed":
        os.close(number)
        return None
    if sink == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    elif sink == "unread":
        reading, target = os.pipe()
        os.close(reading)
    else:
        target, encoding = file, encoding if sink == "file" else sink
    os.dup2(target, number)
    errors = "strict" if number == 1 else "backslashreplace"
    return open(number, "w", encoding=encoding, errors=errors, closefd=False)


def _main() -> None:
    from importlib import import_module

    from trio_srs.app.cli import program
    from trio_srs.tools.verdicts.drawing import load_pygal

    for name in _MODULES:
        import_module(name)
    load_pygal()
    with contextlib.ExitStack() as files:
        running: list[tuple[int, IO[bytes], IO[bytes]]] = []
        found = []
        for case in json.load(sys.stdin):
            if len(running) == _AT_ONCE:
                found.append(_ended(*running.pop(0)))
            out, err = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            if not (pid := os.fork()):
                signal.alarm(_ENDLESS_S)
                sys.argv = ["trio-srs", *case["words"]]
                sys.stdout = _become(1, case["out"], out.fileno())
                sys.stderr = _become(2, case["err"], err.fileno())
                sys.exit(program())
            running.append((pid, out, err))
        json.dump([*found, *(_ended(*each) for each in running)], sys.stdout)


def _ended(pid: int, out: IO[bytes], err: IO[bytes]) -> dict[str, object]:
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "out": _text(out), "err": _text(err)}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


if __name__ == "__main__":
    _main()
