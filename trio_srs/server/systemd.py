"""What systemd is told of a service, and what it hands over. Floor 5.

Source: sd_notify(3), sd_listen_fds(3): plain text to a socket, and descriptors from 3 on.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["Notifier", "handed_over"]

_log = logging.getLogger(__name__)

_FIRST: Final = 3


def handed_over(environ: Mapping[str, str]) -> Sequence[int]:
    """The descriptors of sockets to listen on, if they are for this process."""
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdecimal():
        return ()
    return range(_FIRST, _FIRST + int(count))


class Notifier:
    """Says how the service stands, to whoever has asked for it."""

    def __init__(self, where: str = "") -> None:
        """
        Args:
            where: the path of the socket, ``@`` in front for an abstract one, as in
                ``NOTIFY_SOCKET``; empty: nobody has asked.
        """
        self._where = f"\0{where[1:]}" if where.startswith("@") else where

    def ready(self) -> None:
        """It is up, or has reloaded."""
        self._say("READY=1")

    def reloading(self) -> None:
        """It takes over another configuration."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It has begun to end."""
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self._where:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto(text.encode(), self._where)
        except OSError as error:  # it goes on all the same
            _log.warning("cannot notify systemd: %s", error.strerror or error)
