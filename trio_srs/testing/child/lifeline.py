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

__all__ = ["EXIT_ALONE", "hold", "is_gone", "parent_changed"]

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


def hold(sock: socket.socket, parent: int, grace_s: float = _GRACE_S) -> None:
    """Watch, in a thread, and end this process when it is alone and does not end by itself."""
    own = sock.dup()  # the event loop closes its own

    def watch() -> None:
        while not is_gone(own, _CHECK_MS) and not parent_changed(parent):
            continue
        time.sleep(grace_s)
        os._exit(EXIT_ALONE)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
