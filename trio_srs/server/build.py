"""From a configuration to the parts of a server: the one place that knows them all. Floor 5."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.config.schema import Config
from trio_srs.hub.access import AccessControl
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.bus import Bus
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.gate import Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.ids import Ids, SrsIds
from trio_srs.hub.journal import Journal
from trio_srs.hub.made_files import MadeFiles
from trio_srs.hub.namespace_keeping import NamespaceKeeping
from trio_srs.hub.registry import Registry
from trio_srs.hub.reports import Reports
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.supervisor import Supervisor
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.net.shared_reader import SharedReader
from trio_srs.server.server_steering import ServerSteering
from trio_srs.service.access.make import make_access
from trio_srs.service.api.make import make_api
from trio_srs.service.base import Parts, Service
from trio_srs.service.capture.make import make_capture
from trio_srs.service.dash.make import make_dash
from trio_srs.service.faults.make import begin_faults, make_faults
from trio_srs.service.hls.make import make_hls
from trio_srs.service.hooks.make import make_hooks
from trio_srs.service.http.make import make_http
from trio_srs.service.programs.make import make_programs
from trio_srs.service.rtmp.make import make_rtmp
from trio_srs.version import VERSION

if TYPE_CHECKING:
    from trio_srs.hub.namespace import Namespaces

__all__ = ["SERVICES", "Built", "Offer", "Rulebook", "build"]


@attrs.frozen
class Offer:
    """What a server may have: a service, or an output of its streams."""

    make: Callable[[Parts, Config], Service[Config] | None]
    """Makes it, or nothing where the configuration does not ask for it. What is no service makes
    itself known to ``parts.hub.outputs``, and returns nothing either."""
    protocols: tuple[str, ...] = ()
    """Of a service's URLs: they are told of in the ready line, also when it is off."""
    sections: tuple[str, ...] = ()
    """Those of the configuration without which it is off: where none of them is named it is not
    made, so that nothing of it is imported. Without any it is always made."""

    def is_wanted(self, config: Config) -> bool:
        """Whether it may be asked for."""
        return not self.sections or config.names(*self.sections)


SERVICES: Final = (
    Offer(make_access),
    Offer(make_hooks, sections=("hooks", "vhost")),
    Offer(make_programs, sections=("programs",)),
    Offer(make_capture, sections=("capture", "vhost", "api", "api_https")),
    Offer(make_rtmp, ("rtmp", "rtmps")),
    Offer(make_hls),
    Offer(make_dash),
    Offer(make_http, ("http", "https")),
    Offer(make_faults, sections=("faults",)),
    Offer(make_api, ("api",), sections=("api", "api_https")),
)
"""Every service there is, in the order in which they start."""


class Rulebook:
    """What the configuration says about names; a reload puts another configuration here."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.namespaces: Mapping[str, bool] = {}
        """Virtual hosts that no file has, those that are over among them: whether each is
        served."""

    def vhost_of(self, host: str) -> str:
        """The configured virtual host that a host name stands for."""
        if self.namespaces and host in self.namespaces:
            return host
        return self.config.vhost_of(host)

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host may be used."""
        return self.namespaces.get(vhost, True) and self.config.vhost_enabled(vhost)

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What applies to a stream."""
        return self.config.settings_for(vhost, app, name)


@attrs.frozen
class Built:
    """A server that is wired, and not yet started."""

    rules: Rulebook
    steering: ServerSteering
    parts: Parts
    services: tuple[Service[Config], ...]
    journal: Journal
    """What is to hear everything that happens in this process."""


def build(
    config: Config,
    gate: Gate | Sequence[Gate] | None = None,
    services: Sequence[Offer] = SERVICES,
) -> Built:
    """Make a server's parts. Nothing is opened or started.

    Args:
        gate: who may connect, publish and play; several are asked in order.
        services: what it offers, each if the configuration asks for it.

    Raises:
        RefusedError: one of them is asked for, and cannot be made.
    """
    history = config.history
    supervisor = Supervisor()
    rules, bus, ids = Rulebook(config), Bus(supervisor), Ids(config.process.name)
    registry, journal = Registry(history.sessions, ids), Journal(history.events, ids=ids)
    reports, turns = Reports(bus, journal, history), Turns()
    server_name = f"trio-srs/{VERSION}"
    made: list[Service[Config]] = []

    def addresses() -> Mapping[str, Sequence[str]]:
        urls: dict[str, Sequence[str]] = {
            protocol: [] for offer in services for protocol in offer.protocols
        }
        for service in made:
            urls.update(service.urls)
        return urls

    def take_over(config: Config) -> None:
        rules.config = config
        for service in made:
            service.configure(config)

    steering = ServerSteering(config, take_over)
    parts = Parts(
        server_name=server_name,
        rules=rules,
        access=AccessControl(
            rules, _gates(gate), config=lambda: rules.config.access, supervisor=supervisor
        ),
        supervisor=supervisor,
        hub=Hub(
            Broadcaster(server_name=server_name, supervisor=supervisor), bus=bus, reports=reports
        ),
        bus=bus,
        registry=registry,
        journal=journal,
        reports=reports,
        waiting=Waiting(bus, reports, registry, turns, journal=journal),
        srs_ids=SrsIds(config.process.name),
        turns=turns,
        reader=SharedReader() if SharedReader.works else None,
        addresses=addresses,
        made_files=MadeFiles(supervisor),
        steering=steering,
        faults=FaultInjection(lambda: begin_faults(parts, config)),
        keeping=NamespaceKeeping(lambda: _begin_namespaces(parts, steering, rules)),
    )
    made += filter(None, (each.make(parts, config) for each in services if each.is_wanted(config)))
    return Built(rules, steering, parts, tuple(made), journal)


def _begin_namespaces(parts: Parts, steering: ServerSteering, rules: Rulebook) -> Namespaces:
    from trio_srs.service.namespaces.keeper import NamespaceKeeper  # few servers have any

    return NamespaceKeeper(parts, steering, rules)


def _gates(gate: Gate | Sequence[Gate] | None) -> Sequence[Gate]:
    if gate is None:
        return ()
    return gate if isinstance(gate, Sequence) else (gate,)
