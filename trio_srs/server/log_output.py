"""Output that never waits for whoever reads it. Floor 5.

A pipe that nobody reads is full after 64 KiB, and who writes to it then waits: a server would serve
nobody any more because of its log. So a descriptor is written to as far as it takes something. What
it does not take is kept, within a bound, for a thread that is there only then; what is more is
dropped and counted, and the count is said where the lines are missing.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

import attrs

__all__ = ["OWED_MOST", "Gap", "LogOutput"]

OWED_MOST: Final = 1_048_576
"""Bytes that are kept for a descriptor that takes nothing."""
_RETRY_S: Final = 0.1
"""How long nothing is tried after an error, such as that of a full disk."""
_POLL_MS: Final = 1000
_UNREAD: Final = "nobody was reading"

Gap = Callable[[int, float, str], bytes]
"""What to write in place of lines that were dropped: how many, within how many seconds, and why."""


@attrs.define
class _Piece:
    """The rest of a line, or what tells of lines that are missing."""

    data: bytes
    lines: int
    """How many are lost with it."""
    is_rest: bool = False
    """Whether the beginning has been written."""


class LogOutput:
    """One descriptor that belongs to somebody else. Threads may share it.

    Attributes:
        lost: lines that were dropped, and not told of so far.
        why: why, in words.
    """

    def __init__(self, fileno: int, gap: Gap) -> None:
        self.lost = 0
        self.why = _UNREAD
        self._gap = gap
        self._door = _open_door(fileno)
        self._lock = threading.RLock()
        self._owed: deque[_Piece] = deque()
        self._size = 0
        self._lost_since = 0.0
        self._retry_at = 0.0
        self._is_cut_off = False  # what was written last is the beginning of a line
        self._is_draining = self._is_closed = False

    @property
    def owes(self) -> bool:
        """Whether there is something that the descriptor has not taken yet."""
        return bool(self._owed)

    def write(self, line: bytes) -> None:
        """Write a line; or keep it until there is room; or drop it. Never waits, never raises."""
        with self._lock:
            if self._owed or self.lost or self._is_closed:
                self._write_behind(line)
                return
            try:  # as nearly always there is room
                count = self._door.write(line)
            except OSError:
                count = 0
            if count < len(line):
                self._keep(line[count:], 1, is_rest=count > 0)
                self._flow_or_drain()

    def finish(self, within_s: float) -> None:
        """Write what is kept, as long as that may take, and write nothing more. Idempotent."""
        deadline = time.monotonic() + within_s
        with self._lock:
            if self._is_closed:
                return
            self._tell_gap()
            self._flow()
        while self._owed and (left_s := deadline - time.monotonic()) > 0:
            self._wait_for_room(left_s)
        with self._lock:
            self._is_closed = True
            self._owed.clear()
            self._door.close()

    # ------------------------------------------------------- with the lock held

    def _write_behind(self, line: bytes) -> None:
        """Write a line behind what is kept, and behind the count of what is lost."""
        is_broken = self._retry_at and time.monotonic() < self._retry_at
        if is_broken or self._is_closed or self._size + len(line) > OWED_MOST:
            self._lose(1)
            return
        self._tell_gap()
        self._keep(line, 1)
        self._flow_or_drain()

    def _flow_or_drain(self) -> None:
        if self._is_draining:
            return
        self._flow()
        if self._owed:
            self._is_draining = True
            threading.Thread(target=self._drain, name="log", daemon=True).start()

    def _keep(self, data: bytes, lines: int, *, is_rest: bool = False) -> None:
        self._owed.append(_Piece(data, lines, is_rest))
        self._size += len(data)

    def _lose(self, lines: int) -> None:
        if not self.lost:
            self._lost_since = time.monotonic()
        self.lost += lines

    def _tell_gap(self) -> None:
        if self.lost:
            told = self._gap(self.lost, time.monotonic() - self._lost_since, self.why)
            self._keep(b"\n" * self._is_cut_off + told, self.lost)
            self.lost, self._is_cut_off = 0, False

    def _flow(self) -> None:
        """Write what is kept, as far as it is taken."""
        owed = self._owed
        try:
            while owed:
                piece = owed[0]
                count = self._door.write(piece.data)
                self._retry_at = 0.0
                self._size -= count
                if count == len(piece.data):
                    owed.popleft()
                else:
                    piece.data, piece.is_rest = piece.data[count:], True
        except BlockingIOError:
            self.why = _UNREAD
        except OSError as error:
            self.why = error.strerror or str(error)
            self._retry_at = time.monotonic() + _RETRY_S
            self._is_cut_off |= owed[0].is_rest
            self._lose(sum(piece.lines for piece in owed))
            owed.clear()
            self._size = 0

    # ----------------------------------------------------------------- the thread

    def _drain(self) -> None:
        """Write what is kept as there is room, until nothing is."""
        while self._wait_for_room(_POLL_MS / 1000):
            pass

    def _wait_for_room(self, within_s: float) -> bool:
        """Go on when there is room; whether something is kept still."""
        self._door.wait(within_s)
        with self._lock:
            if not self._is_closed:
                self._flow()
            if not self._owed and self.lost and not self._retry_at and not self._is_closed:
                self._tell_gap()
                self._flow()
            if not self._owed:
                self._is_draining = False
            return bool(self._owed)


# ------------------------------------------------------------ kinds of descriptors


@attrs.frozen
class _Door:
    """How to write to a descriptor without waiting."""

    write: Callable[[bytes], int]
    """Writes some of it.

    Raises:
        BlockingIOError: there is no room.
    """
    fileno: int
    close: Callable[[], None] = lambda: None

    def wait(self, within_s: float) -> None:
        """Wait for room, or an error."""
        poll = select.poll()
        poll.register(self.fileno, select.POLLOUT)
        poll.poll(within_s * 1000)


def _open_door(fileno: int) -> _Door:
    """Find the way for a kind of descriptor.

    Its own flags are left alone: others have it too, a terminal's shell or a pipe's next writer.
    """
    mode = os.fstat(fileno).st_mode
    if stat.S_ISSOCK(mode):
        sock = socket.socket(fileno=os.dup(fileno))
        return _Door(partial(_send, sock), sock.fileno(), sock.close)
    if stat.S_ISREG(mode) or not os.get_blocking(fileno):
        return _Door(partial(os.write, fileno), fileno)
    with contextlib.suppress(OSError):  # no /proc, or the pipe is another user's
        own = os.open(f"/proc/self/fd/{fileno}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        return _Door(partial(os.write, own), own, partial(os.close, own))
    return _Door(partial(_write_a_piece, fileno), fileno)


def _send(sock: socket.socket, data: bytes) -> int:
    return sock.send(data, socket.MSG_DONTWAIT)


def _write_a_piece(fileno: int, data: bytes) -> int:
    """So little never waits where there is room at all (POSIX, ``write``)."""
    poll = select.poll()
    poll.register(fileno, select.POLLOUT)
    if not poll.poll(0):
        raise BlockingIOError
    return os.write(fileno, data[: select.PIPE_BUF])
