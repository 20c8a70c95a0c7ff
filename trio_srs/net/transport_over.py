"""What all transports on the way to another one have in common. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport
    from trio_srs.session.file_slice import FileSlice, Piece

__all__ = ["TransportOver"]


class TransportOver:
    """Most of a :class:`~trio_srs.net.transport.Transport` over another one, which it owns.

    It is at the same ends, and holds nothing back itself. Whoever inherits moves the bytes: what is
    sent goes through its ``offer``, in one piece.
    """

    __slots__ = ("_below",)

    def __init__(self, below: Transport) -> None:
        self._below = below

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self._below!r}>"

    @property
    def peer(self) -> str:
        return self._below.peer

    @property
    def local(self) -> str:
        return self._below.local

    @property
    def backlog(self) -> int:
        return self._below.backlog

    @property
    def on_backlog(self) -> Callable[[], None] | None:
        """See :attr:`.Transport.on_backlog`: whoever holds bytes back is below."""
        return self._below.on_backlog

    @on_backlog.setter
    def on_backlog(self, told: Callable[[], None] | None) -> None:
        self._below.on_backlog = told

    def offer(self, data: bytes | memoryview, /) -> int:
        return self._below.offer(data)

    def offer_all(self, pieces: Sequence[Piece], /) -> int:
        return self.offer(b"".join(map(bytes, pieces)))

    def offer_file(self, piece: FileSlice, /) -> int:
        return self.offer(bytes(piece))
