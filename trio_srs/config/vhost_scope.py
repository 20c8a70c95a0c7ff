"""What holds for one virtual host. Floor 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from trio_srs.config.app_scope import AppConfig, StreamsConfig
from trio_srs.service.capture.config import VhostCapture
from trio_srs.service.hooks.config import HookTargets

__all__ = ["VhostConfig"]


@attrs.frozen(kw_only=True)
class VhostConfig(StreamsConfig):
    """One virtual host: ``[vhost."example.com"]``."""

    enabled: bool = True
    """Whether requests for this host are served at all."""
    aliases: tuple[str, ...] = ()
    """Other host names for the same virtual host."""
    hooks: HookTargets = attrs.field(factory=HookTargets)
    """Who is called about this host alone, in place of `[hooks]`; in a file, a table of its own."""
    capture: VhostCapture = attrs.field(factory=VhostCapture)
    """Which sessions of this host are captured beside those that `[capture]` keeps; in a file, a
    table of its own."""
    app: Mapping[str, AppConfig] = attrs.field(factory=dict)
    """Applications of this host alone, by name."""

    @property
    def scopes(self) -> Iterator[StreamsConfig]:
        yield self
        for app in self.app.values():
            yield from app.scopes
