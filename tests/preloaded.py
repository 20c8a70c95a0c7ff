"""Python programs that are there in no time, forked off a process that has imported what they need.

To start a program of ours takes half a second of processor time, nearly all of it for imports. Here
one process imports all once, and each program is a fork of it, with the standard streams,
descriptors, folder and environment that it is to have, and an end of its own. What is not seen by
these is how the interpreter itself starts, and how it takes itself apart when there is nothing more
to say: for that, start it.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import gc
import json
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import cache_from_source
from itertools import count
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

import trio

import trio_srs
from tests import preloaded_spare, processor_time

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
    "serve",
    "standing_for",
]

IS_POSSIBLE: Final = hasattr(os, "pidfd_open")
"""On Linux."""
_LENT: Final = "PRELOADED_FOR_TESTS"
"""Where the process that forks is found by those that do not start one of their own."""

_CLI: Final = ("expect_seen", "expect_served", "load", "play", "probe", "publish", "serve")
_VERDICTS: Final = ("as_json", "github", "junit", "page", "tap")
_MODULES: Final = (
    *(f"trio_srs.app.cli.{name}" for name in _CLI),
    *(f"trio_srs.tools.verdicts.{name}" for name in _VERDICTS),
    *("hypothesis", "pytest"),  # for tests of somebody's tests; pytest-trio imports the first
    *preloaded_spare.MODULES,
    *("trio_srs.config.tables", "trio_srs.server.build", "trio_srs.server.process"),
    "trio_srs.service.api.app",  # what a server with the API imports once it is ready
)
_LOGGING: Final = ("structlog.dev", "structlog.stdlib")
ROOT: Final = Path(__file__).parent.parent
_CLIENT: Final = Path(__file__).with_name("preloaded_client.py")
_MOST_WAITING: Final = 64
_MOST_BYTES: Final = 1 << 18
_MOST_DESCRIPTORS: Final = 64
_HIGH: Final = 500
"""Above all descriptors that a program is given."""
_SPARES: Final = 3
"""What each process of pytest-xdist may fork its servers from, one after the other."""
_CHECK_S: Final = 0.01
_IMPORTED_S: Final = 100.0
"""In a new clone, on a slow machine."""
_NUMBER: Final = struct.Struct("q")
"""First the number of the process, then its status."""
_NUMBERS: Final = count()
_KILLED: Final = 9
"""The status of a program whose end nobody saw."""


# ------------------------------------------------------------- in the process of the tests


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
    return _Forked(words, closed=closed, text=True, **options)


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


class AsyncProcess:
    """What tests use of ``trio.Process``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        self.stdout, self.stderr = (
            None if file is None else trio.lowlevel.FdStream(os.dup(file.fileno()))
            for file in (process.stdout, process.stderr)
        )
        for file in (process.stdout, process.stderr):
            if file is not None:
                file.close()

    @property
    def returncode(self) -> int | None:
        """With a minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def poll(self) -> int | None:
        """The same."""
        return self._process.poll()

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        """Wait for its end and return how that was."""
        while (code := self.returncode) is None:  # noqa: ASYNC110 - it is no child of this process
            await trio.sleep(_CHECK_S)
        return code


class _Forked(subprocess.Popen[str]):
    """A process that another one forks and waits for: the rest is as with any."""

    def __init__(self, words: Sequence[str], *, closed: Iterable[int], **options: Any) -> None:
        self._closed = set(closed)
        super().__init__(words, **options)

    def _execute_child(self, *how: Any) -> None:
        words, _, _, _, pass_fds, cwd, environ, *_ = how
        pipes, is_session = how[10:16], how[-2]
        stdin, _, _, stdout, _, stderr = pipes
        targets = {0: stdin, 1: stdout, 2: stderr, **{number: number for number in pass_fds}}
        given = {
            number: number if source == -1 else source
            for number, source in targets.items()
            if number not in self._closed
        }
        self._heard, told = os.pipe()
        request = {
            "words": words[1:],
            "targets": list(given),
            "cwd": os.fspath(cwd or os.getcwd()),
            "environ": dict(os.environ if environ is None else environ),
            "session": is_session,
            "stands": False,
        }
        try:
            message = json.dumps(request).encode()
            socket.send_fds(_living(), [message], [told, *given.values()])
        finally:
            os.close(told)
        [self.pid] = _NUMBER.unpack(os.read(self._heard, _NUMBER.size))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]  # of Popen, and not public

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """As ``os.waitpid``, of a process that is not a child of this one."""
        patience = 0 if wait_flags & os.WNOHANG else None
        if not select.select([self._heard], [], [], patience)[0]:
            return 0, 0
        told = os.read(self._heard, _NUMBER.size)
        os.close(self._heard)
        [status] = _NUMBER.unpack(told) if told else [_KILLED]
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._child_created:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]  # of Popen, and not public
        return self.returncode


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
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
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
        [sys.executable, "-m", __name__, *map(str, numbers)],
        pass_fds=numbers, stdin=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip


def listen(address: str, start: Callable[..., subprocess.Popen[Any]]) -> socket.socket:
    """Start a process that is to :func:`serve` with two sockets, and return the way to it.

    It ends with this process.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
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


# ------------------------------------------------------------- in the process that forks


class _Request:
    """A program that is to be."""

    def __init__(self, message: bytes, descriptors: list[int]) -> None:
        self.said: dict[str, Any] = json.loads(message)
        self.told, *self.given = descriptors

    def run(self) -> None:
        """Become it; whoever calls this ends as it does."""
        said = self.said
        if said["session"]:
            os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGHUP, signal.SIGQUIT):  # which background jobs may not have
            signal.signal(number, signal.SIG_DFL)
        self._take_descriptors()
        os.chdir(said["cwd"])
        os.environ.clear()
        os.environ.update(said["environ"])
        _open_streams()
        first, *rest = said["words"]
        if first == "-u":  # pytest-xdist talks to its processes by descriptors
            first, *rest = rest
            preloaded_spare.keep(_SPARES)
        sys.path[0] = said["cwd"]
        if first == "-m":
            if rest[0] == "pytest":
                preloaded_spare.keep()
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif first == "-c":
            if "fork_server" in rest[0]:
                preloaded_spare.keep()
            sys.argv = [first, *rest[1:]]
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = [first, *rest]
            sys.path[0] = str(Path(first).parent)
            runpy.run_path(first, run_name="__main__")

    def _take_descriptors(self) -> None:
        high = [fcntl.fcntl(number, fcntl.F_DUPFD, _HIGH) for number in self.given]
        for number, target in zip(high, self.said["targets"], strict=True):
            os.dup2(number, target)
        for number in map(int, os.listdir("/proc/self/fd")):
            if number not in self.said["targets"]:
                with suppress(OSError):  # it was for the list itself
                    os.close(number)


def _open_streams() -> None:
    """Standard streams, as the interpreter makes them at its start."""
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    is_line_by_line = "PYTHONUNBUFFERED" in os.environ
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = None
        with suppress(OSError):  # it is closed
            os.fstat(number)
            stream = open(  # noqa: SIM115 - it stays open
                number,
                "w" if number else "r",
                buffering=1 if number == 2 or is_line_by_line else -1,
                encoding=encoding or "utf-8",
                errors="backslashreplace" if number == 2 else errors or "strict",
                closefd=False,
            )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _leave(code: object) -> None:
    """End at once if all has been said: to take everything apart costs more than most programs.

    Otherwise Python has to do it.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # what Python itself does at its end
    atexit._run_exitfuncs()
    with suppress(OSError):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        if code is None or isinstance(code, int):
            os._exit((code or 0) & 0xFF)


class _Server:
    """Forks for whoever asks, and waits for what it has forked."""

    def __init__(self, tests: socket.socket, listener: socket.socket) -> None:
        self._tests, self._listener = tests, listener
        self._clients: dict[int, socket.socket] = {}
        """By the descriptors of their sockets."""
        self._asked_by: dict[int, int] = {}
        """The number of the process that each stands for."""
        self._children: dict[int, tuple[int, _Request]] = {}
        """By a descriptor of each: its number, and who it is."""
        self._poll = select.poll()
        for sock in (tests, listener):
            self._poll.register(sock, select.POLLIN)

    def serve(self) -> _Request | None:
        """Fork until the tests are over; in a fork, return what was asked for."""
        while True:
            for number, _ in self._poll.poll():
                if number == self._listener.fileno():
                    client, _ = self._listener.accept()
                    self._clients[client.fileno()] = client
                    self._poll.register(client, select.POLLIN)
                elif number in self._children:
                    self._bury(number)
                elif request := self._heard(number):
                    return request
                elif number == self._tests.fileno() and self._is_over:
                    return None

    _is_over = False

    def _heard(self, number: int) -> _Request | None:
        """Do what somebody asks for; in a fork, return it."""
        sock = self._clients.get(number, self._tests)
        message = b""
        with suppress(ConnectionResetError):  # it was killed, and had something unread
            message, descriptors, *_ = socket.recv_fds(sock, _MOST_BYTES, _MOST_DESCRIPTORS)
        if not message:
            self._gone(sock)
            return None
        request = _Request(message, descriptors)
        if not (pid := os.fork()):
            for each in (self._tests, self._listener, *self._clients.values()):
                each.detach()
            return request
        with suppress(BrokenPipeError):  # who asked has been killed since
            os.write(request.told, _NUMBER.pack(pid))
        for descriptor in request.given:
            os.close(descriptor)
        watched = os.pidfd_open(pid)
        self._children[watched] = pid, request
        self._poll.register(watched, select.POLLIN)
        if request.said["stands"]:
            self._asked_by[number] = pid
        return None

    def _gone(self, sock: socket.socket) -> None:
        """Somebody will not ask again; what a client stands for ends with it."""
        if sock is self._tests:
            self._is_over = True
            return
        number = sock.fileno()
        self._poll.unregister(number)
        del self._clients[number]
        pid = self._asked_by.pop(number, None)
        sock.close()
        if pid is not None and any(pid == child for child, _ in self._children.values()):
            os.kill(pid, signal.SIGKILL)

    def _bury(self, number: int) -> None:
        """Tell how a child has ended."""
        pid, request = self._children.pop(number)
        self._poll.unregister(number)
        os.close(number)
        _, status, used = os.wait4(pid, 0)
        processor_time.note(request.said["environ"], used.ru_utime + used.ru_stime)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(request.told, _NUMBER.pack(status))
        os.close(request.told)


def serve(tests: int, listener: int) -> None:
    """Fork off this process whatever is asked for, until the tests are over.

    Args:
        tests, listener: descriptors of the two sockets.
    """
    gc.collect()
    gc.freeze()  # no fork looks through all that, not even at its end
    with socket.socket(fileno=tests) as lifeline, socket.socket(fileno=listener) as listening:
        request = _Server(lifeline, listening).serve()
    if request is not None:
        try:
            request.run()
        except SystemExit as exc:
            _leave(exc.code)
            raise
        _leave(0)


def _compile_from_the_end(*numbers: int) -> None:
    """In a new clone, have another process compile what this one would come to last.

    To compile all modules takes seconds, in which nothing else can be done yet: so a fork imports
    them the other way round, and each finds what the other has compiled.
    """
    last = Path(trio_srs.__path__[0], "service", "api", "app.py")
    if Path(cache_from_source(last)).exists() or os.fork():
        return
    try:
        for number in numbers:  # whoever talks by these is not to wait for this process
            os.close(number)
        ours = [module.name for module in walk_packages(trio_srs.__path__, "trio_srs.")]
        for name in (*reversed(_MODULES), *reversed(ours)):
            with suppress(Exception):
                if not name.endswith("__main__"):
                    import_module(name)
    finally:
        os._exit(0)


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal: the tests end, and then this
    numbers = list(map(int, sys.argv[1:]))
    _compile_from_the_end(*numbers)
    for name in _MODULES:
        import_module(name)
    import_module("trio_srs.tools.verdicts.drawing").load_pygal()
    with import_module("trio_srs.server.logs").without_rich():  # as a server imports them
        for name in _LOGGING:
            import_module(name)
    serve(*numbers)


if __name__ == "__main__":
    _main()
