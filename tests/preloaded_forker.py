"""What :mod:`tests.preloaded` forks programs off: a process that has imported all they need.

It forks for whoever asks over a socket, waits for what it has forked, and tells how that ended.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

import trio_srs
from tests import preloaded_spare, processor_time
from tests.preloaded_process import MOST_BYTES, NUMBER

__all__ = ["serve"]

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
_MOST_DESCRIPTORS: Final = 64
_HIGH: Final = 500
"""Above all descriptors that a program is given."""
_SPARES: Final = 3
"""What each process of pytest-xdist may fork its servers from, one after the other."""


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
            message, descriptors, *_ = socket.recv_fds(sock, MOST_BYTES, _MOST_DESCRIPTORS)
        if not message:
            self._gone(sock)
            return None
        request = _Request(message, descriptors)
        if not (pid := os.fork()):
            for each in (self._tests, self._listener, *self._clients.values()):
                each.detach()
            return request
        with suppress(BrokenPipeError):  # who asked has been killed since
            os.write(request.told, NUMBER.pack(pid))
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
            os.write(request.told, NUMBER.pack(status))
        os.close(request.told)


def serve(tests: int, listener: int) -> None:
    """Fork off this process whatever is asked for, until the tests are over.

    Args:
        tests, listener: descriptors of the two sockets.
    """
    gc.collect()
    gc.freeze()  # no fork looks through all that, not even at its end
    gc.enable()
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
    gc.disable()  # all that is imported stays; to look through it again and again takes as long
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
