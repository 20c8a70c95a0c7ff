"""A tap: a transport that passes everything on, and tells what went through. Floor 2.

It is put right above the socket, or above TLS, so that it sees what is on the wire: whoever changes
bytes on their way stands above it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from trio_srs.net.transport_over import TransportOver
from trio_srs.wire.session_capture import CaptureKind

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport

__all__ = ["Tap", "TapNote"]

TapNote: TypeAlias = Callable[[CaptureKind, bytes], None]
"""Told what went through, and what else happened; it must not wait."""


class Tap(TransportOver):
    """A :class:`~trio_srs.net.transport.Transport` on the way to another one, which it owns."""

    __slots__ = ("_is_over", "_note")

    def __init__(self, below: Transport, note: TapNote) -> None:
        super().__init__(below)
        self._note = note
        self._is_over: set[CaptureKind] = set()

    @property
    def fileno(self) -> int | None:
        return self._below.fileno

    def receive_into(self, buffer: memoryview, /) -> int:
        try:
            count = self._below.receive_into(buffer)
        except BlockingIOError:
            raise
        except OSError as error:
            self._note_once(CaptureKind.BROKEN, _why(error))
            raise
        if count:
            self._note(CaptureKind.RECEIVED, bytes(buffer[:count]))
        else:
            self._note_once(CaptureKind.PEER_ENDED)
        return count

    async def readable(self) -> None:
        await self._below.readable()

    def offer(self, data: bytes | memoryview, /) -> int:
        try:
            taken = self._below.offer(data)
        except BlockingIOError:
            raise
        except OSError as error:
            self._note_once(CaptureKind.BROKEN, _why(error))
            raise
        # Bytes that are sent whole are shared with whoever else is sent them, not copied.
        is_shared = taken == len(data) and isinstance(data, bytes)
        self._note(CaptureKind.SENT, data if is_shared else bytes(data[:taken]))  # type: ignore[arg-type]  # mypy does not connect the two
        return taken

    async def writable(self) -> None:
        await self._below.writable()

    def shutdown_write(self) -> None:
        self._note_once(CaptureKind.WE_ENDED)
        self._below.shutdown_write()

    def close(self) -> None:
        self._note_closed(CaptureKind.CLOSED)
        self._below.close()

    def reset(self) -> None:
        self._note_closed(CaptureKind.RESET)
        self._below.reset()

    def _note_once(self, kind: CaptureKind, data: bytes = b"") -> None:
        if kind not in self._is_over:
            self._is_over.add(kind)
            self._note(kind, data)

    def _note_closed(self, kind: CaptureKind) -> None:
        if not self._is_over & {CaptureKind.CLOSED, CaptureKind.RESET}:
            self._note_once(kind)


def _why(error: OSError) -> bytes:
    return (error.strerror or str(error)).encode()


if TYPE_CHECKING:

    def _is_a_transport(tap: Tap) -> Transport:
        return tap
