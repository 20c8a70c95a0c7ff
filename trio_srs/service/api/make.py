"""From a configuration to the HTTP API of a server, if there is to be one. Floor 3."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.errors import RefusedError
from trio_srs.service.base import Parts, WebSections

if TYPE_CHECKING:
    from trio_srs.service.api.config import ApiConfig, ApiHttpsConfig
    from trio_srs.service.api.serving import ApiService

__all__ = ["ApiNotInstalledError", "ApiSections", "make_api"]

_NEEDS: Final = "litestar"


class ApiNotInstalledError(RefusedError):
    """The configuration asks for the HTTP API, and the package that it needs is not there."""

    code = "api_not_installed"


class SegmentsSection(Protocol):
    """What of a configuration is about segments."""

    @property
    def enabled(self) -> bool:
        """Whether there are any."""
        ...

    @property
    def segment(self) -> float:
        """How long each is, in seconds."""
        ...


class ApiSections(WebSections, Protocol):
    """What of a configuration is about the API, or is told by it."""

    @property
    def serves_hls(self) -> bool:
        """Whether any stream is served as HLS."""
        ...

    def hls_for(self, vhost: str, app: str, name: str, /) -> SegmentsSection:
        """How one stream is cut."""
        ...

    @property
    def vhost(self) -> Mapping[str, object]:
        """The virtual hosts, by name."""
        ...

    @property
    def api(self) -> ApiConfig:
        """The section ``[api]`` of the configuration."""
        ...

    @property
    def api_https(self) -> ApiHttpsConfig:
        """What is added by TLS."""
        ...


def make_api(parts: Parts, config: ApiSections) -> ApiService | None:
    """Make the service, or nothing where no address is configured. Nothing is opened or started.

    What it needs takes longer to import than all the rest of the server: it is looked for here, and
    imported when the server is ready.

    Raises:
        ApiNotInstalledError: it is asked for, and not installed.
    """
    if not config.api.listen and not config.api_https.listen:
        return None
    if find_spec(_NEEDS) is None:
        raise ApiNotInstalledError(
            f"api.listen is set, but {_NEEDS} is not installed: pip install {_NEEDS}"
        )
    from trio_srs.service.api.context import ApiContext
    from trio_srs.service.api.serving import ApiService

    context = ApiContext(
        config=config.api,
        access=parts.access,
        hosts=parts.rules,
        hub=parts.hub,
        bus=parts.bus,
        registry=parts.registry,
        journal=parts.journal,
        reports=parts.reports,
        waiting=parts.waiting,
        turns=parts.turns,
        addresses=parts.addresses,
        made_files=parts.made_files,
        faults=parts.faults,
        keeping=parts.keeping,
        steering=parts.steering,
        srs_ids=parts.srs_ids,
        vhosts=lambda: tuple(service.sections.vhost),
        fragment_s=lambda vhost: _fragment_s(service.sections, vhost),
    )
    service = ApiService(context, config, reader=parts.reader)
    return service


def _fragment_s(sections: ApiSections, vhost: str) -> float | None:
    config = sections.hls_for(vhost, "", "")
    return config.segment if sections.serves_hls and (config.enabled or not vhost) else None
