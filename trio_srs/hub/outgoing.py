"""What a connection sends by itself: what it owes, and readers that have not caught up. Floor 2.

While all its readers are fast and nothing is owed, a connection has no task for sending at all:
the broadcaster does it. This one is started when that ends, and is over when it holds again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.reader import Outlet, Reader

__all__ = ["Drain", "Outgoing", "PlayerStalledError"]

_SPAN_BYTES: Final = 256 * 1024
"""Offered at a time to a reader that catches up: about a GOP of a 1 Mbit/s stream."""


class Drain(Outlet, Protocol):
    """An outlet that can be waited for: a link to a peer of whatever protocol."""

    async def drained(self) -> None:
        """Wait until nothing is owed.

        Raises:
            PeerError: it will not be: the connection broke, or, if the error's ``end`` is
                ``PEER_STALLED``, the peer took nothing for too long.
        """
        ...


class PlayerStalledError(PeerError):
    """A player's socket took nothing for too long while something was owed."""

    code = "player_stalled"
    srs_code = 1011
    end = EndReason.PLAYER_STALLED


class Outgoing:
    """The sending side of one connection, whatever is spoken on it.

    Attributes:
        readers: those whose bytes go there. Whoever attaches one puts it here, and takes it out
            before it is detached.

    Args:
        link: where it goes. It calls :meth:`wake` when something is owed, and when a reader has
            something to do.
        start: starts a task in the connection's nursery.
    """

    __slots__ = ("_relief", "_running", "_start", "link", "readers")

    def __init__(self, link: Drain, start: Callable[[Callable[[], Awaitable[Any]]], None]) -> None:
        self.link = link
        self.readers: list[Reader] = []
        self._start = start
        self._running = False
        self._relief: trio.Event | None = None  # while somebody waits for it

    def wake(self) -> None:
        """There may be something to send; returns at once."""
        if not self._running and (self.readers or self.link.busy):
            self._running = True
            self._start(self._run)

    def send_now(self) -> None:
        """Send the beginning for a reader that has just been put here, without a task if that is
        all it takes to catch up.

        Raises:
            ReaderTooSlowError, FormFailedError: see :meth:`.Reader.next_span`.
        """
        if not (self._running or self.link.busy) and self._serve() and self._serve():
            self.wake()

    async def relieved(self) -> None:
        """Wait until nothing is owed; a reader may well owe something again when this returns."""
        if self.link.busy:
            if self._relief is None:
                self._relief = trio.Event()
            await self._relief.wait()

    async def _run(self) -> None:
        try:
            while True:
                await self._drained()
                if self._relief is not None:
                    self._relief.set()
                    self._relief = None
                if self._serve():
                    await trio.lowlevel.checkpoint()
                elif not self.link.busy:
                    return  # no await since the test: whoever has work now starts us anew
        finally:
            self._running = False

    async def _drained(self) -> None:
        try:
            await self.link.drained()
        except PeerError as error:
            if self.readers and error.end is EndReason.PEER_STALLED:
                raise PlayerStalledError(str(error)) from error
            raise

    def _serve(self) -> bool:
        """One span to each reader that is served by itself; whether there was any."""
        served, readers = False, self.readers
        if len(readers) > 1:
            readers.append(
                readers.pop(0)
            )  # each is first in its turn: a slow link has room for one
        for reader in readers:
            if self.link.busy:
                break
            span = reader.next_span(_SPAN_BYTES)
            if span is not None:
                served = True
                reader.took(span, self._offer(span.blob))
        return served

    def _offer(self, blob: bytes) -> int:
        """How much of ``blob`` was taken; with less than all of it, the link is busy."""
        if not blob:  # nothing of this span is for this reader
            return 0
        try:
            taken = self.link.offer(blob)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            self.link.broke(error)
            return 0
        if taken < len(blob):
            self.link.owe(())
        return taken
