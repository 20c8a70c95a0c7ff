"""No process of a test outlives the test's own, however that ended. Floor 7.

The event loop ends when the socket that orders come by is closed. Should it be stuck, or a copy
of the other end be open in some third process, this ends the process all the same.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from typing import Final

__all__ = ["EXIT_ALONE", "Lifeline", "is_gone", "parent_changed"]

EXIT_ALONE: Final = 70
"""The exit code of a process that had to be ended so."""

_CHECK_MS: Final = 500
_GRACE_S: Final = 2.0


def parent_changed(parent: int) -> bool:
    """Whether the process that started this one is gone."""
    return os.getppid() != parent


def is_gone(sock: socket.socket, within_ms: int) -> bool:
    """Whether nobody has the other end of a socket any more; waits so long for that to be."""
    poll = select.poll()
    poll.register(sock.fileno(), 0)  # a hang-up is told without being asked for
    return bool(poll.poll(within_ms))


class Lifeline:
    """Watches, in a thread, and ends this process when it is alone and does not end by itself."""

    def __init__(self, parent: int, grace_s: float = _GRACE_S) -> None:
        """Watch whether the parent is there.

        Args:
            parent: the process that started this one.
            grace_s: how long this one may take to end by itself.
        """
        self._parent, self._grace_s = parent, grace_s
        self._sock: socket.socket | None = None
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def hold(self, sock: socket.socket) -> None:
        """Watch as well whether somebody has the other end of a socket."""
        self._sock = sock.dup()  # the event loop closes its own

    def _watch(self) -> None:
        while not self._is_alone():
            continue
        time.sleep(self._grace_s)
        os._exit(EXIT_ALONE)

    def _is_alone(self) -> bool:
        if self._sock is None:
            time.sleep(_CHECK_MS / 1000)
        elif is_gone(self._sock, _CHECK_MS):
            return True
        return parent_changed(self._parent)
