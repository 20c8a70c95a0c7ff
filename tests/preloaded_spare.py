"""What a test forks its servers from, forked itself: for runs of somebody's tests.

The first fixture of a run starts a process that imports all of the server, which takes nearly a
second of processor time. Where :mod:`tests.preloaded_forker` forks such a run, or a process of the
tests themselves, it keeps further forks beside it that have imported that already. Each becomes
such a process once one is wanted; when there is none left, the next is started as ever.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from types import SimpleNamespace
from typing import Any, Final, NoReturn

from trio_srs.testing import fork_server

__all__ = ["MODULES", "keep"]

MODULES: Final = (
    "trio_srs.testing.fork_server",
    *(f"trio_srs.testing.child.{name}" for name in ("fork_server", "playing", "publishing")),
)
"""What the process that forks has to have imported."""
_MOST_BYTES: Final = 1 << 17
_MOST_DESCRIPTORS: Final = 8
_HIGH: Final = 600
"""Above all descriptors that it is given."""


def keep(count: int = 1) -> None:
    """Let the next processes to fork servers from that this one wants be forks of what it is."""
    owner, spares = os.getpid(), list[tuple[int, socket.socket]]()
    for _ in range(count):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if not pid:
            for _, other in spares:
                other.close()
            ours.close()
            _live(theirs)
        theirs.close()
        spares.append((pid, ours))

    class Spare(_Spare):
        _owner, _spares = owner, spares

    known = vars(subprocess) | {"Popen": Spare}
    fork_server.subprocess = SimpleNamespace(**known)  # type: ignore[assignment, attr-defined]  # as it sees it


def _live(theirs: socket.socket) -> NoReturn:
    """What such a fork does, and ends."""
    code = 1
    try:
        _wait_and_become(theirs)
        code = 0
    except BaseException:  # whatever it is: the process ends here, not in what it was forked from
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class _Spare(subprocess.Popen[bytes]):
    """A process that is there already, and a child of this one."""

    _owner: int
    """Whose children they are."""
    _spares: list[tuple[int, socket.socket]]

    def _execute_child(self, *how: Any) -> None:
        words, _, _, _, pass_fds, cwd, environ, *_ = how
        pipes = how[10:16]
        if not self._spares or self._owner != os.getpid():
            super()._execute_child(*how)  # type: ignore[misc]  # of Popen, and not public
            return
        self.pid, sock = self._spares.pop()
        given = {0: pipes[0], 1: pipes[3], 2: pipes[5], **{number: number for number in pass_fds}}
        request = {
            "words": words,
            "targets": list(given),
            "cwd": os.fspath(cwd or os.getcwd()),
            "environ": dict(os.environ if environ is None else environ),
        }
        with sock:
            socket.send_fds(sock, [json.dumps(request).encode()], list(given.values()))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]  # of Popen, and not public


def _wait_and_become(sock: socket.socket) -> None:
    """Do as ``python -P -c CODE WORDS`` when it is wanted; end if it never is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as it will have it
    with open(os.devnull, "r+b") as nothing:
        for number in (0, 1, 2):
            os.dup2(nothing.fileno(), number)
    message, descriptors, *_ = socket.recv_fds(sock, _MOST_BYTES, _MOST_DESCRIPTORS)
    if not message:
        return
    sock.close()
    request = json.loads(message)
    os.setpgid(0, 0)
    high = [os.dup2(number, _HIGH + at) for at, number in enumerate(descriptors)]
    for number in descriptors:
        os.close(number)
    for number, target in zip(high, request["targets"], strict=True):
        os.dup2(number, target)
        os.close(number)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    _python, _safe_path, _option, code, *sys.argv[1:] = request["words"]
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
