"""Listening sockets that whoever started this process has opened for it. Floor 2.

A table of the process, as its descriptors are: who listens on an address takes the socket that is
there for it, in place of opening one.

Source: systemd, sd_listen_fds(3).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from typing import Final

from trio_srs.errors import RefusedError
from trio_srs.net.address import Address

__all__ = ["InheritedSocketError", "adopt", "release", "take", "unused"]

_EVERYWHERE: Final = ("::", "0.0.0.0")
_sockets: list[socket.socket] = []
_taken: set[int] = set()


class InheritedSocketError(RefusedError):
    """What was handed over to listen on is no listening socket."""

    code = "inherited_socket"


def adopt(descriptors: Iterable[int]) -> None:
    """Own these descriptors; they are listened on by whoever asks for their addresses.

    Raises:
        InheritedSocketError: one of them is none, or nobody can listen on it.
    """
    for number in descriptors:
        try:
            os.set_inheritable(number, False)
            sock = socket.socket(fileno=number)
        except OSError as error:
            raise InheritedSocketError(f"descriptor {number}: {error.strerror}") from None
        _sockets.append(sock)
        if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise InheritedSocketError(f"descriptor {number} is no socket that listens")


def take(address: Address) -> list[socket.socket]:
    """The sockets for an address, each once more: whoever closes one closes that alone, so that the
    address can be taken again."""
    found = [sock for sock in _sockets if _is_for(sock, address)]
    _taken.update(sock.fileno() for sock in found)
    return [sock.dup() for sock in found]


def unused() -> Sequence[str]:
    """Where those listen that nobody has taken."""
    return [str(sock.getsockname()) for sock in _sockets if sock.fileno() not in _taken]


def release() -> None:
    """Close all: the server has ended."""
    for sock in _sockets:
        sock.close()
    _sockets.clear()
    _taken.clear()


def _is_for(sock: socket.socket, address: Address) -> bool:
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return address.path is not None and name == address.path
    host, port, *_ = name
    if address.path is not None or port != address.port:
        return False
    return host == address.host or (not address.host and host in _EVERYWHERE)
