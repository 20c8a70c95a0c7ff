"""What a server holds, and whether it has given it back. Floor 7."""

from __future__ import annotations

import os
import socket
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import attrs
import trio

from trio_srs.hub.registry import SessionEntry
from trio_srs.testing.child.orders import is_order

__all__ = ["ResourceSnapshot", "take_snapshot", "until_given_back"]

_FOLDER: Final = "/dev/fd"
_CHECK_S: Final = 0.01


@attrs.frozen
class ResourceSnapshot:
    """What is held at one moment, by name, and how many of each."""

    sessions: Counter[str]
    tasks: Counter[str]
    descriptors: Counter[str]

    def beyond(self, before: ResourceSnapshot) -> tuple[str, ...]:
        """What is held that was not held before, each in a few words."""
        return tuple(
            f"{kind} {name}" + (f" ({count} times)" if count > 1 else "")
            for kind, now, then in (
                ("session", self.sessions, before.sessions),
                ("task", self.tasks, before.tasks),
                ("descriptor", self.descriptors, before.descriptors),
            )
            for name, count in sorted((now - then).items())
        )


def take_snapshot(sessions: Iterable[SessionEntry]) -> ResourceSnapshot:
    """See what this process holds, orders and what they do left out.

    Args:
        sessions: those that are open.
    """
    root = trio.lowlevel.current_root_task()
    assert root is not None  # there is one wherever there is a task
    return ResourceSnapshot(
        Counter(f"{entry.id} from {entry.peer}" for entry in sessions),
        Counter(task.name for task in _tasks(root)),
        Counter(_descriptors()),
    )


async def until_given_back(
    before: ResourceSnapshot, sessions: Iterable[SessionEntry], patience_s: float
) -> tuple[str, ...]:
    """Wait until nothing more is held than before; what is left when that takes too long."""
    deadline = trio.current_time() + patience_s
    while left := take_snapshot(sessions).beyond(before):
        if trio.current_time() >= deadline:
            break
        await trio.sleep(_CHECK_S)
    return left


def _tasks(task: trio.lowlevel.Task) -> Iterator[trio.lowlevel.Task]:
    if is_order(task):
        return
    yield task
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _tasks(child)


def _descriptors() -> Iterator[str]:
    for name in os.listdir(_FOLDER):
        with suppress(OSError):  # the one that the folder was read by is gone
            yield _described(int(name))


def _described(descriptor: int) -> str:
    if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            return f"{sock.family.name} socket {sock.getsockname()}{_peer(sock)}"
    with suppress(OSError):
        return os.readlink(f"{_FOLDER}/{descriptor}")  # where there is no link, it is a number
    return f"number {descriptor}"


def _peer(sock: socket.socket) -> str:
    try:
        return f" to {sock.getpeername()}"
    except OSError:  # it listens, or its peer is gone
        return ""
