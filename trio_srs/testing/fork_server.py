"""Processes for tests, there in a few milliseconds. Floor 7.

One process imports everything once, and is forked for each that is asked for
(:mod:`trio_srs.testing.child.fork_server`). It is started when first needed, or before by whoever
knows that it will be, and ends with the process that started it.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import IO, Any, Final

from trio_srs.testing.channel import ProcessEndedError, ProcessSilentError

__all__ = ["ForkServer", "Forked", "close_fork_server", "fork_server", "tail"]

__tracebackhide__ = True  # pytest: see channel

_BOOT: Final = (
    "import gc, json, sys; gc.disable(); sys.path[:] = json.loads(sys.argv[1]); "
    "from trio_srs.testing.child.fork_server import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)
"""With the module path of this process, so that both find the same modules. Imports leave next to
no garbage, and looking for it while they go on takes a tenth of their time; forks look for it."""
_PATIENCE_S: Final = 30.0
_END_S: Final = 1.0
_LAST_LINES: Final = 20


class Forked:
    """A process that was forked for us.

    Attributes:
        pid: its number.
    """

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._asking = threading.Lock()
        self._code: int | None = None

    def exit_code(self, within_s: float) -> int | None:
        """How it ended, negative for a signal; None if it goes on, or nobody knows any more."""
        return self._ask("exit_code", within_s)

    def kill(self) -> int | None:
        """End it at once (SIGKILL); returns :meth:`exit_code`."""
        return self._ask("kill", _PATIENCE_S)

    def _ask(self, what: str, within_s: float) -> int | None:
        with self._asking:  # a process that has been waited for must not be asked for again
            if self._code is None:
                order = {"do": what, "pid": self.pid, "within_s": within_s}
                # Without the one that knew, all that it had forked are gone as well.
                with suppress(ProcessEndedError, ProcessSilentError):
                    self._code = self._server.order(order)["code"]
            return self._code


class ForkServer:
    """The process that others are forked from. It is not waited for before the first of them."""

    def __init__(self) -> None:
        self.owner: Final = os.getpid()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        ours, theirs = socket.socketpair()
        self._sock = ours
        self._turn = threading.Lock()
        self._numbers = count(1)
        with theirs:
            self._process = subprocess.Popen(
                self._command(theirs),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C is for the tests, which end this in good order
            )
        self._heard = self._sock.makefile("rb")

    def _command(self, sock: socket.socket) -> list[str]:
        words = json.dumps(list(map(str, sys.path))), str(sock.fileno()), str(self.owner)
        return [sys.executable, "-P", "-c", _BOOT, *words]

    def fork(self, role: str, words: Mapping[str, Any], channel: socket.socket, log: int) -> Forked:
        """Have a process forked.

        Args:
            role: what it is for.
            words: what it needs to know.
            channel: its end of the socket pair by which it takes orders.
            log: the descriptor of the file that it writes its log to.

        Raises:
            ProcessEndedError: there is nobody to fork from.
        """
        answer = self.order(
            {"do": "fork", "role": role, "with": words}, descriptors=(channel.fileno(), log)
        )
        return Forked(self, answer["pid"])

    def order(self, order: Mapping[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """Have something done, and return the answer.

        Raises:
            ProcessEndedError, ProcessSilentError: there is none.
        """
        with self._turn:
            if self._log.closed:
                raise ProcessEndedError("the process that others are forked from was let go of")
            number = next(self._numbers)
            line = json.dumps({**order, "id": number}).encode() + b"\n"
            rights = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors)
            try:
                sent = self._sock.sendmsg([line], [rights] if descriptors else [])
                self._sock.sendall(line[sent:])
            except OSError:
                raise self._ended() from None
            return self._answer(number)

    def _answer(self, number: int) -> dict[str, Any]:
        """The answer to one order; those to earlier ones, of which Ctrl-C kept us, are skipped."""
        while (answer := self._next_answer())["id"] != number:
            continue
        return answer

    def _next_answer(self) -> dict[str, Any]:
        self._sock.settimeout(_PATIENCE_S)
        try:
            line = self._heard.readline()
        except TimeoutError:
            raise ProcessSilentError(
                f"the process that others are forked from: no answer within {_PATIENCE_S:g} s"
                f"{tail(self._log)}"
            ) from None
        except OSError:
            line = b""
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> ProcessEndedError:
        self._wait(_END_S)
        code = self._process.returncode
        return ProcessEndedError(
            f"the process that others are forked from ended with exit code {code}{tail(self._log)}"
        )

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked: it runs, and it is this process's and not its parent's."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End it, and wait until it has; what it forked ends by itself when let go of."""
        with self._turn:
            self._heard.close()
            self._sock.close()
            self._wait(_PATIENCE_S)
            self._log.close()

    def _wait(self, patience_s: float) -> None:
        if self.owner != os.getpid():  # a fork of the owner has nobody to wait for
            self._process.returncode = 0
            return
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def tail(log: IO[bytes], lines: int = _LAST_LINES) -> str:
    """The last lines of a log, on lines of their own, to end a message with."""
    size = os.fstat(log.fileno()).st_size
    text = os.pread(log.fileno(), size, 0).decode(errors="replace")
    last = text.splitlines()[-lines:]
    if not last:
        return "; its log is empty"
    return "".join(("; the last lines of its log:", *(f"\n    {line}" for line in last)))


_shared: ForkServer | None = None
_sharing = threading.Lock()


def fork_server() -> ForkServer:
    """The one of this process, started now if there is none."""
    global _shared
    with _sharing:
        if _shared is None or not _shared.is_alive:
            if _shared is not None:
                _shared.close()
            else:
                atexit.register(close_fork_server)
            _shared = ForkServer()
        return _shared


def close_fork_server() -> None:
    """End it, if there is one. The next one to need it starts another."""
    global _shared
    with _sharing:
        if _shared is not None:
            _shared.close()
            _shared = None
