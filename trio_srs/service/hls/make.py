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


def make_hls(parts: Parts, config: HlsSections) -> HlsService | None:
    """Make the service, and serve it where HTTP is served; None where it is not, and where HLS is
    switched off."""
    if not config.serves_http or not config.hls.enabled:
        return None
    from trio_srs.service.hls.service import HlsService

    service = HlsService(parts, config.hls)
    parts.web_routes.append(service)
    parts.hub.outputs.add(service.output)
    parts.waiting.offer(UntilKind.HLS_READY, service.ready)
    return service
