"""From a configuration to the hooks of a server, if there are to be any. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.service.hooks.config import HookPlatforms
    from trio_srs.service.hooks.service import HooksService

__all__ = ["HooksSections", "make_hooks"]


class HooksSections(Protocol):
    """What of a configuration is about hooks."""

    @property
    def hook_platforms(self) -> HookPlatforms:
        """The section ``[hooks]`` of the configuration, and those of its virtual hosts."""
        ...


def make_hooks(parts: Parts, config: HooksSections) -> HooksService | None:
    """Make the service, or nothing where nobody is to be called. Nothing is opened or started."""
    platforms = config.hook_platforms
    if not platforms.is_used:
        return None
    from trio_srs.service.hooks.poster import HttpPoster
    from trio_srs.service.hooks.service import HooksService

    poster = HttpPoster(platforms.general.max_connections, platforms.general.keep_alive)
    service = HooksService(
        platforms, parts.srs_ids, parts.bus, poster, parts.made_files,
        find_session=parts.registry.find,
    )  # fmt: skip
    parts.access.add(service.gate, at_connect=service.gate.minds_connects)
    return service
