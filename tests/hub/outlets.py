"""Where readers' bytes go in these tests: connections of every temper, kept in memory.

What an outlet has taken is read again as chunks, so that a torn, lost or repeated one is seen.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.hub.reader import Outlet, Reader
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.message import Message

__all__ = ["EVERYTHING", "MemoryOutlet", "serve"]

EVERYTHING: Final = sys.maxsize


@attrs.define(eq=False)
class MemoryOutlet:
    """Takes as much as it has room for; owes what is left of a message, as a link does."""

    chunk_size: int = 4096
    room: int = EVERYTHING
    """Bytes it takes before it blocks."""
    most: int = EVERYTHING
    """Bytes it takes of one offer."""
    is_broken: bool = False
    before_offer: Callable[[], None] | None = None
    """Called at each offer: to let time pass, or the log go on."""
    busy: bool = False
    taken: bytearray = attrs.field(factory=bytearray)
    owed: bytearray = attrs.field(factory=bytearray)
    wakes: int = 0
    offers: int = 0
    error: OSError | None = None
    messages: list[Message] = attrs.field(factory=list)
    """Everything received so far, as of the last call of :meth:`read`."""
    _reader: ChunkReader | None = None
    _read: int = 0

    def offer(self, data: bytes | bytearray, /) -> int:
        """See :meth:`trio_srs.hub.reader.Outlet.offer`."""
        self.offers += 1
        if self.before_offer is not None:
            self.before_offer()
        if self.is_broken:
            raise ConnectionResetError(errno.ECONNRESET, "reset by the test")
        count = min(len(data), self.room, self.most)
        if not count:
            raise BlockingIOError(errno.EAGAIN, "no room")
        self.taken += data[:count]
        self.room -= count
        return count

    def owe(self, pieces: Sequence[memoryview]) -> None:
        """See :meth:`trio_srs.hub.reader.Outlet.owe`."""
        self.owed += b"".join(pieces)
        self.busy = True

    def wake(self) -> None:
        """See :meth:`trio_srs.hub.reader.Outlet.wake`."""
        self.wakes += 1

    def broke(self, error: OSError) -> None:
        """See :meth:`trio_srs.hub.reader.Outlet.broke`."""
        self.error = error.with_traceback(None)  # as a link does: its frames hold us
        self.busy = True

    def pay(self) -> None:
        """Take what is owed, as far as there is room."""
        if self.error is not None:
            return
        while self.owed:
            try:
                taken = self.offer(self.owed)
            except BlockingIOError:
                return
            except OSError as error:
                self.broke(error)
                return
            del self.owed[:taken]
        self.busy = False

    def read(self) -> list[Message]:
        """The messages that have arrived whole since the last call.

        Raises:
            ProtocolError: a chunk is torn.
        """
        if self._reader is None:
            self._reader = ChunkReader(chunk_size=self.chunk_size)
        self._reader.feed(bytes(self.taken[self._read :]))
        self._read = len(self.taken)
        new = []
        while (message := self._reader.next_message()) is not None:
            new.append(message)
        self.messages += new
        return new

    @property
    def unread(self) -> int:
        """Bytes of a message that is not here yet; 0 at a message boundary."""
        self.read()
        assert self._reader is not None
        return self._reader.held + self._reader.half_read


def serve(outlet: MemoryOutlet, readers: Sequence[Reader], *, limit: int = 256 * 1024) -> bool:
    """One round of the task that a connection has while it is not caught up.

    Returns:
        whether there was anything to send.
    """
    outlet.pay()
    served = False
    for reader in readers:
        if outlet.busy:
            break
        span = reader.next_span(limit)
        if span is None:
            continue
        served = True
        taken = 0
        if span.blob:
            try:
                taken = outlet.offer(span.blob)
            except BlockingIOError:
                pass
            except OSError as error:
                outlet.broke(error)
            if taken < len(span.blob):
                outlet.owe(())
        reader.took(span, taken)
    return served


if TYPE_CHECKING:

    def _is_an_outlet(outlet: MemoryOutlet) -> Outlet:
        return outlet
