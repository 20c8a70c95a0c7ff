"""A configuration as tables of a file: all of its keys, defaults included. Floor 4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from trio_srs.config.app_scope import AppConfig, StreamsConfig
from trio_srs.config.keys import Key, keys
from trio_srs.config.render import key_path, show
from trio_srs.config.schema import Config
from trio_srs.config.sections import NARROWED, SECTIONS
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.hub.settings import Overrides, StreamSettings
from trio_srs.service.capture.config import VhostCapture
from trio_srs.service.hooks.config import HookTargets

__all__ = ["Table", "print_config", "tables"]

_SETTINGS: Final = keys(StreamSettings)


@attrs.frozen
class Table:
    """One table of the file: its path, and each of its keys with the value."""

    path: tuple[str, ...]
    entries: tuple[tuple[Key, Any], ...]


def tables(config: Config) -> Iterator[Table]:
    """Every table of a configuration, defaults included, in the order of the file."""
    for name, section in SECTIONS.items():
        if not section.is_scope:
            given = getattr(config, name)
            entries = ((key, getattr(given, key.name)) for key in keys(section.kind).values())
            yield Table((name,), tuple(entries))
    yield from _apps(("app",), config.app)
    yield from _vhosts(config.vhost)


def print_config(config: Config) -> str:
    """The effective configuration as TOML.

    It loads back to an equal configuration, except that a secret given in plain is ``"***"``.
    """
    return "\n".join(
        "\n".join(
            [
                f"[{key_path(table.path)}]",
                *(f"{key.name} = {show(value, key.inner)}" for key, value in table.entries),
                "",
            ]
        )
        for table in tables(config)
    )


def _apps(path: tuple[str, ...], apps: Mapping[str, AppConfig]) -> Iterator[Table]:
    for name, app in apps.items():
        yield from _scope((*path, name), app)
        for pattern, scope in app.stream.items():
            yield from _scope((*path, name, "stream", pattern), scope)


def _scope(
    path: tuple[str, ...], scope: StreamsConfig, own: Iterable[tuple[Key, Any]] = ()
) -> Iterator[Table]:
    """What is given for some streams, behind keys that only this kind of scope has."""
    yield Table(path, (*own, *_given(scope.settings, _SETTINGS)))
    for name in NARROWED:
        given: Overrides = getattr(scope, name)
        if given:
            known = keys(SECTIONS[name].kind)
            # What begins is asked for it each time, where the service is there at all.
            live = {key: attrs.evolve(each, live=True) for key, each in known.items()}
            yield Table((*path, name), _given(given, live))


def _vhosts(vhosts: Mapping[str, VhostConfig]) -> Iterator[Table]:
    own = [key for key in keys(VhostConfig).values() if key.name in {"enabled", "aliases"}]
    for name, vhost in vhosts.items():
        entries = ((key, getattr(vhost, key.name)) for key in own)
        yield from _scope(("vhost", name), vhost, entries)
        if vhost.hooks != HookTargets():
            hooks = ((key, getattr(vhost.hooks, key.name)) for key in keys(HookTargets).values())
            yield Table(("vhost", name, "hooks"), tuple(hooks))
        if vhost.capture != VhostCapture():
            kept = ((key, getattr(vhost.capture, key.name)) for key in keys(VhostCapture).values())
            yield Table(("vhost", name, "capture"), tuple(kept))
        yield from _apps(("vhost", name, "app"), vhost.app)


def _given(given: Overrides, known: Mapping[str, Key]) -> tuple[tuple[Key, Any], ...]:
    return tuple((known[name], value) for name, value in given.items())
