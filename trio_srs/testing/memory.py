"""Connections in memory, for tests under a mock clock. Floor 7.

They keep every promise of :class:`trio_srs.net.transport.Transport` without a descriptor, so
that a task waiting on one is idle to Trio's clock, and a stalled peer is one assignment:

    server, client = memory_transport_pair(capacity=4096)
    server.capacity = 0  # the network takes nothing more from the server
"""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.session.file_slice import FileSlice, Piece

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport

__all__ = ["MemoryListener", "MemoryTransport", "memory_transport_pair"]

DEFAULT_CAPACITY: Final = 65_536


@attrs.define(eq=False)
class _Pipe:
    """One direction: what was sent and not yet read, and who waits for a change."""

    capacity: int
    data: bytearray = attrs.Factory(bytearray)
    held: bytearray = attrs.Factory(bytearray)
    """Taken from the sender, not yet shown to the receiver."""
    holding: bool = False
    ended: bool = False
    broken: bool = False
    """The receiver, or the sender by force, is gone: no byte passes any more."""
    changed: trio.lowlevel.ParkingLot = attrs.Factory(trio.lowlevel.ParkingLot)

    @property
    def room(self) -> int:
        return self.capacity - len(self.data) - len(self.held)

    @property
    def has_news(self) -> bool:
        return bool(self.data) or self.broken or (self.ended and not self.holding)

    def wake(self) -> None:
        self.changed.unpark_all()

    def break_off(self) -> None:
        self.broken = True
        self.data.clear()
        self.held.clear()
        self.wake()


class MemoryTransport:
    """One end of an in-memory connection; make both with :func:`memory_transport_pair`.

    It keeps the promises of :class:`~trio_srs.net.transport.Transport`, and
    behaves as a TCP socket does: closing with unread input resets, sending after one's own
    end is a broken pipe, and a reset is an error at both ends of both directions.
    """

    __slots__ = (
        "_closed",
        "_incoming",
        "_outgoing",
        "_reset",
        "local",
        "on_backlog",
        "peer",
    )

    def __init__(self, incoming: _Pipe, outgoing: _Pipe, *, local: str, peer: str) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False
        self.local = local
        self.peer = peer
        self.on_backlog: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.local} -> {self.peer}>"

    # What every transport has

    @property
    def fileno(self) -> int | None:
        return None

    @property
    def backlog(self) -> int:
        """Always 0: what is offered has arrived, or was not taken."""
        return 0

    def receive_into(self, buffer: memoryview, /) -> int:
        pipe = self._incoming
        if self._closed:
            raise _closed_error()
        if pipe.broken:
            raise ConnectionResetError(errno.ECONNRESET, "the peer reset the connection")
        if not pipe.has_news:
            raise BlockingIOError(errno.EAGAIN, "nothing has arrived")
        count = min(len(buffer), len(pipe.data))
        buffer[:count] = pipe.data[:count]
        del pipe.data[:count]
        pipe.wake()
        return count

    async def readable(self) -> None:
        await self._wait(self._incoming, lambda: self._incoming.has_news)

    def offer(self, data: bytes | memoryview, /) -> int:
        pipe = self._outgoing
        if self._closed:
            raise _closed_error()
        if pipe.ended:
            raise BrokenPipeError(errno.EPIPE, "sent after the end of the stream")
        if pipe.broken:
            raise ConnectionResetError(errno.ECONNRESET, "the peer is gone")
        count = min(len(data), pipe.room)
        if count <= 0:
            raise BlockingIOError(errno.EAGAIN, "no room")
        target = pipe.held if pipe.holding else pipe.data
        target += data[:count]
        pipe.wake()
        return count

    def offer_all(self, pieces: Sequence[Piece], /) -> int:
        return self.offer(b"".join(map(bytes, pieces)))

    def offer_file(self, piece: FileSlice, /) -> int:
        return self.offer(bytes(piece))

    async def writable(self) -> None:
        pipe = self._outgoing
        await self._wait(pipe, lambda: pipe.room > 0 or pipe.broken or pipe.ended)

    async def _wait(self, pipe: _Pipe, is_over: Callable[[], bool]) -> None:
        await trio.lowlevel.checkpoint()
        while not self._closed and not is_over():
            await pipe.changed.park()
        if self._closed:
            raise trio.ClosedResourceError("this end of the connection was closed")

    def shutdown_write(self) -> None:
        self._outgoing.ended = True
        self._outgoing.wake()

    def close(self) -> None:
        unread = bool(self._incoming.data)
        if not self._closed and unread:
            self.reset()
        elif not self._closed:
            self._closed = True
            self.shutdown_write()
            self._incoming.break_off()

    def reset(self) -> None:
        if not self._closed:
            self._closed = True
            self._incoming.break_off()
            self._outgoing.break_off()

    # What a test does to the network between the two ends

    @property
    def capacity(self) -> int:
        """How many unread bytes the way to the peer holds; 0 stalls it. May be set any time."""
        return self._outgoing.capacity

    @capacity.setter
    def capacity(self, size: int) -> None:
        self._outgoing.capacity = size
        self._outgoing.wake()

    def hold(self) -> None:
        """Keep what is sent from now on, and the end of it, from the peer until released."""
        self._outgoing.holding = True

    def release(self) -> None:
        """Let the peer have what :meth:`hold` kept back."""
        pipe = self._outgoing
        pipe.holding = False
        pipe.data += pipe.held
        pipe.held.clear()
        pipe.wake()

    @property
    def unread(self) -> int:
        """Bytes sent by the peer that wait here to be read."""
        return len(self._incoming.data)

    # What a scripted peer says and hears

    async def receive_some(self, max_bytes: int = DEFAULT_CAPACITY) -> bytes:
        """Wait for bytes and return them, at most ``max_bytes``; ``b""`` at the end."""
        buffer = bytearray(max_bytes)
        await self.readable()
        return bytes(buffer[: self.receive_into(memoryview(buffer))])

    async def receive_all(self) -> bytes:
        """Read up to the end of the stream."""
        whole = bytearray()
        while some := await self.receive_some():
            whole += some
        return bytes(whole)

    async def send_all(self, data: bytes) -> None:
        """Send every byte, waiting for room as often as it takes."""
        rest = memoryview(data)
        while rest:
            await self.writable()
            rest = rest[self.offer(rest) :]


def _closed_error() -> OSError:
    return OSError(errno.EBADF, "this end of the connection was closed")


def memory_transport_pair(
    *,
    capacity: int = DEFAULT_CAPACITY,
    server: str = "127.0.0.1:1935",
    client: str = "127.0.0.1:50000",
) -> tuple[MemoryTransport, MemoryTransport]:
    """Make a connection: the server's end and the client's end.

    ``capacity`` is how many unread bytes each direction holds. ``server`` and ``client`` are
    the addresses they see of themselves and of each other.
    """
    up, down = _Pipe(capacity), _Pipe(capacity)
    return (
        MemoryTransport(up, down, local=server, peer=client),
        MemoryTransport(down, up, local=client, peer=server),
    )


class MemoryListener:
    """Where tests connect to: each connection's server end goes to one handler."""

    def __init__(
        self,
        handle: Callable[[MemoryTransport], None],
        *,
        address: str = "127.0.0.1:1935",
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        """Give each connection's server end to ``handle``, synchronously, as a listener does.

        ``handle`` usually starts a task: ``lambda end: nursery.start_soon(serve, end)``.
        """
        self.address = address
        self._handle = handle
        self._capacity = capacity
        self._ports = itertools.count(50_000)

    def connect(self) -> MemoryTransport:
        """Connect, and return the client's end. Every client has a port of its own."""
        server, client = memory_transport_pair(
            capacity=self._capacity,
            server=self.address,
            client=f"127.0.0.1:{next(self._ports)}",
        )
        self._handle(server)
        return client


if TYPE_CHECKING:

    def _is_a_transport(transport: MemoryTransport) -> Transport:
        return transport
