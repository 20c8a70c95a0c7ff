"""Who is read by a shared reader in tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import trio

from trio_srs.net.read_source import After, Read
from trio_srs.net.shared_reader import SharedReader


@contextmanager
def a_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        yield near, far


def collecting(sock: socket.socket, into: list[bytes]) -> Read:
    """Reads what there is; over at the end of the stream."""

    def read(now: float) -> After:
        try:
            data = sock.recv(1000)
        except BlockingIOError:
            return After.WAIT
        into.append(data)
        return After.WAIT if data else After.OVER

    return read


def raised(error: Exception) -> None:
    raise AssertionError from error


class Crowd:
    """Sockets that always have something to read; each turn takes a while of our own clock."""

    def __init__(self) -> None:
        self.work_s = 0.0
        self.turns: list[str] = []
        self.size = 0
        self.shared = SharedReader(work_clock=lambda: self.work_s)
        self._sockets = ExitStack()

    def join(self, name: str, *, after: After = After.WAIT, takes_s: float = 0.0005) -> int:
        """A socket that is full, and is never emptied; its number."""
        near, far = self._sockets.enter_context(a_pair())
        far.send(b"much")
        self.size += 1

        def read(now: float) -> After:
            self.work_s += takes_s
            self.turns.append(name)
            return after

        self.shared.watch(near.fileno(), read, raised)
        return near.fileno()

    async def settle(self) -> None:
        """Until each of them was read."""
        with trio.fail_after(10):
            while len(set(self.turns)) < self.size:
                await trio.lowlevel.checkpoint()

    async def watch_turns(self, count: int) -> list[str]:
        """The next turns, so many."""
        self.turns.clear()
        with trio.fail_after(10):
            while len(self.turns) < count:
                await trio.lowlevel.checkpoint()
        return self.turns[:count]

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._sockets.close()
