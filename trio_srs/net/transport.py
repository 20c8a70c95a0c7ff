"""What the rest of the package asks of a byte stream to one peer. Floor 2.

Reading and writing never wait by themselves: a task waits with :meth:`Transport.readable`
or :meth:`Transport.writable` and then moves bytes with a plain call. So one task can write to
thousands of peers without a task switch for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from trio_srs.session.file_slice import FileSlice, Piece

__all__ = ["Transport"]


class Transport(Protocol):
    """A connected, ordered, two-way stream of bytes.

    One task at a time may wait in :meth:`readable`, and one in :meth:`writable`.

    An ``OSError`` other than ``BlockingIOError`` from :meth:`receive_into` or :meth:`offer`
    means that the connection is broken; nothing works after it but :meth:`close` and
    :meth:`reset`. After one's own :meth:`close` the same calls raise ``OSError`` as well.
    """

    @property
    def peer(self) -> str:
        """The other end: ``"127.0.0.1:50312"``, ``"[::1]:50312"`` or ``"unix"``."""

    @property
    def local(self) -> str:
        """This end, written as :attr:`peer` is."""

    @property
    def fileno(self) -> int | None:
        """A descriptor that is readable exactly when :meth:`receive_into` is worth a try; None
        where there is none (TLS holds bytes back, memory has no descriptor)."""

    @property
    def backlog(self) -> int:
        """Bytes that :meth:`offer` took and this process still holds (TLS); 0 for plain TCP."""

    on_backlog: Callable[[], None] | None
    """Called, synchronously, when an offer leaves a backlog: somebody must then wait in
    :meth:`writable`, which pushes it out. A transport that never holds bytes never calls it."""

    def receive_into(self, buffer: memoryview, /) -> int:
        """Put what has arrived into ``buffer`` and return how many bytes that was.

        0 is the end of the stream: the peer will send nothing more.

        Raises:
            BlockingIOError: nothing has arrived yet.
            OSError: the connection is broken.
        """

    async def readable(self) -> None:
        """Wait until :meth:`receive_into` is worth a try; it may still find nothing.

        Raises:
            trio.ClosedResourceError: this end was closed, before or during the wait.
        """

    def offer(self, data: bytes | memoryview, /) -> int:
        """Hand over as much of ``data`` (at least one byte) as there is room for.

        Returns how many bytes were taken, at least 1 and maybe fewer than there are.

        Raises:
            BlockingIOError: there is no room; nothing was taken.
            OSError: the connection is broken.
        """

    def offer_all(self, pieces: Sequence[Piece], /) -> int:
        """The same of what is in pieces, in as few calls as can be and without joining them; it may
        well take less of them than there is room for. Only the last may be of a file.

        Raises as :meth:`offer`.
        """

    def offer_file(self, piece: FileSlice, /) -> int:
        """The same of what is in a file, without reading it where the platform can; a bounded part
        of it at a time.

        Raises as :meth:`offer`.
        """

    async def writable(self) -> None:
        """Push out the backlog, then wait until :meth:`offer` is worth a try.

        Raises:
            trio.ClosedResourceError: this end was closed, before or during the wait.
            OSError: the connection broke while the backlog was pushed out.
        """

    def shutdown_write(self) -> None:
        """Tell the peer that nothing more will be sent; reading goes on. Idempotent.

        A backlog goes first: the end follows it as :meth:`writable` pushes it out.
        Never raises because the peer is gone.
        """

    def close(self) -> None:
        """Close both ways at once; wakes whoever waits here. Idempotent.

        Unread input makes the peer see a reset, which may destroy what it has not yet read.
        """

    def reset(self) -> None:
        """Close so that the peer sees a broken connection, not an orderly end. Idempotent."""
