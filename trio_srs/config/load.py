"""A configuration from its file, the environment and the command line, or every complaint.

Floor 4, and the one place that reads them. The environment beats the file, ``--set`` beats
both. Values are TOML everywhere: ``TRIO_SRS_RTMP__LISTEN='["127.0.0.1:0"]'``,
``--set 'stream.gop_cache="off"'``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import tomli

from trio_srs.config.keys import keys
from trio_srs.config.render import Path as KeyPath
from trio_srs.config.render import key_path, show
from trio_srs.config.schema import Config
from trio_srs.config.sections import SCOPES, SECTIONS
from trio_srs.config.structure import NO_VARIABLES, nearest, structure
from trio_srs.config.toml_hint import toml_problem
from trio_srs.errors import RefusedError

__all__ = ["PREFIX", "RESERVED", "ConfigError", "Problem", "load", "loads"]

PREFIX: Final = "TRIO_SRS_"
"""What the name of a setting's variable begins with; then comes ``SECTION__KEY``."""
RESERVED: Final = frozenset(
    {
        "TRIO_SRS_URL",
        "TRIO_SRS_SOURCE_URL",
        "TRIO_SRS_TEST",
        "TRIO_SRS_ENGINES",
        "TRIO_SRS_SEEN_RUNS",
    }
)
"""Variables with our prefix that are no settings: what the project's own tools tell the
programs they start, and what is said to a build of the package."""

_QUOTES: Final = "text has quotes of its own within those of the shell"
_TABLES: Final = SECTIONS.keys() - SCOPES


@attrs.frozen
class Problem:
    """One complaint about the configuration."""

    where: str
    """A key path such as ``rtmp.listen[0]``, with where its value came from if that is not
    the file; or a variable, an option, a file with line and column."""
    message: str
    """What was seen and what was expected."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class ConfigError(RefusedError):
    """The configuration cannot be used; ``problems`` has all that is wrong with it."""

    code = "config_error"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] = NO_VARIABLES,
    overrides: Sequence[str] = (),
) -> Config:
    """Read the configuration.

    Args:
        path: the TOML file; None for the defaults.
        environ: variables, of which those that begin with ``TRIO_SRS_`` are settings.
        overrides: texts such as ``rtmp.listen=[":1935"]``, as given to ``--set``; the last wins.

    Raises:
        ConfigError: with every problem of all three sources.
    """
    text = ""
    if path is not None:
        try:
            text = path.read_text("utf-8-sig")
        except OSError as exc:
            raise ConfigError([Problem(str(path), f"cannot be read: {exc.strerror}")]) from exc
        except UnicodeDecodeError as exc:
            problem = Problem(str(path), f"not UTF-8 text: byte {exc.start} is not")
            raise ConfigError([problem]) from exc
    return loads(text, name=str(path), environ=environ, overrides=overrides)


def loads(
    text: str,
    *,
    name: str = "configuration",
    environ: Mapping[str, str] = NO_VARIABLES,
    overrides: Sequence[str] = (),
) -> Config:
    """Read the configuration from a file's text; ``name`` stands for the file in complaints.

    Raises:
        ConfigError: as :func:`load`.
    """
    sources = _Sources()
    sources.add_file(text, name)
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in RESERVED:
            sources.add_variable(variable, environ[variable])
    for override in overrides:
        sources.add_override(override)
    return sources.config(environ)


@attrs.define
class _Sources:
    """What has been read so far, and the complaints about how it was written."""

    raw: dict[str, Any] = attrs.Factory(dict)
    origins: dict[KeyPath, str] = attrs.Factory(dict)
    problems: list[Problem] = attrs.Factory(list)
    readable: bool = True

    def add_file(self, text: str, name: str) -> None:
        try:
            self.raw = tomli.loads(text)
        except tomli.TOMLDecodeError as exc:
            where = f"{name}, line {exc.lineno}, column {exc.colno}"
            self.problems.append(Problem(where, toml_problem(exc)))
            self.readable = False
        except (ValueError, RecursionError) as exc:  # a number too long, tables too deep
            self.problems.append(Problem(name, f"not TOML: {exc}"))
            self.readable = False

    def add_variable(self, variable: str, text: str) -> None:
        # The prefix stays out of the comparison: it would make everything look alike.
        name = variable.removeprefix(PREFIX)
        section, _, setting = name.partition("__")
        path = (section.lower(), setting.lower())
        key = keys(SECTIONS[path[0]].kind).get(path[1]) if path[0] in _TABLES else None
        if key is None or name != name.upper():
            self._complain(variable, f"no such setting{nearest(name, _names(), prefix=PREFIX)}")
            return
        example = f"{variable}='{show(key.default, key.inner)}'"
        try:
            value = tomli.loads(f"value = {text}")
        except (ValueError, RecursionError):
            value = {}
        if value.keys() != {"value"}:
            self._complain(variable, f"expected a TOML value, such as {example}: {_QUOTES}")
            return
        self._merge(path, value["value"], variable)

    def add_override(self, text: str) -> None:
        option = f"--set {text.partition('=')[0].strip()}"  # the value may be a secret
        try:
            # One line, and no table header: else one option could be a whole file.
            tree = {} if "\n" in text or text.lstrip().startswith("[") else tomli.loads(text)
        except (ValueError, RecursionError):
            tree = {}
        if not tree:
            example = """--set 'rtmp.listen=["127.0.0.1:0"]'"""
            expected = f"expected key=value, the value in TOML, such as {example}"
            self._complain(option, f"{expected}: {_QUOTES}")
            return
        path: list[str] = []
        value: Any = tree
        while isinstance(value, dict) and len(value) == 1 and not _is_value(value):
            [(key, value)] = value.items()
            path.append(key)
        self._merge(tuple(path), value, option)

    def config(self, environ: Mapping[str, str]) -> Config:
        """The configuration.

        Raises:
            ConfigError: it, or what it was read from, is not right.
        """
        if not self.readable:  # what else is wrong may only be so because the file is missing
            raise ConfigError(self.problems)
        made = structure(self.raw, environ)
        if isinstance(made, list):
            self.problems += (Problem(self._where(path), message) for path, message in made)
        if self.problems or isinstance(made, list):
            raise ConfigError(self.problems)
        return made

    def _complain(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))

    def _merge(self, path: tuple[str, ...], value: Any, origin: str) -> None:
        table = self.raw
        for key in path[:-1]:
            inner = table.get(key)
            if not isinstance(inner, dict) or _is_value(inner):
                inner = table[key] = {}
            table = inner
        table[path[-1]] = value
        self.origins[path] = origin

    def _where(self, path: KeyPath) -> str:
        origins = (self.origins.get(path[:end]) for end in range(len(path), 0, -1))
        origin = next((f" ({origin})" for origin in origins if origin), "")
        return (key_path(path) or "configuration") + origin


def _names() -> list[str]:
    """Those of all variables that are settings, without their prefix."""
    return [f"{name}__{key}".upper() for name in _TABLES for key in keys(SECTIONS[name].kind)]


def _is_value(table: dict[str, Any]) -> bool:
    """Whether a table is a secret's ``{ file = ... }`` or ``{ env = ... }``, not a section."""
    return bool(table) and all(
        key in {"file", "env"} and isinstance(value, str) for key, value in table.items()
    )
