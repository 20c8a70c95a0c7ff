"""From what a peer said to a stream of this server: its name here, and what applies to it. Floor 2.

Every way in and out asks here, so that one name means one stream whatever the protocol.
"""

from __future__ import annotations

from typing import Final, Protocol

import attrs

from trio_srs.errors import RefusedError
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.url import DEFAULT_VHOST, StreamName, resolve

__all__ = [
    "ResolvedStream",
    "Rules",
    "VhostDisabledError",
    "resolve_app",
    "resolve_stream",
]

_SOME_NAME: Final = "-"  # an empty one would be guessed from the application


class VhostDisabledError(RefusedError):
    """The virtual host is switched off in the configuration."""

    code = "vhost_disabled"
    srs_code = 2014


class Rules(Protocol):
    """What the configuration says about names."""

    def vhost_of(self, host: str) -> str:
        """The configured virtual host that a host name stands for, or the default one."""
        ...

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host may be used."""
        ...

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What applies to a stream."""
        ...


@attrs.frozen
class ResolvedStream:
    """A stream that a peer named: what it is called here, and what applies to it."""

    said: StreamName
    """As the peer named it, but for the virtual host, which is the configured one."""
    key: str
    """The hub's name of it: ``app/name``, behind ``vhost/`` unless that is the default one."""
    settings: StreamSettings


def resolve_stream(rules: Rules, tc_url: str, app: str, name: str) -> ResolvedStream:
    """What a peer means by a stream name.

    Args:
        tc_url, app: what it connected to; see :func:`trio_srs.wire.url.resolve`.

    Raises:
        RefusedError: it is no name, or its virtual host is switched off.
    """
    said = resolve(tc_url, app, name)
    vhost = rules.vhost_of(said.vhost)
    if not rules.vhost_enabled(vhost):
        raise VhostDisabledError(f"virtual host {vhost} is not enabled")
    key = said.path if vhost == DEFAULT_VHOST else f"{vhost}/{said.path}"
    settings = rules.settings_for(vhost, said.app, said.name)
    return ResolvedStream(attrs.evolve(said, vhost=vhost), key, settings)


def resolve_app(rules: Rules, tc_url: str, app: str) -> StreamName:
    """What a peer means by ``connect``, before it has named a stream.

    Raises:
        RefusedError: a name is not lawful, or its virtual host is switched off.
    """
    return resolve_stream(rules, tc_url, app, _SOME_NAME).said
