"""A transport that does wrong what it is told to: reads nothing, is slow, is cut off. Floor 2.

It is put between a connection and its own transport when a fault wants it, at any time; see
:meth:`~trio_srs.net.link.Link.interpose`. Connections without a fault never have one.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.net.transport_over import TransportOver

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport

__all__ = ["FaultyTransport", "Valve"]

_LEAST: Final = 1e-6
"""Of a byte: what is missing by rounding."""
_BURST_S: Final = 0.05
"""How much of a second's bytes go through at a time."""


class Valve:
    """How much goes through in one direction.

    Attributes:
        passed: bytes that went through since it was made.
    """

    def __init__(self) -> None:
        self.passed = 0
        self._is_shut = False
        self._rate = 0.0
        self._credit = 0.0
        self._credit_at = 0.0
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._changed = trio.Event()

    def shut(self) -> None:
        """Let nothing through until :meth:`open`."""
        self._is_shut = True

    def open(self) -> None:
        """Let everything through again, as fast as it comes."""
        self._is_shut, self._rate = False, 0.0
        self.wake()

    def limit(self, rate: float) -> None:
        """Let so many bytes a second through, a twentieth of them at a time."""
        self._rate, self._credit, self._credit_at = rate, 0.0, trio.current_time()
        self.wake()

    def call_after(self, count: int, due: Callable[[], None]) -> None:
        """Call ``due`` when so many more bytes went through, and let no more through before."""
        insort(self._due, (self.passed + count, due), key=itemgetter(0))

    def wake(self) -> None:
        """Let who waits look again."""
        self._changed.set()
        self._changed = trio.Event()

    def room(self, wanted: int) -> int:
        """How many of so many bytes may go through now."""
        if self._is_shut:
            return 0
        if self._due:
            wanted = min(wanted, self._due[0][0] - self.passed)
        return wanted if not self._rate else min(wanted, self._credited())

    def _credited(self) -> int:
        now = trio.current_time()
        earned = (now - self._credit_at) * self._rate
        self._credit = min(self._credit + earned, 2 * self._burst)
        self._credit_at = now
        return int(self._credit)

    @property
    def _burst(self) -> float:
        """What is waited for: less would be a wake for each byte."""
        return max(1.0, self._rate * _BURST_S)

    @property
    def _pause_s(self) -> float:
        """How long nothing is to go through; 0 for not at all."""
        if self._is_shut:
            return math.inf
        missing = self._burst - self._credited() if self._rate else 0.0
        return missing / self._rate if missing > _LEAST else 0.0

    def pass_on(self, count: int) -> None:
        """So many went through."""
        self.passed += count
        self._credit -= count
        while self._due and self.passed >= self._due[0][0]:
            _, due = self._due.pop(0)
            due()

    async def until_open(self) -> None:
        """Wait until something may go through."""
        while pause_s := self._pause_s:
            with trio.move_on_after(pause_s):
                await self._changed.wait()


class FaultyTransport(TransportOver):
    """A :class:`~trio_srs.net.transport.Transport` over another one, which it owns.

    Attributes:
        reading: what comes from the peer.
        writing: what goes to it.
    """

    def __init__(self, below: Transport) -> None:
        super().__init__(below)
        self.reading, self.writing = Valve(), Valve()
        self._is_muted = False
        self._is_closed = False

    @property
    def fileno(self) -> None:
        """There is none: whether it can be read is not the socket's to say."""

    # ---------------------------------------------------------------- reading

    def receive_into(self, buffer: memoryview, /) -> int:
        room = len(buffer) if self._is_closed else self.reading.room(len(buffer))
        if not room:
            raise BlockingIOError("nothing is read at present")
        count = self._below.receive_into(buffer[:room])
        self.reading.pass_on(count)
        return count

    async def readable(self) -> None:
        while True:
            if not self._is_closed:
                await self.reading.until_open()
            await self._below.readable()
            if self._is_closed or self.reading.room(1):
                return

    # ---------------------------------------------------------------- writing

    def mute(self) -> None:
        """Close our side; what is still said goes nowhere, and nobody here notices."""
        self._below.shutdown_write()
        self._is_muted = True

    def offer(self, data: bytes | memoryview, /) -> int:
        if self._is_muted:
            return len(data)
        room = len(data) if self._is_closed else self.writing.room(len(data))
        if not room:
            raise BlockingIOError("nothing is sent at present")
        taken = self._below.offer(data if room == len(data) else memoryview(data)[:room])
        self.writing.pass_on(taken)
        return taken

    async def writable(self) -> None:
        while True:
            if not (self._is_closed or self._is_muted):
                await self.writing.until_open()
            await self._below.writable()
            if self._is_closed or self._is_muted or self.writing.room(1):
                return

    # ---------------------------------------------------------------- closing

    def shutdown_write(self) -> None:
        self._below.shutdown_write()

    def close(self) -> None:
        self._below.close()
        self._wake()

    def reset(self) -> None:
        self._below.reset()
        self._wake()

    def _wake(self) -> None:
        """It is closed: nothing is held back any more, so that whoever waits finds out."""
        self._is_closed = True
        for valve in (self.reading, self.writing):
            valve.open()


if TYPE_CHECKING:

    def _is_a_transport(transport: FaultyTransport) -> Transport:
        return transport
