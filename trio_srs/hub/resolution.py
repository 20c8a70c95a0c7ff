"""From what a peer said to a stream of this server: its name here, and what applies to it. Floor 2.

Every way in and out asks here, so that one name means one stream whatever the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import attrs

from trio_srs.errors import RefusedError
from trio_srs.hub.settings import NO_OVERRIDES, Overrides, StreamSettings, override
from trio_srs.wire.stream_name import key_of
from trio_srs.wire.url import DEFAULT_APP, StreamName, resolve

__all__ = [
    "Hosts",
    "ResolvedStream",
    "Rules",
    "VhostDisabledError",
    "find_app",
    "find_name",
    "in_namespace",
    "resolve_stream",
]

_SOME_NAME: Final = "-"  # an empty one would be guessed from the application


class VhostDisabledError(RefusedError):
    """The virtual host is switched off in the configuration."""

    code = "vhost_disabled"
    srs_code = 2014


class Hosts(Protocol):
    """What the configuration says about host names."""

    def vhost_of(self, host: str) -> str:
        """The configured virtual host that a host name stands for, or the default one."""
        ...


class Rules(Hosts, Protocol):
    """What the configuration says about names."""

    @property
    def namespaces(self) -> Mapping[str, bool]:
        """Virtual hosts into which an application of their name leads as well: whether each is
        served."""
        ...

    def vhost_enabled(self, vhost: str) -> bool:
        """Whether a virtual host may be used."""
        ...

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        """What applies to a stream."""
        ...


@attrs.frozen
class ResolvedStream:
    """A stream of this server: what it is called here, and what applies to it."""

    key: str
    """The hub's name of it: ``app/name``, behind ``vhost/`` unless that is the default one."""
    settings: StreamSettings
    account: str = ""
    """Whose it is, if a gate said so."""


def find_name(rules: Rules, tc_url: str, app: str, name: str) -> StreamName:
    """What a peer means by a stream name.

    Args:
        tc_url, app: what it connected to; see :func:`trio_srs.wire.url.resolve`.

    Returns:
        As it named it, but for the virtual host, which is the configured one.

    Raises:
        RefusedError: it is no name, or its virtual host is switched off.
    """
    said = in_namespace(resolve(tc_url, app, name), rules.namespaces)
    vhost = rules.vhost_of(said.vhost)
    if not rules.vhost_enabled(vhost):
        raise VhostDisabledError(f"virtual host {vhost} is not enabled")
    return said if said.vhost == vhost else StreamName(vhost, said.app, said.name, said.query)


def in_namespace(said: StreamName, namespaces: Mapping[str, bool]) -> StreamName:
    """A name whose application begins with a namespace, as a name there: for clients that can say a
    host, an application and a name, and nothing else.

    >>> in_namespace(StreamName("host", "mine/live", "cam1"), {"mine": True}).stream_url
    'mine/live/cam1'
    """
    if not namespaces:
        return said
    first, _, app = said.app.partition("/")
    if first not in namespaces:
        return said
    name = said.name
    if not app:  # the client has cut its URL at another slash
        app, _, name = name.rpartition("/")
    return attrs.evolve(said, vhost=first, app=app or DEFAULT_APP, name=name)


def find_app(rules: Rules, tc_url: str, app: str) -> StreamName:
    """What a peer means by ``connect``, before it has named a stream.

    Raises:
        RefusedError: a name is not lawful, or its virtual host is switched off.
    """
    return find_name(rules, tc_url, app, _SOME_NAME)


def resolve_stream(
    rules: Rules,
    vhost: str,
    app: str,
    name: str,
    *,
    overrides: Overrides = NO_OVERRIDES,
    account: str = "",
) -> ResolvedStream:
    """A stream by its names, which are lawful, and the virtual host is a configured one.

    Args:
        overrides: settings that count more than what the rules say.
    """
    settings = rules.settings_for(vhost, app, name)
    if overrides:
        settings = override(settings, overrides)
    return ResolvedStream(key_of(vhost, f"{app}/{name}"), settings, account)
