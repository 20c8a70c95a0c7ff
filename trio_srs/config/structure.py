"""Parsed TOML into configuration classes: strictly, and with every complaint at once.

Floor 4. cattrs does the walking, in the sections that are named alone; the hooks here refuse what
it would quietly convert, and run each field's range check where it is still known which key it was.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from trio_srs.config.keys import Key, keys, without_none
from trio_srs.config.render import Path as KeyPath
from trio_srs.config.schema import Config
from trio_srs.config.sections import NARROWED, SECTIONS
from trio_srs.hub.ids import ProcessName, parse_process_name
from trio_srs.hub.settings import StreamSettings
from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.units import (
    Bytes,
    Seconds,
    Timeout,
    parse_bytes,
    parse_seconds,
    parse_timeout,
)

__all__ = ["NO_VARIABLES", "Complaint", "nearest", "structure"]

K = TypeVar("K", int, str)
T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
Complaint = tuple[KeyPath, str]
"""Which key, and what is wrong with it."""

NO_VARIABLES: Final[Mapping[str, str]] = {}
"""No environment to look anything up in."""

_SETTINGS: Final = keys(StreamSettings)


@attrs.frozen
class _Narrowed:
    """The type of what a scope says of a section."""

    section: str


@attrs.frozen
class _Everywhere:
    """The type of a key of such a section that no scope may say."""

    section: str


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
    converter = _without_variables() if environ is NO_VARIABLES else _converter(environ)
    named = {name: section for name, section in SECTIONS.items() if name in raw}
    made: dict[str, Any] = {}
    complaints: list[Complaint] = []
    for name, section in named.items():
        try:
            made[name] = converter.structure(raw[name], section.type)
        except (ValueError, BaseValidationError) as exc:
            complaints += _complaints(exc, (name,))
    complaints += _unknown(raw.keys() - named, SECTIONS, ())
    if not complaints:
        try:
            return Config(**made)
        except ValueError as exc:
            complaints.append(((), str(exc)))
    return complaints


def nearest(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """``; did you mean "listen"?``, or nothing when no known name is near."""
    from difflib import get_close_matches  # only where something is wrong

    found = get_close_matches(name, known, n=1)
    return f'; did you mean "{prefix}{found[0]}"?' if found else ""


@cache
def _without_variables() -> Converter:
    """Made once: it takes longer than all that is done with it."""
    return _converter(NO_VARIABLES)


def _converter(environ: Mapping[str, str]) -> Converter:
    converter = Converter(detailed_validation=True)
    # What is registered later is asked first: from the general to the exact.
    factories: list[tuple[Callable[[Any], bool], Callable[[Converter, Any], Hook]]] = [
        (attrs.has, _section_hook),
        (_is_scope, _scope_hook),
        (lambda kind: without_none(kind) is not kind, _optional_hook),
        (lambda kind: get_origin(kind) is tuple, _list_hook),
        (lambda kind: get_origin(kind) is Mapping, _named_hook),
        (lambda kind: isinstance(kind, _Narrowed), _narrowed_hook),
        (lambda kind: isinstance(kind, _Everywhere), _everywhere_hook),
    ]
    for fits, make in factories:
        converter.register_structure_hook_factory(fits, partial(make, converter))
    converter.register_structure_hook(enum.StrEnum, _word)
    for exact, read in _leaves(environ).items():
        converter.register_structure_hook(exact, _leaf_hook(read))
    return converter


def _leaves(environ: Mapping[str, str]) -> dict[Any, Callable[[Any], Any]]:
    return {
        bool: lambda value: _exactly(value, bool, "true or false"),
        int: lambda value: _exactly(value, int, "a whole number"),
        str: lambda value: _exactly(value, str, "text in quotes"),
        Path: lambda value: Path(_exactly(value or None, str, "the path of a file, in quotes")),
        Seconds: parse_seconds,
        Timeout: parse_timeout,
        Bytes: parse_bytes,
        Address: lambda value: Address.parse(_exactly(value, str, "an address in quotes")),
        ProcessName: lambda value: parse_process_name(_exactly(value, str, "text in quotes")),
        Secret: lambda value: _secret(value, environ),
    }


def _leaf_hook(read: Callable[[Any], Any]) -> Hook:
    return lambda value, _: read(value)


def _exactly(value: Any, kind: type[T], expected: str) -> T:
    if type(value) is not kind:  # not isinstance: True is an int
        raise ValueError(f"expected {expected}, not {_seen(value)}")
    return value


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


def _table(value: object) -> dict[str, Any]:
    return _exactly(value, dict, "a table of settings")


def _is_scope(kind: Any) -> bool:
    return attrs.has(kind) and "settings" in keys(kind)


def _section_hook(converter: Converter, section: Any) -> Hook:
    # A loop, and no function that is generated: a start would wait for it to be compiled.
    return lambda value, _: section(**_read_keys(converter, value, keys(section), section))


def _scope_hook(converter: Converter, scope: Any) -> Hook:
    own = {
        name: attrs.evolve(key, type=_Narrowed(name)) if name in NARROWED else key
        for name, key in keys(scope).items()
        if name != "settings"
    }

    def read(value: Any, _: Any) -> Any:
        made = _read_keys(converter, value, own | _SETTINGS, scope)
        settings = {name: made.pop(name) for name in list(made) if name in _SETTINGS}
        return scope(settings=settings, **made)

    return read


def _narrowed_hook(converter: Converter, kind: _Narrowed) -> Hook:
    def read(value: Any, _: Any) -> Any:
        section = SECTIONS[kind.section].kind  # imported where a scope says something of it
        known = {
            name: attrs.evolve(key, type=_Everywhere(kind.section)) if key.everywhere else key
            for name, key in keys(section).items()
        }
        made = _read_keys(converter, value, known, section)
        section(**made)  # checks what is no range
        return made

    return read


def _everywhere_hook(_converter: Converter, kind: _Everywhere) -> Hook:
    def refuse(_value: Any, _: Any) -> Any:
        raise ValueError(f"holds for all streams: it can be given in [{kind.section}] alone")

    return refuse


def _read_keys(
    converter: Converter, value: Any, known: Mapping[str, Key], owner: Any
) -> dict[str, Any]:
    """The values of a table, each read and its range checked; or all that is wrong with them."""
    table, made = _table(value), {}
    wrong: list[Exception] = []
    for name, key in known.items():
        if name in table:
            try:
                made[name] = converter.structure(table[name], key.type)
                if key.valid is not None:
                    key.valid(None, None, made[name])
            except (ValueError, BaseValidationError) as exc:
                exc.add_note(AttributeValidationNote(name, name, None))
                wrong.append(exc)
    if unknown := table.keys() - known.keys():
        wrong.append(ForbiddenExtraKeysError(None, owner, unknown))
    if wrong:
        raise ClassValidationError(f"while structuring {owner.__name__}", wrong, owner)
    return made


def _optional_hook(converter: Converter, kind: Any) -> Hook:
    inner = without_none(kind)
    hook = converter.get_structure_hook(inner)

    def read(value: Any, _: Any) -> Any:
        if value == "off":
            return None
        try:
            return hook(value, inner)
        except ValueError as exc:
            raise ValueError(f'{exc}; "off" is allowed too') from None

    return read


def _list_hook(converter: Converter, kind: Any) -> Hook:
    inner = get_args(kind)[0]
    hook = converter.get_structure_hook(inner)
    return lambda value, _: tuple(
        _each(enumerate(_exactly(value, list, _list_of(value))), hook, inner).values()
    )


def _list_of(value: Any) -> str:
    """What to write where a list is expected; a text alone was to be the one thing in it."""
    return f"a list, such as [{_seen(value)}]" if type(value) is str else "a list"


def _named_hook(converter: Converter, kind: Any) -> Hook:
    inner = get_args(kind)[1]
    hook = converter.get_structure_hook(inner)
    return lambda value, _: _each(_table(value).items(), hook, inner)


def _each(items: Iterable[tuple[K, Any]], hook: Hook, kind: Any) -> dict[K, Any]:
    made: dict[K, Any] = {}
    wrong: list[Exception] = []
    for index, item in items:
        try:
            made[index] = hook(item, kind)
        except (ValueError, BaseValidationError) as exc:
            exc.add_note(IterableValidationNote(str(index), index, kind))
            wrong.append(exc)
    if wrong:
        raise IterableValidationError("while structuring items", wrong, kind)
    return made


def _complaints(exc: Exception, path: KeyPath) -> Iterator[Complaint]:
    match exc:
        case BaseValidationError():
            for part in exc.exceptions:
                yield from _complaints(part, (*path, *_step(part)))
        case ForbiddenExtraKeysError():
            yield from _unknown(exc.extra_fields, _known(exc.cl), path)
        case ValueError():
            yield path, str(exc)
        case _:
            raise exc  # not a fault of the file, but ours


def _unknown(names: Iterable[str], known: Iterable[str], path: KeyPath) -> Iterator[Complaint]:
    for name in sorted(names):
        yield (*path, name), f"unknown key{nearest(name, known) or _in_section(name, path)}"


def _in_section(name: str, path: KeyPath) -> str:
    """Where a key would be known that stands outside of any section, if that is one place."""
    tables = SECTIONS.items() if not path else ()
    there = [table for table, each in tables if not each.is_scope and name in keys(each.kind)]
    return f'; did you mean "{there[0]}.{name}"?' if len(there) == 1 else ""


def _step(exc: Exception) -> KeyPath:
    for note in getattr(exc, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (note.name,)
        if isinstance(note, IterableValidationNote):
            return (note.index,)
    return ()


def _known(section: Any) -> set[str]:
    own = set(keys(section))
    return (own - {"settings"}) | set(_SETTINGS) if _is_scope(section) else own
