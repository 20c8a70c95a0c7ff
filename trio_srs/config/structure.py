"""Parsed TOML into configuration classes: strictly, and with every complaint at once.

Floor 4. What a value may be is read off the classes, of sections that are named alone. Nothing is
converted quietly, and each field's range is checked where it is still known which key it is.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin

from trio_srs.config.keys import Key, keys, without_none
from trio_srs.config.render import Path as KeyPath
from trio_srs.config.schema import Config
from trio_srs.config.sections import SECTIONS
from trio_srs.hub.ids import ProcessName, parse_process_name
from trio_srs.hub.settings import Overrides, StreamSettings
from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.units import Bytes, Seconds, Timeout, parse_bytes, parse_seconds, parse_timeout

__all__ = ["NO_VARIABLES", "Complaint", "nearest", "structure"]

T = TypeVar("T")
Complaint = tuple[KeyPath, str]
"""Which key, and what is wrong with it."""

NO_VARIABLES: Final[Mapping[str, str]] = {}
"""No environment to look anything up in."""

_WRONG: Final = object()
"""What is read where there was a complaint."""


def structure(
    raw: Mapping[str, Any], environ: Mapping[str, str] = NO_VARIABLES
) -> Config | list[Complaint]:
    """Make a configuration of a parsed file.

    Args:
        raw: tables, lists and plain values as the TOML parser gives them.
        environ: where secrets of the form ``{ env = "NAME" }`` are looked up.

    Returns:
        The configuration, or everything that is wrong with it, never nothing.
    """
    reading = _TablesReading(environ)
    config = reading.config(raw)
    return config if isinstance(config, Config) else reading.complaints


def nearest(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """``; did you mean "listen"?``, or nothing when no known name is near."""
    from difflib import get_close_matches  # only where something is wrong

    found = get_close_matches(name, known, n=1)
    return f'; did you mean "{prefix}{found[0]}"?' if found else ""


class _TablesReading:
    """One reading of a file, and what is wrong with it.

    What reads a value returns what it made of it, which is worth nothing when there is a complaint
    about it or something in it: :meth:`_made` makes nothing of that.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.complaints: list[Complaint] = []
        self._environ = environ

    def config(self, raw: Mapping[str, Any]) -> Any:
        """The whole of it."""
        made = {
            name: self._value(raw[name], section.type, (name,))
            for name, section in SECTIONS.items()
            if name in raw
        }
        self._complain_of_unknown(raw, SECTIONS, ())
        return self._made(Config, made, ())

    def _value(self, value: Any, kind: Any, path: KeyPath) -> Any:
        try:
            if kind in _LEAVES:
                return _LEAVES[kind](value)
            if kind is Secret:
                return _secret(value, self._environ)
            if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
                return _word(value, kind)
            if (inner := without_none(kind)) is not kind:
                return self._optional(value, inner, path)
            return self._several(value, kind, path)
        except ValueError as error:
            self.complaints.append((path, str(error)))
            return _WRONG

    def _optional(self, value: Any, inner: Any, path: KeyPath) -> Any:
        if value == "off":
            return None
        made = self._value(value, inner, path)
        if made is _WRONG and (last := self.complaints[-1])[0] == path:
            self.complaints[-1] = (path, f'{last[1]}; "off" is allowed too')
        return made

    def _several(self, value: Any, kind: Any, path: KeyPath) -> Any:
        """What is made of several values, each of which may be wrong."""
        if kind == Overrides:
            return self._overrides(value, path)
        if get_origin(kind) is tuple:
            items = enumerate(_exactly(value, list, "a list"))
            return tuple(self._each(items, get_args(kind)[0], path).values())
        if get_origin(kind) is Mapping:
            return self._each(_table(value).items(), get_args(kind)[1], path)
        return self._section(value, kind, path)

    def _each(self, items: Iterable[tuple[Any, Any]], kind: Any, path: KeyPath) -> dict[Any, Any]:
        return {key: self._value(item, kind, (*path, key)) for key, item in items}

    def _overrides(self, value: Any, path: KeyPath) -> dict[str, Any]:
        table, settings = _table(value), keys(StreamSettings)
        made = self._keys(table, settings, table, path)
        self._complain_of_unknown(table, settings, path)
        return made

    def _section(self, value: Any, section: Any, path: KeyPath) -> Any:
        table, known = _table(value), keys(section)
        if "settings" in known:
            return self._scope(table, section, path)
        made = self._keys(table, known, known, path)
        self._complain_of_unknown(table, known, path)
        return self._made(section, made, path)

    def _scope(self, table: dict[str, Any], scope: Any, path: KeyPath) -> Any:
        """A table that has settings of streams among its own keys."""
        settings = keys(StreamSettings)
        own = {name: key for name, key in keys(scope).items() if name != "settings"}
        given = self._keys(table, settings, table, path)
        made = self._keys(table, own, own, path)
        self._complain_of_unknown(table, own.keys() | settings.keys(), path)
        return self._made(scope, {**made, "settings": given}, path)

    def _keys(
        self, table: dict[str, Any], known: Mapping[str, Key], order: Iterable[str], path: KeyPath
    ) -> dict[str, Any]:
        """The values of those keys that are known."""
        return {
            name: self._checked(table[name], known[name], (*path, name))
            for name in order
            if name in table and name in known
        }

    def _checked(self, value: Any, key: Key, path: KeyPath) -> Any:
        made = self._value(value, key.type, path)
        if key.valid is not None and made is not _WRONG:
            try:
                key.valid(None, None, made)
            except ValueError as error:
                self.complaints.append((path, str(error)))
                return _WRONG
        return made

    def _made(self, kind: Any, made: dict[str, Any], path: KeyPath) -> Any:
        """One of the class, if nothing that it is made of was wrong."""
        if any(each[0][: len(path)] == path for each in self.complaints):
            return _WRONG
        try:
            return kind(**made)
        except ValueError as error:
            self.complaints.append((path, str(error)))
            return _WRONG

    def _complain_of_unknown(
        self, table: Mapping[str, Any], known: Iterable[str], path: KeyPath
    ) -> None:
        known = {*known}
        for name in sorted(table.keys() - known):
            self.complaints.append(((*path, name), f"unknown key{nearest(name, known)}"))


def _exactly(value: Any, kind: type[T], expected: str) -> T:
    if type(value) is not kind:  # not isinstance: True is an int
        raise ValueError(f"expected {expected}, not {_seen(value)}")
    return value


def _table(value: object) -> dict[str, Any]:
    return _exactly(value, dict, "a table of settings")


def _seen(value: object) -> str:
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case str():
            return f'"{value}"'
        case None:
            return "nothing"
        case _:
            return str(value).lower()


def _word(value: Any, kind: type[enum.StrEnum]) -> enum.StrEnum:
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(f'"{word}"' for word in kind)
        near = nearest(value, kind) if isinstance(value, str) else ""
        raise ValueError(f"expected one of {words}, not {_seen(value)}{near}") from None


def _secret(value: object, environ: Mapping[str, str]) -> Secret:
    match value:
        case str():
            return Secret(value)
        case {"file": str(name), **rest} if not rest:
            try:
                return Secret(Path(name).read_text("utf-8").rstrip("\r\n"), ("file", name))
            except (OSError, ValueError) as exc:
                reason = exc.strerror if isinstance(exc, OSError) else "not UTF-8 text"
                raise ValueError(f"the secret's file {name} cannot be read: {reason}") from None
        case {"env": str(name), **rest} if not rest:
            if name not in environ:
                raise ValueError(f"the secret's variable {name} is not set")
            return Secret(environ[name], ("env", name))
        case _:
            # What was seen is not repeated: it may be the secret.
            raise ValueError('expected text, { file = "/path" } or { env = "VARIABLE" }')


_LEAVES: Final[Mapping[Any, Callable[[Any], Any]]] = {
    bool: lambda value: _exactly(value, bool, "true or false"),
    int: lambda value: _exactly(value, int, "a whole number"),
    str: lambda value: _exactly(value, str, "text in quotes"),
    Path: lambda value: Path(_exactly(value or None, str, "the path of a file, in quotes")),
    Seconds: parse_seconds,
    Timeout: parse_timeout,
    Bytes: parse_bytes,
    Address: lambda value: Address.parse(_exactly(value, str, "an address in quotes")),
    ProcessName: lambda value: parse_process_name(_exactly(value, str, "text in quotes")),
}
"""How plain values are read, by the type of their keys."""
