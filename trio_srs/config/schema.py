"""The whole configuration as one value, and which settings hold for which stream.

Floor 4. A section's class lives beside its service, and is imported when the section is named or
asked for (:mod:`trio_srs.config.sections`). Applications and virtual hosts narrow the settings of
streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from trio_srs.config.sections import SCOPES, SECTIONS

if TYPE_CHECKING:
    from trio_srs.config.app_scope import AppConfig, StreamsConfig
    from trio_srs.config.process import LogConfig, ProcessConfig
    from trio_srs.config.vhost_scope import VhostConfig
    from trio_srs.hub.gate import AccessConfig
    from trio_srs.hub.history import HistoryConfig
    from trio_srs.hub.settings import StreamSettings
    from trio_srs.service.api.config import ApiConfig, ApiHttpsConfig
    from trio_srs.service.capture.config import CaptureConfig, CaptureWhen
    from trio_srs.service.dash.config import DashConfig
    from trio_srs.service.faults.config import FaultsConfig
    from trio_srs.service.hls.config import HlsConfig
    from trio_srs.service.hooks.config import HookPlatforms, HooksConfig
    from trio_srs.service.http.config import HttpConfig, HttpsConfig
    from trio_srs.service.programs.config import ProgramsConfig
    from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig
    from trio_srs.service.segmented.config import SegmentedConfig

    SegmentedT = TypeVar("SegmentedT", bound=SegmentedConfig)

__all__ = ["DEFAULT_VHOST", "Config"]

DEFAULT_VHOST: Final = "__defaultVhost__"
"""The virtual host of every request whose host is not configured."""

_MAX_CACHED: Final = 4096  # names are chosen by peers; what was resolved must not pile up
_UNNAMED: Final[Any] = object()


@attrs.frozen(kw_only=True)
class Config:
    """Everything that can be configured. ``Config()`` is the default server.

    A section that is not given is at its defaults; it is made, and its class imported, when
    somebody asks for it.
    """

    rtmp: RtmpConfig = attrs.field(default=_UNNAMED)
    rtmps: RtmpsConfig = attrs.field(default=_UNNAMED)
    http: HttpConfig = attrs.field(default=_UNNAMED)
    https: HttpsConfig = attrs.field(default=_UNNAMED)
    hls: HlsConfig = attrs.field(default=_UNNAMED)
    dash: DashConfig = attrs.field(default=_UNNAMED)
    api: ApiConfig = attrs.field(default=_UNNAMED)
    api_https: ApiHttpsConfig = attrs.field(default=_UNNAMED)
    access: AccessConfig = attrs.field(default=_UNNAMED)
    hooks: HooksConfig = attrs.field(default=_UNNAMED)
    programs: ProgramsConfig = attrs.field(default=_UNNAMED)
    capture: CaptureConfig = attrs.field(default=_UNNAMED)
    faults: FaultsConfig = attrs.field(default=_UNNAMED)
    log: LogConfig = attrs.field(default=_UNNAMED)
    process: ProcessConfig = attrs.field(default=_UNNAMED)
    history: HistoryConfig = attrs.field(default=_UNNAMED)
    stream: StreamSettings = attrs.field(default=_UNNAMED)
    """What holds for every stream unless a scope below says otherwise."""
    app: Mapping[str, AppConfig] = attrs.field(factory=dict)
    """Applications of every virtual host, by name."""
    vhost: Mapping[str, VhostConfig] = attrs.field(factory=dict)
    """Virtual hosts by name."""
    _hosts: dict[str, str] = attrs.field(init=False, eq=False, repr=False)
    _resolved: dict[tuple[str, str, str], StreamSettings] = attrs.field(
        init=False, eq=False, repr=False, factory=dict
    )
    _narrowed: dict[tuple[str, ...], Any] = attrs.field(
        init=False, eq=False, repr=False, factory=dict
    )
    _named: frozenset[str] = attrs.field(init=False, eq=False, repr=False)

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

    @_named.default
    def _named_default(self) -> frozenset[str]:
        return frozenset(
            name
            for name in SECTIONS
            if (getattr(self, name) if name in SCOPES else getattr(self, name) is not _UNNAMED)
        )

    def __attrs_post_init__(self) -> None:
        # What has no value is looked for by __getattr__, the first time.
        for name in SECTIONS.keys() - self._named - {*SCOPES}:
            object.__delattr__(self, name)

    if not TYPE_CHECKING:  # a type checker that sees it takes every misspelt name for a section

        def __getattr__(self, name: str) -> Any:
            if name not in SECTIONS:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            made = self._unnamed_http() if name == "http" else SECTIONS[name].kind()
            object.__setattr__(self, name, made)
            return made

    def _unnamed_http(self) -> HttpConfig:
        kind: type[HttpConfig] = SECTIONS["http"].kind
        return kind(listen=()) if self._listens_elsewhere else kind()

    @property
    def _listens_elsewhere(self) -> bool:
        """Whether it says where to be heard: then nothing is heard where nothing is said."""
        return self.names("rtmp") and self.rtmp.listen != type(self.rtmp)().listen

    def names(self, *sections: str) -> bool:
        """Whether any of these sections is given. The others are at their defaults, and asking for
        one of them imports its class."""
        return not self._named.isdisjoint(sections)

    @property
    def serves_http(self) -> bool:
        """Whether HTTP is served anywhere, with TLS or without."""
        if not self.names("http", "https") and self._listens_elsewhere:
            return False
        return bool(self.http.listen or self.https.listen)

    @property
    def hook_platforms(self) -> HookPlatforms:
        """Who is called about what, on which virtual host."""
        from trio_srs.service.hooks.config import HookPlatforms  # few name any

        return HookPlatforms(self.hooks, {name: each.hooks for name, each in self.vhost.items()})

    @property
    def vhost_captures(self) -> Mapping[str, CaptureWhen]:
        """Which sessions of virtual hosts are captured, by the name of each that says so."""
        said = {name: each.capture.when for name, each in self.vhost.items()}
        return {name: when for name, when in said.items() if when != "off"}

    def vhost_of(self, host: str) -> str:
        """The configured virtual host for a host name, without regard to case.

        Returns:
            Its name as configured, or ``DEFAULT_VHOST`` for a host nobody configured.
        """
        return self._hosts.get(host.lower(), DEFAULT_VHOST)

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host, by its configured name, is served."""
        return vhost not in self.vhost or self.vhost[vhost].enabled

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
                given.update(layer.settings)
            settings = attrs.evolve(self.stream, **given) if given else self.stream
            if len(self._resolved) >= _MAX_CACHED:
                self._resolved.clear()
            self._resolved[where] = settings
        return settings

    def hls_for(self, vhost: str, app: str, name: str) -> HlsConfig:
        """How one stream is served as HLS: `[hls]`, and what the same places as of
        :meth:`settings_for` say of it, in that order."""
        return self._narrow("hls", self.hls, (vhost, app, name))

    def dash_for(self, vhost: str, app: str, name: str) -> DashConfig:
        """The same of DASH."""
        return self._narrow("dash", self.dash, (vhost, app, name))

    def _narrow(self, section: str, config: SegmentedT, where: tuple[str, str, str]) -> SegmentedT:
        known = (section, *where)
        if known not in self._narrowed:
            for layer in self._layers(*where):
                given = getattr(layer, section)
                config = config.narrowed(given) if given else config
            if len(self._narrowed) >= _MAX_CACHED:
                self._narrowed.clear()
            self._narrowed[known] = config
        made: SegmentedT = self._narrowed[known]
        return made

    @property
    def serves_hls(self) -> bool:
        """Whether any stream is served as HLS."""
        return self._serves("hls")

    @property
    def serves_dash(self) -> bool:
        """Whether any stream is served as DASH."""
        return self._serves("dash")

    def _serves(self, section: str) -> bool:
        if not self.serves_http:
            return False
        tops: tuple[StreamsConfig, ...] = (*self.app.values(), *self.vhost.values())
        scopes = (each for top in tops for each in top.scopes)
        said = (getattr(each, section).get("enabled") for each in scopes)
        return getattr(self, section).enabled or any(said)

    def _layers(self, vhost: str, app: str, name: str) -> Iterator[StreamsConfig]:
        if app in self.app:
            yield from self.app[app].layers(name)
        if vhost in self.vhost:
            tenant = self.vhost[vhost]
            yield tenant
            if app in tenant.app:
                yield from tenant.app[app].layers(name)
