"""What every RTMP connection of one server shares. Floor 3."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import attrs

from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import Bus
from trio_srs.hub.directory import SessionDirectory
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.hub import Hub
from trio_srs.net.shared_reader import SharedReader
from trio_srs.service.base import PutTap
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.session.rtmp_core import SessionLimits
from trio_srs.session.rtmp_server import ServerOptions
from trio_srs.wire.amf.values import Limits
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.oddity import OddityKind

__all__ = ["RtmpContext", "server_options"]


@attrs.define(eq=False)
class RtmpContext:
    """The parts of the server that a connection uses. One for all connections of a server."""

    config: RtmpConfig
    """For connections that begin; a reload puts another one here."""
    access: AccessControl
    hub: Hub
    bus: Bus
    registry: SessionDirectory
    server_name: str
    random: Callable[[int], bytes]
    """Bytes for handshakes."""
    buffer: memoryview
    """What every link receives into: it is empty again before another task runs."""
    faults: FaultInjection | None = None
    """What it does wrong on purpose, if anything."""
    reader: SharedReader | None = None
    """Reads the plain sockets of all connections; without it each is waited for by itself."""
    taps: Sequence[PutTap] = ()
    """What is put on each connection that begins."""


@functools.lru_cache(maxsize=8)  # once per configuration, not once per connection
def server_options(config: RtmpConfig, server_name: str) -> ServerOptions:
    """How sessions speak, as the configuration says."""
    return ServerOptions(
        chunk_size=config.chunk_size,
        window=config.window_ack_size,
        bandwidth=config.peer_bandwidth,
        ping_after=config.ping_after,
        server_name=server_name,
        limits=SessionLimits(
            chunk=ChunkLimits(
                message=config.max_message,
                half_read=config.max_half_read,
                chunk_streams=config.max_chunk_streams,
            ),
            amf=Limits(depth=config.max_amf_depth, count=config.max_amf_values),
            commands_per_second=config.max_commands_per_second,
            message_streams=config.max_message_streams,
            refused=frozenset(OddityKind) - set(config.strict_allow)
            if config.strict
            else frozenset(),
        ),
    )
