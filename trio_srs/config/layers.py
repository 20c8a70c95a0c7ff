"""A configuration of several layers, each laid over the ones before it. Floor 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import tomli

from trio_srs.config.load import ConfigError, Problem
from trio_srs.config.render import key_path
from trio_srs.config.schema import Config
from trio_srs.config.structure import structure
from trio_srs.config.toml_hint import toml_problem

__all__ = ["Layer", "layered"]

Layer: TypeAlias = str | Mapping[str, Any]
"""A TOML text, or tables as such a text would be read."""


def layered(*layers: Layer) -> Config:
    """Lay them over each other, table by table and key by key; the last one wins.

    Raises:
        ConfigError: a text is not TOML, or what they make together cannot be used.
    """
    together: dict[str, Any] = {}
    for layer in layers:
        _lay(_tables(layer), together)
    made = structure(together)
    if isinstance(made, Config):
        return made
    raise ConfigError(
        [Problem(key_path(path) or "configuration", message) for path, message in made]
    )


def _tables(layer: Layer) -> Mapping[str, Any]:
    if not isinstance(layer, str):
        return layer
    try:
        return tomli.loads(layer)
    except tomli.TOMLDecodeError as error:
        where = f"configuration, line {error.lineno}, column {error.colno}"
        raise ConfigError([Problem(where, toml_problem(error))]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError([Problem("configuration", f"not TOML: {error}")]) from error


def _lay(layer: Mapping[str, Any], under: dict[str, Any]) -> None:
    for key, value in layer.items():
        below = under.get(key)
        if isinstance(value, Mapping):
            together = dict(below) if isinstance(below, Mapping) else {}
            _lay(value, together)
            under[key] = together
        else:
            under[key] = value
