"""From a configuration to the HTTP API of a server, if there is to be one. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trio_srs.errors import RefusedError
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.service.api.serving import ApiService

__all__ = ["ApiNotInstalledError", "ApiSections", "make_api"]


class ApiNotInstalledError(RefusedError):
    """The configuration asks for the HTTP API, and the packages that it needs are not there."""

    code = "api_not_installed"


class ApiSections(Protocol):
    """What of a configuration is about the API."""

    @property
    def api(self) -> ApiConfig:
        """The section ``[api]`` of the configuration."""
        ...


def make_api(parts: Parts, config: ApiSections) -> ApiService | None:
    """Make the service, or nothing where no address is configured. Nothing is opened or started.

    What it is made of takes longer to import than all the rest of the server.

    Raises:
        ApiNotInstalledError: it is asked for, and not installed.
    """
    if not config.api.listen:
        return None
    try:
        from trio_srs.service.api.app import make_app
        from trio_srs.service.api.context import ApiContext
        from trio_srs.service.api.serving import ApiService
    except ModuleNotFoundError as error:
        raise ApiNotInstalledError(
            f"api.listen is set, but {error.name} is not installed: pip install litestar anycorn"
        ) from error
    context = ApiContext(
        config=config.api,
        hosts=parts.rules,
        hub=parts.hub,
        bus=parts.bus,
        registry=parts.registry,
        journal=parts.journal,
        reports=parts.reports,
        waiting=parts.waiting,
        turns=parts.turns,
        addresses=parts.addresses,
    )
    return ApiService(context, make_app(context))
