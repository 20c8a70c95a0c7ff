"""A configuration with some keys changed, as JSON says them. Floor 4.

A patch is a JSON merge patch (RFC 7396) of tables as a file has them: null is the default of a
section's key; of an application, a pattern or a virtual host, that it is not given there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import attrs
import tomli

from trio_srs.config.keys import keys
from trio_srs.config.render import show
from trio_srs.config.schema import Config
from trio_srs.config.sections import SCOPES, SECTIONS
from trio_srs.config.structure import Complaint, nearest, structure
from trio_srs.config.tables import print_config
from trio_srs.hub.settings import StreamSettings
from trio_srs.secret import Secret
from trio_srs.wire.merge_patch import lay_patch

__all__ = ["as_tables", "patched", "settings_as_table", "without_secrets"]


def as_tables(config: Config) -> dict[str, Any]:
    """All of a configuration as a file is read that says it; what is secret is ``***``, or where it
    is from."""
    return tomli.loads(print_config(config))


def settings_as_table(settings: StreamSettings) -> dict[str, Any]:
    """Settings of a stream in the same words."""
    lines = (
        f"{key.name} = {show(getattr(settings, key.name), key.inner)}"
        for key in keys(StreamSettings).values()
    )
    return tomli.loads("\n".join(lines))


def without_secrets(patch: Mapping[str, Any]) -> dict[str, Any]:
    """A patch that is lawful, as it may be shown."""
    return {
        name: {key: "***" if key in _secrets_of(name) else value for key, value in table.items()}
        for name, table in patch.items()
    }


def _secrets_of(section: str) -> frozenset[str]:
    if section in SCOPES:  # settings of streams, of which none is secret
        return frozenset()
    there = keys(SECTIONS[section].kind).values()
    return frozenset(
        key.name for key in there if key.inner is Secret or Secret in get_args(key.inner)
    )


def patched(config: Config, patch: Mapping[str, Any]) -> Config | list[Complaint]:
    """The same configuration but for what a patch says.

    Returns:
        The configuration, or everything that is wrong with the patch.
    """
    if complaints := list(_lacking(patch)):
        return complaints
    said: dict[str, Any] = {}
    lay_patch(patch, said)
    scopes = {name: as_tables(config).get(name, {}) for name in SCOPES if name in patch}
    lay_patch({name: patch[name] for name in scopes}, scopes)
    made = structure({**said, **scopes})
    if not isinstance(made, Config):
        return made
    sections = {name: getattr(made, name) for name in scopes}
    for name, table in patch.items():
        if name not in scopes:
            # Of a section only what was named: the others may be secrets that are not shown.
            changed = {key: getattr(getattr(made, name), key) for key in table}
            try:
                sections[name] = attrs.evolve(getattr(config, name), **changed)
            except ValueError as error:
                return [((name,), str(error))]
    try:
        return attrs.evolve(config, **sections)
    except ValueError as error:
        return [((), str(error))]


def _lacking(patch: Mapping[str, Any]) -> Iterator[Complaint]:
    """What there is not, or is no table: a null would be passed over."""
    for name, table in patch.items():
        if name not in SECTIONS:
            yield (name,), f"no such section{nearest(name, SECTIONS)}"
        elif not isinstance(table, Mapping):
            yield (name,), "expected a table of keys"
        elif name not in SCOPES:
            there = keys(SECTIONS[name].kind)
            for key in table:
                if key not in there:
                    yield (name, key), f"no such key{nearest(key, there)}"
