"""From a configuration to the faults of a server, and to who does them. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trio_srs.service.base import Parts

if TYPE_CHECKING:
    from trio_srs.hub.fault_injection import FaultWork
    from trio_srs.service.faults.config import FaultsConfig

__all__ = ["FaultsSections", "begin_faults", "make_faults"]


class FaultsSections(Protocol):
    """What of a configuration is about faults."""

    @property
    def faults(self) -> FaultsConfig:
        """The section ``[faults]`` of the configuration."""
        ...


def make_faults(parts: Parts, config: FaultsSections) -> None:
    """Have the faults that the configuration names, behind the services that they are done to."""
    if config.faults.rules:
        from trio_srs.faults.fault_text import parse_fault

        work = parts.faults.needed()
        for text in config.faults.rules:
            work.add(parse_fault(text))


def begin_faults(parts: Parts, config: FaultsSections) -> FaultWork:
    """Who does the faults of a server, when the first is asked for."""
    from trio_srs.service.faults.fault_injector import FaultInjector

    return FaultInjector(
        parts.access, parts.bus, parts.reports, config.faults.seed, parts.web_routes
    )
