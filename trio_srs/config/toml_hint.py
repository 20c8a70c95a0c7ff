"""What is most often meant by a line that is not TOML. Floor 4."""

from __future__ import annotations

import re
from typing import Final

import tomli

__all__ = ["toml_problem"]

_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9_.]*")
_QUOTE: Final = '"'
_LIST: Final = "["
_COMMENT: Final = "#"


def toml_problem(error: tomli.TOMLDecodeError) -> str:
    """What is wrong, and what was expected. Values are not told: they may be secret."""
    lines = error.doc.splitlines()
    line = lines[error.lineno - 1] if error.lineno <= len(lines) else ""
    return f"not TOML: {error.msg}{_hint(line.partition(_COMMENT)[0])}"


def _hint(line: str) -> str:
    if line.count(_QUOTE) % 2:
        return '; a quote is missing: text has " before and behind it, on one line'
    key, equals, value = (each.strip() for each in line.partition("="))
    first = value.lstrip(f"{_LIST} ").partition(",")[0].rstrip("] ")
    if not equals or _QUOTE in value or "'" in value or not first or _NUMBER.fullmatch(first):
        return ""
    example = '["..."]' if value.startswith(_LIST) else '"..."'
    return f"; text and times stand in quotes: {key} = {example}"
