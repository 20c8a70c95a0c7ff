"""What every RTMP connection of one server shares. Floor 3."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, Protocol

import attrs

from trio_srs.errors import RefusedError
from trio_srs.hub.bus import Bus
from trio_srs.hub.gate import Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.registry import Registry
from trio_srs.hub.reports import Reports
from trio_srs.hub.settings import StreamSettings
from trio_srs.net.reading import SharedReader
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.session.rtmp_core import SessionLimits
from trio_srs.session.rtmp_server import ServerOptions
from trio_srs.wire.amf.values import Limits
from trio_srs.wire.rtmp.chunk_reader import ChunkLimits
from trio_srs.wire.url import DEFAULT_VHOST, StreamName, resolve

__all__ = ["Place", "RtmpContext", "Rules", "VhostDisabledError", "server_options"]


_SOME_NAME: Final = "-"  # an empty one would be guessed from the application


class VhostDisabledError(RefusedError):
    """The virtual host is switched off in the configuration."""

    code = "vhost_disabled"
    srs_code = 2014


class Rules(Protocol):
    """What the configuration says about names."""

    def vhost_of(self, host: str) -> str:
        """The configured virtual host that a host name stands for, or the default one."""
        ...

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host may be used."""
        ...

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What applies to a stream."""
        ...


@attrs.frozen
class Place:
    """A stream that a peer named: what it is called here, and what applies to it."""

    stream: StreamName
    key: str
    """``app/name``, behind ``vhost/`` unless that is the default one."""
    settings: StreamSettings


@attrs.define(eq=False)
class RtmpContext:
    """The parts of the server that a connection uses. One for all connections of a server."""

    config: RtmpConfig
    """For connections that begin; a reload puts another one here."""
    rules: Rules
    hub: Hub
    gate: Gate
    bus: Bus
    registry: Registry
    reports: Reports
    server_name: str
    random: Callable[[int], bytes]
    """Bytes for handshakes."""
    buffer: memoryview
    """What every link receives into: it is empty again before another task runs."""
    reader: SharedReader | None = None
    """Reads the plain sockets of all connections; without it each is waited for by itself."""

    def find_app(self, tc_url: str, app: str) -> StreamName:
        """What a peer means by ``connect``, before it has named a stream.

        Raises:
            RefusedError: a name is not lawful, or its virtual host is switched off.
        """
        return self.find_place(tc_url, app, _SOME_NAME).stream

    def find_place(self, tc_url: str, app: str, name: str) -> Place:
        """What a peer means by a stream name.

        Raises:
            RefusedError: it is no name, or its virtual host is switched off.
        """
        stream = resolve(tc_url, app, name)
        vhost = self.rules.vhost_of(stream.vhost)
        if not self.rules.vhost_enabled(vhost):
            raise VhostDisabledError(f"virtual host {vhost} is not enabled")
        key = stream.path if vhost == DEFAULT_VHOST else f"{vhost}/{stream.path}"
        settings = self.rules.settings_for(vhost, stream.app, stream.name)
        return Place(attrs.evolve(stream, vhost=vhost), key, settings)


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
        ),
    )
