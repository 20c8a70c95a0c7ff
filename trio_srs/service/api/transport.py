"""A connection of the API, as anycorn sees it: one that does not wait for ever. Floor 3.

anycorn shields what it sends from cancellation, so a client that stops reading could be neither
timed out nor stopped. The time limit of a send stands here, inside that shield.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import anyio
import anyio.abc
import trio
from anyio.streams.tls import TLSStream

from trio_srs.net.link import PeerGoneError

__all__ = ["STALLED_AFTER_S", "PatientStream"]

STALLED_AFTER_S: Final = 10.0
"""Seconds in which a client has to take some of what is sent to it."""

_SLICE: Final = 65_536
"""Bytes whose sending is timed together: a large answer may take longer in all."""


class PatientStream(anyio.abc.SocketStream):
    """A socket whose sends end within :data:`STALLED_AFTER_S`, and at once when it is cut."""

    def __init__(self, inner: anyio.abc.SocketStream | TLSStream) -> None:
        self._inner = inner
        self._is_cut = False
        self._sending = trio.CancelScope()

    @classmethod
    async def over(cls, sock: socket.socket, tls: ssl.SSLContext | None = None) -> Self:
        """Own a connected socket, and shake hands for TLS if it is to be spoken.

        Raises:
            PeerGoneError: that came to nothing, or took longer than :data:`STALLED_AFTER_S`.
        """
        plain = await anyio.abc.SocketStream.from_socket(sock)
        if tls is None:
            return cls(plain)
        try:
            with trio.fail_after(STALLED_AFTER_S):
                return cls(
                    await TLSStream.wrap(
                        plain, server_side=True, ssl_context=tls, standard_compatible=False
                    )
                )
        except (OSError, anyio.BrokenResourceError, anyio.EndOfStream, trio.TooSlowError) as error:
            raise PeerGoneError(f"no TLS handshake: {error}") from error

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """What anyio tells of a socket, and of what is spoken inside TLS."""
        return {**super().extra_attributes, **self._inner.extra_attributes}

    @property
    def _raw_socket(self) -> socket.socket:
        """What anyio's own attributes of the stream are made from."""
        return self._inner.extra(anyio.abc.SocketAttribute.raw_socket)

    def cut(self) -> None:
        """Send nothing more: a send in progress ends now, as do all that come."""
        self._is_cut = True
        self._sending.cancel()

    async def receive(self, max_bytes: int = _SLICE) -> bytes:
        """Some bytes, as soon as there are any.

        Raises:
            anyio.EndOfStream: the client has said all.
            anyio.BrokenResourceError: the connection broke.
        """
        return await self._inner.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        """Send all of it.

        Raises:
            anyio.BrokenResourceError: the connection broke, or the client took nothing.
            anyio.ClosedResourceError: it was cut.
        """
        for at in range(0, len(item), _SLICE):
            await self._send(item[at : at + _SLICE])

    async def _send(self, some: bytes) -> None:
        if not self._is_cut:
            deadline = trio.current_time() + STALLED_AFTER_S
            with trio.CancelScope(deadline=deadline) as self._sending:
                await self._inner.send(some)
                return
        await self._inner.aclose()
        if self._is_cut:
            raise anyio.ClosedResourceError
        raise anyio.BrokenResourceError

    async def send_eof(self) -> None:
        """Say that there is nothing more to come."""
        await self._inner.send_eof()

    async def aclose(self) -> None:
        await self._inner.aclose()
