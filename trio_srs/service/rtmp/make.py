"""From a configuration to the RTMP service of a server. Floor 3."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.net.certificate import tls_context
from trio_srs.service.base import Parts
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.server import RtmpSection, RtmpService

if TYPE_CHECKING:
    import ssl

    from trio_srs.service.rtmp.config import RtmpsConfig

__all__ = ["RtmpSections", "make_rtmp"]


class RtmpSections(RtmpSection, Protocol):
    """What of a configuration is about RTMP."""

    @property
    def rtmps(self) -> RtmpsConfig:
        """What is added by TLS."""
        ...

    def names(self, *sections: str) -> bool:
        """Whether any of these sections is given."""
        ...


def make_rtmp(parts: Parts, config: RtmpSections) -> RtmpService:
    """Make the service. Nothing is opened or started."""
    context = RtmpContext(
        config=config.rtmp,
        access=parts.access,
        hub=parts.hub,
        bus=parts.bus,
        registry=parts.registry,
        server_name=parts.server_name,
        random=_RandomPool().take,
        buffer=memoryview(bytearray(config.rtmp.read_buffer)),
        faults=parts.faults,
        reader=parts.reader,
        taps=parts.taps,
    )
    is_secure = config.names("rtmps")  # by default it is nowhere
    service = RtmpService(
        context, config.rtmps.listen if is_secure else (), lambda: _tls_context(config)
    )
    service.has_tls_files = is_secure and config.rtmps.certificate is not None
    return service


def _tls_context(config: RtmpSections) -> ssl.SSLContext | None:
    """Without tickets: librtmp takes one, behind the handshake, for the end of the connection."""
    return tls_context(config.rtmps, has_tickets=False)


class _RandomPool:
    """Random bytes for handshakes, from one pool.

    They prove nothing and nobody reads them, but drawing 3 KiB of good ones for each connection
    took a twelfth of what a handshake costs. So each gets a stretch of the pool, from a place
    that moves by a prime.
    """

    _SIZE: Final = 64 * 1024
    _STEP: Final = 7919

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """So many bytes, at most a pool of them."""
        if not self._pool:  # not before somebody connects
            self._pool = secrets.token_bytes(self._SIZE)
        self._at = (self._at + self._STEP) % (self._SIZE - count)
        return self._pool[self._at : self._at + count]
