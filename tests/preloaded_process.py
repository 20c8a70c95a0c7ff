"""A program that another process forks: as any, for who waits for its end, and for tasks.

The process that forks is told of a program by a message and the descriptors that the program is to
have, before them one to tell by: first the number of its process, then how it ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import trio

__all__ = ["MOST_BYTES", "NUMBER", "AsyncProcess", "ForkedProcess"]

MOST_BYTES: Final = 1 << 18
"""Of such a message."""
NUMBER: Final = struct.Struct("q")
"""First the number of the process, then its status."""
_KILLED: Final = 9
"""The status of a program whose end nobody saw."""
_CHECK_S: Final = 0.01


class ForkedProcess(subprocess.Popen[str]):
    """A process that another one forks and waits for: the rest is as with any."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        by: Callable[[], socket.socket],
        closed: Iterable[int],
        **options: Any,
    ) -> None:
        """Have it forked.

        Args:
            by: the way to the process that does so, by which the message goes.
            closed: standard streams that are not there.
        """
        self._by, self._closed = by, set(closed)
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
            socket.send_fds(self._by(), [message], [told, *given.values()])
        finally:
            os.close(told)
        [self.pid] = NUMBER.unpack(os.read(self._heard, NUMBER.size))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]  # of Popen, and not public

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """As ``os.waitpid``, of a process that is not a child of this one."""
        patience = 0 if wait_flags & os.WNOHANG else None
        if not select.select([self._heard], [], [], patience)[0]:
            return 0, 0
        told = os.read(self._heard, NUMBER.size)
        os.close(self._heard)
        [status] = NUMBER.unpack(told) if told else [_KILLED]
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._child_created:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]  # of Popen, and not public
        return self.returncode


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
