"""Peers that have connected and asked for nothing yet: greeted without a task. Floor 3.

Many connections never get further than the handshake: port scans, health checks, peers that
time out, storms. A task, a nursery and the objects of a session would be most of what they cost.
So the shared reader reads them inline, and whatever needs to wait, or to be decided, makes a
:class:`~trio_srs.service.rtmp.connection.Connection` of a peer: the first byte behind the
handshake, an answer that was not taken whole, and every end that the peer is to be told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Final

import attrs
import trio

from trio_srs.errors import EndReason, ProtocolError
from trio_srs.hub.end import End, ended, tell_end
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.link import PeerClosedError
from trio_srs.net.read_source import After
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.transport import Transport
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.deadlines import (
    ConnectTimeoutError,
    HandshakeTimeoutError,
)
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES, ServerHandshake

__all__ = ["HandshakeProgress", "PendingPeer", "PendingPeers"]

_GONE: Final = End(PeerClosedError.end, PeerClosedError.TEXT)


@attrs.frozen(kw_only=True)
class HandshakeProgress:
    """What a connection goes on with that was pending first."""

    handshake: ServerHandshake
    data: bytes
    """What came behind the handshake."""
    owed: bytes
    """The rest of our part of the handshake."""
    bytes_in: int
    bytes_out: int


Admit = Callable[[Transport, SessionEntry, HandshakeProgress], None]
"""Makes a connection of a pending peer, and lets it run."""


class PendingPeer:
    """One of them. Everything here is synchronous."""

    __slots__ = (
        "_bytes_in",
        "_bytes_out",
        "_fileno",
        "_handshake",
        "_pending",
        "_transport",
        "entry",
        "patience_s",
    )

    def __init__(
        self, pending: PendingPeers, transport: Transport, fileno: int, entry: SessionEntry
    ) -> None:
        context = pending.context
        self._pending, self._transport, self._fileno = pending, transport, fileno
        self.entry = entry
        entry.end = self._end
        self._handshake = ServerHandshake(
            random=context.random(RANDOM_BYTES), epoch_ms=int(entry.began_at * 1000)
        )
        self._bytes_in = self._bytes_out = 0
        self.patience_s: float = context.config.handshake_timeout

    def read(self, now: float) -> After:
        """Read what there is, for as long as the peer stays pending."""
        buffer = self._pending.context.buffer
        try:
            count = self._transport.receive_into(buffer)
        except BlockingIOError:
            return After.WAIT
        except OSError as error:
            self.leave(End(EndReason.PEER_RST, error.strerror or str(error)))
            return After.OVER
        if not count:
            self.leave(_GONE)
            return After.OVER
        self._bytes_in += count
        data = buffer[:count]
        if self._handshake.done:
            self._go_on(data=bytes(data))
            return After.OVER
        return self._shake(data, now)

    def _shake(self, data: memoryview, now: float) -> After:
        """Go on with the handshake, for as long as the peer stays pending."""
        handshake = self._handshake
        try:
            answer = handshake.receive(data)
        except ProtocolError as error:
            self._end(error.end, str(error))
            return After.OVER
        if answer:
            try:
                taken = self._transport.offer(answer)
            except BlockingIOError:
                taken = 0
            except OSError as error:
                self.leave(End(EndReason.PEER_RST, error.strerror or str(error)))
                return After.OVER
            self._bytes_out += len(answer)
            if taken < len(answer):
                self._go_on(owed=answer[taken:])
                return After.OVER
        if handshake.done:
            self.entry.shaken_at = now
            if handshake.trailing:
                self._go_on(data=handshake.trailing)
                return After.OVER
            self._pending.wait_on(self, self._pending.context.config.connect_timeout, now)
        return After.WAIT

    def expire(self) -> None:
        """It has kept us waiting for too long."""
        late = HandshakeTimeoutError if self.entry.shaken_at == math.inf else ConnectTimeoutError
        error = late.after(self.patience_s)
        self._end(error.end, str(error))

    def _end(self, reason: EndReason, detail: str) -> None:
        """End it in words that the peer hears."""
        self._go_on()
        self.entry.end(reason, detail)  # the connection's, by now

    def _go_on(self, *, data: bytes = b"", owed: bytes = b"") -> None:
        """Be a connection from now on."""
        self._pending.forget(self)
        self._pending.reader.unwatch(self._fileno)
        progress = HandshakeProgress(
            handshake=self._handshake,
            data=data,
            owed=owed,
            bytes_in=self._bytes_in,
            bytes_out=self._bytes_out,
        )
        self._pending.admit(self._transport, self.entry, progress)

    def leave(self, end: End) -> None:
        """It is gone, and there is nobody to say anything to."""
        self._pending.forget(self)
        self._pending.reader.unwatch(self._fileno, closing=True)
        if end.reason is EndReason.PEER_FIN:
            self._transport.close()
        else:
            self._transport.reset()
        self.entry.end = ended
        context = self._pending.context
        tell_end(
            context.registry,
            context.bus,
            self.entry,
            end,
            bytes_in=self._bytes_in,
            bytes_out=self._bytes_out,
        )
        self._pending.on_left()

    def fail(self, bug: Exception) -> None:
        """A bug of ours in reading it; no other peer is to notice."""
        session = self.entry.id
        supervisor = self._pending.context.hub.supervisor
        supervisor.report(f"pending session {session}", bug, session=session)
        self.leave(End(EndReason.INTERNAL_ERROR, repr(bug)))


class PendingPeers:
    """All pending peers of one server, and how long each may stay so.

    Those that are allowed the same time are due in the order in which they began to wait, so
    one timer does for all.
    """

    def __init__(
        self,
        context: RtmpContext,
        reader: SharedReader,
        admit: Admit,
        on_left: Callable[[], None],
    ) -> None:
        self.context = context
        self.reader = reader
        self.admit = admit
        self.on_left = on_left
        """Called when one is gone for good."""
        self._queues: dict[float, dict[PendingPeer, float]] = {}
        """By what they are allowed: when each is due."""
        self._count = 0
        self._sleep = trio.CancelScope()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[PendingPeer]:
        """Those there are now."""
        return iter([peer for queue in self._queues.values() for peer in queue])

    def welcome(self, transport: Transport, fileno: int, entry: SessionEntry) -> None:
        """Greet a peer that has just connected."""
        peer = PendingPeer(self, transport, fileno, entry)
        self._wait(peer, entry.began_at)
        self.reader.watch(fileno, peer.read, peer.fail)

    def wait_on(self, peer: PendingPeer, patience_s: float, now: float) -> None:
        """One may stay so long from now on."""
        self.forget(peer)
        peer.patience_s = patience_s
        self._wait(peer, now)

    def _wait(self, peer: PendingPeer, now: float) -> None:
        due = now + peer.patience_s
        queue = self._queues.get(peer.patience_s)
        if queue is None:
            queue = self._queues[peer.patience_s] = {}
        if not queue and due < self._sleep.deadline:
            self._sleep.deadline = due
        queue[peer] = due
        self._count += 1

    def forget(self, peer: PendingPeer) -> None:
        """It is not pending any more."""
        del self._queues[peer.patience_s][peer]
        self._count -= 1

    async def run(self) -> None:
        """See to it that nobody stays too long, until cancelled; then everybody is put out."""
        try:
            while True:
                self._sleep = trio.CancelScope(deadline=self._next_due())
                with self._sleep:
                    await trio.sleep_forever()
                self._expire(trio.current_time())
        finally:
            for peer in self:
                peer.leave(End(EndReason.SHUTDOWN, "the server stopped"))

    def _next_due(self) -> float:
        firsts = (next(iter(queue.values()), math.inf) for queue in self._queues.values())
        return min(firsts, default=math.inf)

    def _expire(self, now: float) -> None:
        for patience_s, queue in list(self._queues.items()):
            for peer, _ in list(takewhile(lambda item: item[1] <= now, queue.items())):
                peer.expire()
            if not queue:  # a reload may bring any number of other times
                del self._queues[patience_s]
