"""From a configuration to the HLS service of a server. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trio_srs.hub.waiting import UntilKind
from trio_srs.service.base import Parts, WebSections

if TYPE_CHECKING:
    from trio_srs.service.hls.config import HlsConfig
    from trio_srs.service.hls.service import HlsService

__all__ = ["HlsSections", "make_hls"]


class HlsSections(WebSections, Protocol):
    """What of a configuration is about HLS."""

    @property
    def hls(self) -> HlsConfig:
        """The section ``[hls]`` of the configuration."""
        ...

    @property
    def serves_hls(self) -> bool:
        """Whether any stream is served so."""
        ...

    def hls_for(self, vhost: str, app: str, name: str, /) -> HlsConfig:
        """What holds for one stream."""
        ...


def make_hls(parts: Parts, config: HlsSections) -> HlsService | None:
    """Make the service, and serve it where HTTP is served; None where it is not, and where HLS is
    switched off for all."""
    if not config.serves_hls:
        return None
    from trio_srs.service.hls.service import HlsService

    service = HlsService(parts, config.hls, config.hls_for)
    parts.web_routes.append(service)
    parts.hub.outputs.add(service.output)
    parts.waiting.offer(UntilKind.HLS_READY, service.ready)
    return service
