"""A configuration as TOML text: values, key paths, and the whole of it.

Floor 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

import attrs

from trio_srs.config.keys import Key, keys
from trio_srs.config.schema import AppConfig, Config, VhostConfig
from trio_srs.hub.settings import Overrides, StreamSettings
from trio_srs.secret import Secret
from trio_srs.service.hooks.config import HookTargets
from trio_srs.units import Bytes, format_bytes, format_seconds

__all__ = ["Path", "Table", "key_path", "print_config", "show", "tables"]

Path = tuple[str | int, ...]
"""Keys from the top of the file down; a number is a place in a list."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', **{chr(code): f"\\u{code:04x}" for code in (*range(32), 127)}}
)
_SETTINGS: Final = keys(StreamSettings)


@attrs.frozen
class Table:
    """One table of the file: its path, and each of its keys with the value."""

    path: tuple[str, ...]
    entries: tuple[tuple[Key, Any], ...]


def show(value: object, kind: Any) -> str:
    """A setting's value as TOML; a secret that was given in plain is ``"***"``.

    Args:
        value: the value.
        kind: its declared type without ``| None``: sizes are integers like any other, so the
            value alone does not tell.
    """
    if isinstance(value, tuple):
        return f"[{', '.join(show(item, get_args(kind)[0]) for item in value)}]"
    match value:
        case None:
            return '"off"'
        case bool():
            return str(value).lower()
        case int():
            return f'"{format_bytes(value)}"' if kind is Bytes else str(value)
        case float():
            return f'"{format_seconds(value)}"'
        case Secret(source=(origin, name)):
            return f"{{ {origin} = {_quote(name)} }}"
        case _:
            return _quote(str(value))


def key_path(path: Iterable[str | int]) -> str:
    """Keys as one dotted TOML key, quoted where they must be: ``vhost."example.com".app``."""
    text = "".join(
        f"[{key}]" if isinstance(key, int) else f".{key if _BARE.fullmatch(key) else _quote(key)}"
        for key in path
    )
    return text.removeprefix(".")


def tables(config: Config) -> Iterator[Table]:
    """Every table of a configuration, defaults included, in the order of the file."""
    for key in keys(Config).values():
        section = getattr(config, key.name)
        if key.name == "app":
            yield from _apps(("app",), section)
        elif key.name == "vhost":
            yield from _vhosts(section)
        else:
            entries = ((k, getattr(section, k.name)) for k in keys(key.type).values())
            yield Table((key.name,), tuple(entries))


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
        yield Table((*path, name), _given(app.settings))
        for pattern, settings in app.stream.items():
            yield Table((*path, name, "stream", pattern), _given(settings))


def _vhosts(vhosts: Mapping[str, VhostConfig]) -> Iterator[Table]:
    own = [key for key in keys(VhostConfig).values() if key.name in {"enabled", "aliases"}]
    for name, vhost in vhosts.items():
        entries = ((key, getattr(vhost, key.name)) for key in own)
        yield Table(("vhost", name), (*entries, *_given(vhost.settings)))
        if vhost.hooks != HookTargets():
            hooks = ((key, getattr(vhost.hooks, key.name)) for key in keys(HookTargets).values())
            yield Table(("vhost", name, "hooks"), tuple(hooks))
        yield from _apps(("vhost", name, "app"), vhost.app)


def _given(settings: Overrides) -> tuple[tuple[Key, Any], ...]:
    return tuple((_SETTINGS[name], value) for name, value in settings.items())


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
