"""Values and key paths as TOML text. Floor 4."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, get_args

from trio_srs.secret import Secret
from trio_srs.units import Bytes, format_bytes, format_seconds

__all__ = ["Path", "key_path", "show"]

Path = tuple[str | int, ...]
"""Keys from the top of the file down; a number is a place in a list."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', **{chr(code): f"\\u{code:04x}" for code in (*range(32), 127)}}
)


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


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
