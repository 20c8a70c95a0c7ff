"""What is still there of a namespace that was ended. Floor 3."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import trio

from trio_srs.hub.hub import Hub
from trio_srs.hub.namespace import Namespace, NamespaceLeft
from trio_srs.net.tcp import show_address

__all__ = ["find_left"]

_FOLDER: Final = "/dev/fd"


def find_left(space: Namespace, hub: Hub, peers: Iterable[str]) -> NamespaceLeft:
    """Look for it.

    Args:
        peers: addresses whose sockets were of sessions in it, and of no others.
    """
    return NamespaceLeft(
        sessions=tuple(space.sessions),
        streams=tuple(name for name in hub.names() if name.startswith(space.front)),
        tasks=tuple(sorted(_tasks_of(space.front))),
        descriptors=tuple(_descriptors(set(peers))),
    )


def _tasks_of(front: str) -> Iterator[str]:
    """Tasks are named by what they do and of which stream."""
    root = trio.lowlevel.current_root_task()
    waiting = [root] if root is not None else []
    while waiting:
        task = waiting.pop()
        if f" of {front}" in task.name:
            yield task.name
        for nursery in task.child_nurseries:
            waiting.extend(nursery.child_tasks)


def _descriptors(peers: set[str]) -> Iterator[str]:
    for name in os.listdir(_FOLDER):
        with suppress(OSError):  # the one that the folder was read by is gone
            descriptor = int(name)
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                peer = _peer(descriptor)
                if peer in peers:
                    yield f"{descriptor}: a socket to {peer}"


def _peer(descriptor: int) -> str:
    """As addresses of peers are written."""
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        return show_address(sock.family, sock.getpeername())
