"""From a configuration to the parts of a server: the one place that knows them all. Floor 5."""

from __future__ import annotations

import secrets
import ssl
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.config.schema import Config
from trio_srs.errors import RefusedError
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.bus import Bus
from trio_srs.hub.gate import AllowAll, Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.journal import Journal
from trio_srs.hub.registry import Registry
from trio_srs.hub.reports import Reports
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.net.certificate import self_signed_context, server_context
from trio_srs.net.reading import SharedReader
from trio_srs.service.rtmp.config import RtmpsConfig
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.server import RtmpService
from trio_srs.version import VERSION

if TYPE_CHECKING:
    from trio_srs.service.api.serving import ApiService

__all__ = ["ApiNotInstalledError", "Parts", "Rulebook", "build", "tls_context"]

_SCHEMES: Final = {"api": "http"}


class ApiNotInstalledError(RefusedError):
    """The configuration asks for the HTTP API, and the packages that it needs are not there."""

    code = "api_not_installed"


class Rulebook:
    """What the configuration says about names; a reload puts another configuration here."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def vhost_of(self, host: str) -> str:
        """The configured virtual host that a host name stands for."""
        return self.config.vhost_of(host)

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host may be used."""
        return self.config.vhost_enabled(vhost)

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What applies to a stream."""
        return self.config.settings_for(vhost, app, name)


@attrs.frozen
class Parts:
    """A server's parts, wired and not yet started."""

    rules: Rulebook
    hub: Hub
    bus: Bus
    registry: Registry
    journal: Journal
    reports: Reports
    waiting: Waiting
    turns: Turns
    rtmp: RtmpService
    reader: SharedReader | None
    """Reads for all connections, where the platform can."""
    api: ApiService | None = None
    """The HTTP API, if the configuration asks for it."""

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The URLs that it listens on now, by protocol, with the real ports."""
        listeners = {**self.rtmp.listeners, "api": self.api.listeners if self.api else []}
        return {
            protocol: [
                each.address.reachable.url(_SCHEMES.get(protocol, protocol)) for each in several
            ]
            for protocol, several in listeners.items()
        }


def build(config: Config, gate: Gate | None = None) -> Parts:
    """Make a server's parts. Nothing is opened or started.

    Raises:
        ApiNotInstalledError: the configuration asks for the API, which is not installed.
    """
    name = f"trio-srs/{VERSION}"
    history = config.history
    rules, bus, registry = Rulebook(config), Bus(), Registry(history.sessions)
    journal = Journal(history.events)
    reports = Reports(bus, journal, history)
    hub = Hub(Broadcaster(server_name=name))
    context = RtmpContext(
        config=config.rtmp,
        rules=rules,
        hub=hub,
        gate=gate or AllowAll(),
        bus=bus,
        registry=registry,
        reports=reports,
        server_name=name,
        random=_Filler().take,
        buffer=memoryview(bytearray(config.rtmp.read_buffer)),
        reader=SharedReader() if SharedReader.works else None,
    )
    turns = Turns()
    rtmp, waiting = RtmpService(context), Waiting(bus, reports, registry, turns)
    parts = Parts(rules, hub, bus, registry, journal, reports, waiting, turns, rtmp, context.reader)
    return attrs.evolve(parts, api=_build_api(config, parts)) if config.api.listen else parts


def _build_api(config: Config, parts: Parts) -> ApiService:
    """Make the API. What it is made of takes longer to import than all the rest of the server."""
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
        addresses=lambda: attrs.evolve(parts, api=service).addresses,
    )
    service = ApiService(context, make_app(context))
    return service


class _Filler:
    """Random bytes for handshakes, from one pool.

    They prove nothing and nobody reads them, but drawing 3 KiB of good ones for each connection
    took a twelfth of what a handshake costs. So each gets a stretch of the pool, from a place
    that moves by a prime.
    """

    _SIZE: Final = 64 * 1024
    _STEP: Final = 7919

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """So many bytes, at most a pool of them."""
        if not self._pool:  # not before somebody connects
            self._pool = secrets.token_bytes(self._SIZE)
        self._at = (self._at + self._STEP) % (self._SIZE - count)
        return self._pool[self._at : self._at + count]


def tls_context(config: RtmpsConfig) -> ssl.SSLContext | None:
    """The certificate to serve RTMPS with, or None where it is off.

    Raises:
        TlsConfigError: the files cannot be used.
    """
    if not config.listen:
        return None
    if config.certificate is None or config.key is None:
        return self_signed_context()
    password = config.key_password.value if config.key_password else None
    return server_context(str(config.certificate), str(config.key), password)
