"""From a configuration to the HTTP API of a server, if there is to be one. Floor 3."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.errors import RefusedError
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.service.api.serving import ApiService

__all__ = ["ApiNotInstalledError", "ApiSections", "make_api"]

_NEEDS: Final = ("litestar", "anycorn")


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

    What it needs takes longer to import than all the rest of the server: it is looked for here, and
    imported when the server is ready.

    Raises:
        ApiNotInstalledError: it is asked for, and not installed.
    """
    if not config.api.listen:
        return None
    if missing := [name for name in _NEEDS if find_spec(name) is None]:
        raise ApiNotInstalledError(
            f"api.listen is set, but {missing[0]} is not installed: pip install litestar anycorn"
        )
    from trio_srs.service.api.context import ApiContext
    from trio_srs.service.api.serving import ApiService

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
    return ApiService(context)
