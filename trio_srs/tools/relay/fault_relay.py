"""Listens, and passes each client on to a server, with faults on the way. Floor 6."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from itertools import count

import trio

from trio_srs.errors import PeerError
from trio_srs.faults.fault import Fault, FaultError
from trio_srs.faults.fault_kind import FaultKind, FaultMoment
from trio_srs.faults.fault_plan import FaultPlan, TakenFault
from trio_srs.net.accept import Acceptor
from trio_srs.net.address import Address
from trio_srs.net.dial import dial
from trio_srs.net.fault_deeds import DEEDS
from trio_srs.net.tcp import SocketOptions, SocketTransport
from trio_srs.tools.relay.relayed_connection import RelayedConnection

__all__ = ["FaultRelay"]

_BACKLOG = 128
_DIAL_S = 10.0
_SMALL = SocketOptions(receive_buffer=4096, max_segment=1448)
"""A client whose bytes are not read is to notice soon; see the how-to page of faults."""


class FaultRelay:
    """A relay in front of a server.

    Args:
        host, port: of the server.
        on_taken: told of each fault that is done.

    Raises:
        FaultError: a fault is none that a relay can do, or contradicts another.
    """

    def __init__(
        self,
        host: str,
        port: int,
        faults: Iterable[Fault],
        *,
        seed: int = 0,
        on_taken: Callable[[TakenFault], None] = lambda _: None,
    ) -> None:
        self._host, self._port = host, port
        self.plan = FaultPlan(seed, on_taken)
        self._options = SocketOptions()
        for fault in faults:
            _check(fault)
            self.plan.add(fault)
            if fault.decides == "reading":
                self._options = _SMALL
        self._numbers = count(1)
        self._acceptor = Acceptor("rtmp")

    async def run(
        self,
        listen: Address,
        *,
        task_status: trio.TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Pass on until cancelled; it has started when it listens, and says where.

        Raises:
            ListenError: it cannot listen there.
        """
        try:
            await self._acceptor.bind("rtmp", [listen], backlog=_BACKLOG)
            self._acceptor.tune(self._options)
            async with trio.open_nursery() as nursery:

                def accepted(sock: socket.socket, peer: str, _protocol: str) -> None:
                    nursery.start_soon(self._serve, SocketTransport(sock, peer))

                nursery.start_soon(self._acceptor.run, accepted)
                task_status.started(self._acceptor.urls("rtmp"))
                await trio.sleep_forever()
        finally:
            self._acceptor.close()

    async def _serve(self, client: SocketTransport) -> None:
        try:
            server = await dial(self._host, self._port, timeout=_DIAL_S)
        except PeerError:
            client.reset()
            return
        await RelayedConnection(next(self._numbers), client, server, self.plan).run()


def _check(fault: Fault) -> None:
    """See that it is one that a relay can do: it passes bytes on, and answers in no other way
    than by refusals."""
    is_at_start = fault.moment in (FaultMoment.ACCEPT, FaultMoment.HANDSHAKE)
    is_answer = fault.is_answer and fault.moment in (
        *(FaultMoment.CONNECT, FaultMoment.PUBLISH, FaultMoment.PLAY),
        *(FaultMoment.CREATE_STREAM, FaultMoment.RELEASE_STREAM, FaultMoment.FC_PUBLISH),
    )
    is_midst = fault.kind in DEEDS and fault.kind not in (FaultKind.LATE, FaultKind.SILENT)
    if not (is_answer or is_at_start or (is_midst and not fault.is_answer)):
        raise FaultError(f"{fault.kind} at {fault.moment}: a relay cannot do that, a server can")
