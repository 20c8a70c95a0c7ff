"""From a configuration to what runs programs, if there are any. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.service.programs.service import ProgramsSections, ProgramsService

__all__ = ["make_programs"]


def make_programs(parts: Parts, config: ProgramsSections) -> ProgramsService | None:
    """Make the service, or nothing where nothing is to be run. Nothing is started."""
    if not config.programs.is_used:
        return None
    from trio_srs.service.programs.service import ProgramsService  # few have any

    return ProgramsService(config, parts.hub, parts.bus, parts.addresses, parts.registry.find)
