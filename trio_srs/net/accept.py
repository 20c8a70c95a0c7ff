"""The listening sockets of one service, by protocol, and accepting on all of them. Floor 2."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

import trio

from trio_srs.net.address import Address
from trio_srs.net.listen import Listener, open_listeners
from trio_srs.net.tcp import SocketOptions

__all__ = ["COMPLAIN_EVERY_S", "Acceptor", "OnAccepted"]

_log = logging.getLogger(__name__)

COMPLAIN_EVERY_S: Final = 10.0
"""How often the log says that accepting fails, while it does."""

OnAccepted: TypeAlias = Callable[[socket.socket, str, str], None]
"""Gets a connection, a non-blocking socket that it then owns, the peer's address as people write
it, and the protocol of the listener. It must not wait."""


class Acceptor:
    """Where one service listens: any number of addresses for each of its protocols.

    Attributes:
        listeners: by protocol, in the order in which they were bound.
    """

    def __init__(self, *protocols: str) -> None:
        self.listeners: dict[str, list[Listener]] = {protocol: [] for protocol in protocols}
        self._backlog = 0
        self._options: SocketOptions | None = None

    def __iter__(self) -> Iterator[Listener]:
        """Go through the listeners of all protocols."""
        return (each for listeners in self.listeners.values() for each in listeners)

    async def bind(self, protocol: str, addresses: Iterable[Address], *, backlog: int) -> None:
        """Listen for one of the protocols on every address; closed listeners are forgotten.

        Args:
            backlog: see :func:`~trio_srs.net.listen.open_listeners`.

        Raises:
            ListenError: one of them cannot be bound; the others are closed by :meth:`close`.
        """
        listeners = self.listeners[protocol]
        listeners[:] = [each for each in listeners if not each.is_closed]
        self._backlog = backlog
        for address in addresses:
            listeners += await open_listeners(address, backlog=backlog)

    def tune(self, options: SocketOptions) -> None:
        """Give every connection from now on these options."""
        self._options = options
        for listener in self:
            listener.tune(options)

    async def reopen(self) -> None:
        """Listen again where it did, on the same ports, if it has been closed.

        Raises:
            ListenError: somebody else listens there by now.
        """
        for protocol, listeners in self.listeners.items():
            closed = [each.address for each in listeners if each.is_closed]
            await self.bind(protocol, closed, backlog=self._backlog)
        if self._options is not None:
            self.tune(self._options)

    def urls(self, protocol: str, scheme: str = "") -> list[str]:
        """Where it listens for a protocol, with the real ports.

        Args:
            scheme: of the URLs, if it is not the protocol's name.
        """
        listeners = self.listeners[protocol]
        return [each.address.reachable.url(scheme or protocol) for each in listeners]

    @property
    def is_open(self) -> bool:
        """Whether it listens anywhere."""
        return any(not listener.is_closed for listener in self)

    def close(self) -> None:
        """Stop listening, on every address. Idempotent."""
        for listener in self:
            listener.close()

    async def run(self, accepted: OnAccepted) -> None:
        """Accept on everything that is bound, until it is closed or this is cancelled.

        That accepting fails, for lack of descriptors or memory, ends nothing: the log says so,
        not too often, and it is tried again.
        """
        async with trio.open_nursery() as nursery:
            for protocol, listeners in self.listeners.items():
                for listener in listeners:
                    nursery.start_soon(_accept, listener, protocol, accepted)


async def _accept(listener: Listener, protocol: str, accepted: OnAccepted) -> None:
    complained_at = -math.inf

    def handle(sock: socket.socket, peer: str) -> None:
        accepted(sock, peer, protocol)

    def on_trouble(error: OSError, pause_s: float) -> None:
        nonlocal complained_at
        now = trio.current_time()
        if now - complained_at >= COMPLAIN_EVERY_S:
            complained_at = now
            why = error.strerror or str(error)
            where = listener.address
            _log.warning("cannot accept on %s: %s; trying again every %g s", where, why, pause_s)

    with contextlib.suppress(trio.ClosedResourceError):  # on purpose: see Acceptor.close
        await listener.serve(handle, on_trouble=on_trouble)
