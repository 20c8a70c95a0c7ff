"""Python programs that are there in no time, forked off a process that has imported what they need.

To start a program of ours takes half a second of processor time, nearly all of it for imports. Here
one process imports all once, and each program is a fork of it, with the standard streams,
descriptors, folder and environment that it is to have, and an end of its own. What is not seen by
these is how the interpreter itself starts, and how it takes itself apart when there is nothing more
to say: for that, start it.
"""

from __future__ import annotations

import atexit
import functools
import os
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.preloaded_process import MOST_BYTES, AsyncProcess, ForkedProcess

__all__ = [
    "IS_POSSIBLE",
    "ROOT",
    "AsyncProcess",
    "address",
    "command",
    "lend",
    "listen",
    "open_process",
    "popen",
    "program",
    "run",
    "standing_for",
]

IS_POSSIBLE: Final = hasattr(os, "pidfd_open")
"""On Linux."""
_LENT: Final = "PRELOADED_FOR_TESTS"
"""Where the process that forks is found by those that do not start one of their own."""

ROOT: Final = Path(__file__).parent.parent
_CLIENT: Final = Path(__file__).with_name("preloaded_client.py")
_MOST_WAITING: Final = 64
_IMPORTED_S: Final = 100.0
"""In a new clone, on a slow machine."""
_NUMBERS: Final = count()


def popen(
    words: Sequence[str], *, closed: Iterable[int] = (), **options: Any
) -> subprocess.Popen[str]:
    """Start ``python`` with ``-m MODULE ...``, ``-c CODE ...`` or ``FILE ...``, to talk text with.

    Args:
        words: the interpreter of these tests and what follows.
        closed: standard streams that are not there.
        options: of ``subprocess.Popen``.
    """
    assert words[0] == sys.executable
    assert words[1] in ("-m", "-c") or not words[1].startswith("-")
    if not IS_POSSIBLE:
        return subprocess.Popen(words, text=True, **options)
    return ForkedProcess(words, by=_living, closed=closed, text=True, **options)


def run(
    words: Sequence[str], *, timeout: float, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run such a program to its end and return what it said."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with popen(words, **streams) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def command(*words: str) -> tuple[str, ...]:
    """A command that does as ``python WORDS`` does, for a process of its own to start.

    What forks it has imported all by then: whoever starts the command may have a deadline.
    """
    _living()
    _wait_until_it_forks(_address())
    return (*standing_for(_address()), *words)


@functools.cache
def _wait_until_it_forks(address: str) -> None:
    """Once for each, by its address."""
    run((sys.executable, "-c", ""), timeout=_IMPORTED_S)


def standing_for(address: str) -> tuple[str, ...]:
    """What a command begins with that stands for a program forked off the process at an address."""
    return (sys.executable, "-IS", str(_CLIENT), address)


def lend() -> None:
    """Let what this process starts from now on have its programs forked off the same process."""
    _living()
    os.environ[_LENT] = _address()


def program(folder: Path, name: str, *words: str) -> None:
    """Put a program of that name into a folder that does the same."""
    text = " ".join(map(shlex.quote, command(*words)))
    (folder / name).write_text(f'#!/bin/sh\nexec {text} "$@"\n')
    (folder / name).chmod(0o755)


def open_process(words: Sequence[str], **options: Any) -> AsyncProcess:
    """Start such a program, for tasks to talk to."""
    return AsyncProcess(popen(words, **options))


@functools.cache
def _address() -> str:
    """Where commands find the process that forks."""
    return os.environ.get(_LENT) or address(f"programs{next(_NUMBERS)}")


@functools.cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="preloaded")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def address(name: str) -> str:
    """Where a process that forks can listen, until this one ends."""
    return f"{_folder()}/{name}"


@functools.cache
def _preloaded() -> socket.socket:
    """The way to the process that forks: there is one for all tests of this one."""
    if _LENT not in os.environ:
        return listen(_address(), _start)
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.connect(_address())
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
    atexit.register(ours.close)
    return ours


def _living() -> socket.socket:
    """The same; another one if that has ended, which is told where the test's output goes."""
    sock = _preloaded()
    if not select.select([sock], [], [], 0)[0]:  # it says nothing by this as long as it lives
        return sock
    sys.stderr.write("what forks the programs of tests has ended: another one is started\n")
    sock.close()
    os.environ.pop(_LENT, None)
    _address.cache_clear()
    _preloaded.cache_clear()
    return _preloaded()


def _start(*numbers: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded_forker", *map(str, numbers)],
        pass_fds=numbers, stdin=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip


def listen(address: str, start: Callable[..., subprocess.Popen[Any]]) -> socket.socket:
    """Start a process that is to ``serve`` (:mod:`tests.preloaded_forker`) with two sockets.

    It ends with this process.

    Returns:
        The way to it.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, listener:
        listener.bind(address)
        listener.listen(_MOST_WAITING)
        process = start(theirs.fileno(), listener.fileno())

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours
