"""From a configuration to the DASH service of a server. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trio_srs.hub.waiting import UntilKind
from trio_srs.service.base import Parts, WebSections

if TYPE_CHECKING:
    from trio_srs.service.dash.config import DashConfig
    from trio_srs.service.dash.service import DashService

__all__ = ["DashSections", "make_dash"]


class DashSections(WebSections, Protocol):
    """What of a configuration is about DASH."""

    @property
    def dash(self) -> DashConfig:
        """The section ``[dash]`` of the configuration."""
        ...

    @property
    def serves_dash(self) -> bool:
        """Whether any stream is served so."""
        ...

    def dash_for(self, vhost: str, app: str, name: str, /) -> DashConfig:
        """What holds for one stream."""
        ...


def make_dash(parts: Parts, config: DashSections) -> DashService | None:
    """Make the service, and serve it where HTTP is served; None where it is not, and where DASH is
    switched off for all."""
    if not config.serves_dash:
        return None
    from trio_srs.service.dash.service import DashService

    service = DashService(parts, config.dash, config.dash_for)
    parts.web_routes.append(service)
    parts.hub.outputs.add(service.output)
    parts.waiting.offer(UntilKind.DASH_READY, service.ready)
    return service
