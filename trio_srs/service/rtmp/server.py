"""The RTMP service: listeners, the connections they bring, and how both end. Floor 3."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.announce import announce_began
from trio_srs.hub.fault_injection import FaultWork
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.address import Address
from trio_srs.net.connections import Connections
from trio_srs.net.tcp import SocketOptions
from trio_srs.net.transport import Transport
from trio_srs.service.listening import SecureService
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.connection import Connection
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.pending_peers import HandshakeProgress, PendingPeers

if TYPE_CHECKING:
    from trio_srs.faults.fault import Fault

__all__ = ["RtmpService"]

_SMALL_BUFFER: Final = 4096
_SMALL_SEGMENT: Final = 1448
"""Of Ethernet. On loopback it is 65,483, and ten of them are in flight from the beginning."""
_PLAIN_RTMP: Final = (b"\x03",)
"""How a client begins that speaks RTMP without TLS."""


class RtmpSection(Protocol):
    """The configuration, as far as it may change while the service runs."""

    @property
    def rtmp(self) -> RtmpConfig:
        """The section ``[rtmp]`` of the configuration."""
        ...


class RtmpService(SecureService[Connection]):
    """Serves RTMP and RTMPS on any number of addresses."""

    def __init__(
        self,
        context: RtmpContext,
        rtmps: Sequence[Address] = (),
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """
        Args:
            rtmps: where to listen for RTMP inside TLS.
            tls: makes what that needs. It may raise TlsConfigError.
        """
        self.context = context
        self._rtmps = rtmps
        self._has_small_buffers = False
        self._pending = (
            None
            if context.reader is None
            else PendingPeers(context, context.reader, self._admit, self._left)
        )
        others = () if self._pending is None else self._pending
        connections: Connections[Connection] = Connections(
            context.config.max_connections, others=others
        )
        super().__init__(connections, "rtmp", "rtmps", _PLAIN_RTMP, tls)
        if context.faults is not None:
            context.faults.on_begin.append(self._may_fail)
        self.trusted_proxies = context.config.trusted_proxies

    async def listen(self) -> None:
        """Bind every address of the configuration; see :meth:`bind`."""
        config = self.context.config
        await self.bind(config.listen, self._rtmps, self._options, config.backlog)

    def configure(self, sections: RtmpSection, /) -> None:
        """Go on with another configuration: it holds for the connections that begin."""
        config = sections.rtmp
        if config.read_buffer != self.context.config.read_buffer:
            self.context.buffer = memoryview(bytearray(config.read_buffer))
        self.context.config = config
        self.connections.most = config.max_connections
        self.trusted_proxies = config.trusted_proxies
        self.renew_tls()
        self.acceptor.tune(self._options)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and serve until cancelled; what is bound is listened to once this has started."""
        try:
            async with self.connections.serving() as nursery:
                if self._pending is not None:
                    nursery.start_soon(self._pending.run)
                nursery.start_soon(self.acceptor.run, self.accepted)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self.close()

    def serve(
        self,
        transport: Transport,
        protocol: str = "rtmp",
        *,
        opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve one connection in the background, whatever kind of transport it has.

        Args:
            opening: see :class:`Connection`.
        """
        context = self.context
        entry = SessionEntry(
            context.registry.next_id(), protocol, transport.peer, trio.current_time()
        )
        context.registry.add(entry)
        for put_tap in context.taps:
            transport = put_tap(transport, entry)
        fileno = transport.fileno
        faults = context.faults
        is_plain = faults is None or faults.work is None  # or it may be due before the handshake
        if self._pending is not None and fileno is not None and is_plain:
            self._pending.welcome(transport, fileno, entry)
        else:
            on_end = self.connections.is_closing
            self.connections.begin(Connection(transport, entry, context, opening, on_end=on_end))
        announce_began(context.bus, entry)

    def _admit(
        self, transport: Transport, entry: SessionEntry, progress: HandshakeProgress
    ) -> None:
        """Go on with a peer that was pending."""
        on_end = self.connections.is_closing
        self.connections.begin(
            Connection(transport, entry, self.context, progress=progress, on_end=on_end)
        )

    def _left(self) -> None:
        """A pending peer is gone for good."""
        self.connections.check_empty()

    def _may_fail(self, work: FaultWork) -> None:
        """The first fault was asked for: those who are connected may meet it as well."""
        work.on_add.append(self._see_fault)
        self.tls_faults = work.tls_fault
        for connection in self.connections:
            work.adopt(connection)

    def _see_fault(self, fault: Fault) -> None:
        """From now on a publisher that is not read is to notice soon: kernels would hide MBs."""
        if fault.decides == "reading" and not self._has_small_buffers:
            self._has_small_buffers = True
            self.acceptor.tune(self._options)

    @property
    def _options(self) -> SocketOptions:
        options = socket_options(self.context.config)
        if self._has_small_buffers:
            return attrs.evolve(options, receive_buffer=_SMALL_BUFFER, max_segment=_SMALL_SEGMENT)
        return options

    def end_connections(self) -> None:
        """Tell everybody that is connected."""
        for served in (self.connections, self._pending or ()):
            for each in served:
                each.entry.end(EndReason.SHUTDOWN, "the server stops")


def socket_options(config: RtmpConfig) -> SocketOptions:
    """What to ask of the kernel for each connection, as the configuration says."""
    return SocketOptions(
        nodelay=config.tcp_nodelay,
        keepalive_idle=config.tcp_keepalive,
        send_buffer=config.send_buffer,
        notsent_lowat=config.notsent_lowat,
    )
