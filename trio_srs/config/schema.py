"""The whole configuration as one value, and which settings hold for which stream.

Floor 4. A section's class lives beside its service; this module lists them, and adds the
scopes that narrow the stream settings: virtual host, application, stream name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

import attrs

from trio_srs.config.process import LogConfig, ProcessConfig
from trio_srs.hub.gate import AccessConfig
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.settings import Overrides, StreamSettings
from trio_srs.service.api.config import ApiConfig, ApiHttpsConfig
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hooks.config import HookPlatforms, HooksConfig, HookTargets
from trio_srs.service.http.config import HttpConfig, HttpsConfig
from trio_srs.service.programs.config import ProgramsConfig
from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig

__all__ = ["DEFAULT_VHOST", "AppConfig", "Config", "VhostConfig"]

DEFAULT_VHOST: Final = "__defaultVhost__"
"""The virtual host of every request whose host is not configured."""

_MAX_CACHED: Final = 4096  # names are chosen by peers; what was resolved must not pile up


def _lawful(_instance: object, _attribute: object, value: Overrides) -> None:
    # No rule spans two keys, so what is lawful over the defaults is lawful over anything.
    StreamSettings(**value)


def _lawful_each(_instance: object, _attribute: object, value: Mapping[str, Overrides]) -> None:
    for overrides in value.values():
        StreamSettings(**overrides)


@attrs.frozen(kw_only=True)
class AppConfig:
    """One application: ``[app.live]``, or ``[vhost."example.com".app.live]``."""

    settings: Overrides = attrs.field(factory=dict, validator=_lawful)
    """The stream settings given for this application; in a file, keys of its own table."""
    stream: Mapping[str, Overrides] = attrs.field(factory=dict, validator=_lawful_each)
    """Stream settings for some names of the application, by name or pattern (`*`, `?`,
    `[abc]`)."""

    def layers(self, name: str) -> Iterator[Overrides]:
        """What applies to a stream of this application, the weakest first.

        Of several patterns that match, the longer is stronger, a tie goes to the later in
        the alphabet, and the very name is strongest of all.
        """
        yield self.settings
        matching = (p for p in self.stream if p == name or fnmatchcase(name, p))
        for pattern in sorted(matching, key=lambda p: (p == name, len(p), p)):
            yield self.stream[pattern]


@attrs.frozen(kw_only=True)
class VhostConfig:
    """One virtual host: ``[vhost."example.com"]``."""

    enabled: bool = True
    """Whether requests for this host are served at all."""
    aliases: tuple[str, ...] = ()
    """Other host names for the same virtual host."""
    hooks: HookTargets = attrs.field(factory=HookTargets)
    """Who is called about this host alone, in place of `[hooks]`; in a file, a table of its own."""
    settings: Overrides = attrs.field(factory=dict, validator=_lawful)
    """The stream settings given for this host; in a file, keys of its own table."""
    app: Mapping[str, AppConfig] = attrs.field(factory=dict)
    """Applications of this host alone, by name."""


_NO_APP: Final = AppConfig()
_NO_VHOST: Final = VhostConfig()


@attrs.frozen(kw_only=True)
class Config:
    """Everything that can be configured. ``Config()`` is the default server."""

    rtmp: RtmpConfig = attrs.field(factory=RtmpConfig)
    rtmps: RtmpsConfig = attrs.field(factory=RtmpsConfig)
    http: HttpConfig = attrs.field()
    https: HttpsConfig = attrs.field(factory=HttpsConfig)
    hls: HlsConfig = attrs.field(factory=HlsConfig)
    dash: DashConfig = attrs.field(factory=DashConfig)
    api: ApiConfig = attrs.field(factory=ApiConfig)
    api_https: ApiHttpsConfig = attrs.field(factory=ApiHttpsConfig)
    access: AccessConfig = attrs.field(factory=AccessConfig)
    hooks: HooksConfig = attrs.field(factory=HooksConfig)
    programs: ProgramsConfig = attrs.field(factory=ProgramsConfig)
    log: LogConfig = attrs.field(factory=LogConfig)
    process: ProcessConfig = attrs.field(factory=ProcessConfig)
    history: HistoryConfig = attrs.field(factory=HistoryConfig)
    stream: StreamSettings = attrs.field(factory=StreamSettings)
    """What holds for every stream unless a scope below says otherwise."""
    app: Mapping[str, AppConfig] = attrs.field(factory=dict)
    """Applications of every virtual host, by name."""
    vhost: Mapping[str, VhostConfig] = attrs.field(factory=dict)
    """Virtual hosts by name."""
    _hosts: dict[str, str] = attrs.field(init=False, eq=False, repr=False)
    _resolved: dict[tuple[str, str, str], StreamSettings] = attrs.field(
        init=False, eq=False, repr=False, factory=dict
    )

    @http.default
    def _http_default(self) -> HttpConfig:
        has_own_address = self.rtmp.listen != RtmpConfig().listen
        return HttpConfig(listen=()) if has_own_address else HttpConfig()

    @_hosts.default
    def _hosts_default(self) -> dict[str, str]:
        hosts: dict[str, str] = {}
        for name, vhost in self.vhost.items():
            for host in (name, *vhost.aliases):
                other = hosts.setdefault(host.lower(), name)
                if other != name:
                    raise ValueError(
                        f"host {host!r} is claimed by two virtual hosts, {other!r} and {name!r}"
                    )
        return hosts

    @property
    def hook_platforms(self) -> HookPlatforms:
        """Who is called about what, on which virtual host."""
        return HookPlatforms(self.hooks, {name: each.hooks for name, each in self.vhost.items()})

    def vhost_of(self, host: str) -> str:
        """The configured virtual host for a host name, without regard to case.

        Returns:
            Its name as configured, or ``DEFAULT_VHOST`` for a host nobody configured.
        """
        return self._hosts.get(host.lower(), DEFAULT_VHOST)

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host, by its configured name, is served."""
        return self.vhost.get(vhost, _NO_VHOST).enabled

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What holds for one stream.

        Settings are compared key by key, the place before the name: what is said of the
        virtual host beats what is said of all hosts, then the application decides, then the
        stream's name. From weakest to strongest: ``[stream]``, ``[app.A]``,
        ``[app.A.stream.P]``, ``[vhost.V]``, ``[vhost.V.app.A]``, ``[vhost.V.app.A.stream.P]``.
        A virtual host is one tenant; a general section never changes what was said for it.

        Args:
            vhost: a configured name, as :meth:`vhost_of` gives it.
            app: the application, exactly.
            name: the stream's name, without parameters.
        """
        where = (vhost, app, name)
        settings = self._resolved.get(where)
        if settings is None:
            given: dict[str, Any] = {}
            for layer in self._layers(*where):
                given.update(layer)
            settings = attrs.evolve(self.stream, **given) if given else self.stream
            if len(self._resolved) >= _MAX_CACHED:
                self._resolved.clear()
            self._resolved[where] = settings
        return settings

    def _layers(self, vhost: str, app: str, name: str) -> Iterator[Overrides]:
        tenant = self.vhost.get(vhost, _NO_VHOST)
        yield from self.app.get(app, _NO_APP).layers(name)
        yield tenant.settings
        yield from tenant.app.get(app, _NO_APP).layers(name)
