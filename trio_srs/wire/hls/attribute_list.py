"""Attribute lists: what stands behind the colon of most tags of a playlist. Floor 0.

Source:
    RFC 8216, 4.2 (the same in draft-pantos-hls-rfc8216bis).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs

from trio_srs.errors import ProtocolError

__all__ = [
    "Attribute",
    "AttributeList",
    "PlaylistError",
    "Word",
    "read_count",
    "read_seconds",
    "write_attributes",
    "write_seconds",
]


class PlaylistError(ProtocolError):
    """What is no playlist, or no lawful one. The text says where and why."""

    code = "playlist_error"


class Word(str):
    """A value that is written without quotation marks: ``YES``, ``AES-128``, ``1280x720``."""

    __slots__ = ()


Attribute: TypeAlias = str | int | float | bytes | bool | None
"""A value to be written: a ``Word`` or a number as it is, other text in quotation marks, bytes in
hexadecimal digits, True as ``YES``; neither False nor None is written."""

_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(,|$)')
_DECIMAL: Final = re.compile(r"[0-9]{1,20}")
_FLOAT: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]+)")
_RESOLUTION: Final = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")
_UNQUOTABLE: Final = re.compile(r'["\x00-\x1f\x7f]')
_PLACES: Final = 5
"""Digits behind the point: finer than a tick of 90 kHz."""


def write_attributes(attributes: Mapping[str, Attribute]) -> str:
    """Write a list, in the order given.

    Raises:
        ValueError: text with a quotation mark or a control character, which cannot be said; a
            number that is none. A caller's mistake.
    """
    written = ((name, _written(value)) for name, value in attributes.items())
    return ",".join(f"{name}={value}" for name, value in written if value)


def _written(value: Attribute) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "YES"
        case int() | Word():
            return str(value)
        case float():
            return write_seconds(value)
        case bytes():
            return f"0x{value.hex().upper()}"
    if _UNQUOTABLE.search(value):
        raise ValueError(f"{value!r} cannot stand in quotation marks")
    return f'"{value}"'


def write_seconds(value: float) -> str:
    """A decimal number, with as few digits as say it; at most five behind the point.

    Raises:
        ValueError: it is negative, infinite or no number. A caller's mistake.
    """
    if not (value >= 0 and math.isfinite(value)):
        raise ValueError(f"{value} cannot be a number of a playlist")
    text = f"{value:.{_PLACES}f}"
    return text.rstrip("0").rstrip(".")


@attrs.frozen
class AttributeList:
    """A list that was read: each value as it stood there, to be asked for by its type."""

    values: Mapping[str, str]
    """By name, quotation marks included."""

    @classmethod
    def read(cls, text: str) -> AttributeList:
        """Take a list apart.

        Raises:
            PlaylistError: it is none, or a name is in it twice (RFC 8216, 4.2).
        """
        values: dict[str, str] = {}
        pos = 0
        while pos < len(text):
            found = _ATTRIBUTE.match(text, pos)
            if found is None or (found[3] and found.end() == len(text)):
                raise PlaylistError(f"{text[pos : pos + 80]!r} is no attribute list")
            if found[1] in values:
                raise PlaylistError(f"{found[1]} is there twice")
            values[found[1]] = found[2]
            pos = found.end()
        return cls(values)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def need(self, *names: str) -> None:
        """Raise PlaylistError unless all of these are there."""
        for name in names:
            if name not in self.values:
                raise PlaylistError(f"{name} is missing")

    def text(self, name: str) -> str:
        """A quoted string, without its marks; empty if there is none. Raises PlaylistError."""
        said = self.values.get(name, '""')
        if not said.startswith('"'):
            raise PlaylistError(f"{name} is {said}, expected a quoted string")
        return said[1:-1]

    def word(self, name: str, *allowed: str) -> str:
        """An enumerated string; empty if there is none. Raises PlaylistError.

        Args:
            allowed: the words that may stand there; without them all may.
        """
        said = self.values.get(name, "")
        if said.startswith('"') or (said and allowed and said not in allowed):
            raise PlaylistError(f"{name} is {said}, expected {' or '.join(allowed) or 'a word'}")
        return said

    def is_yes(self, name: str) -> bool:
        """Whether it is ``YES``; if it is anything but that or ``NO``, raise PlaylistError."""
        return self.word(name, "YES", "NO") == "YES"

    def count(self, name: str) -> int | None:
        """A decimal integer. Raises PlaylistError."""
        said = self.values.get(name)
        return None if said is None else read_count(said, name)

    def seconds(self, name: str) -> float | None:
        """A decimal number, with or without a point. Raises PlaylistError."""
        said = self.values.get(name)
        return None if said is None else read_seconds(said, name)

    def hexadecimal(self, name: str) -> bytes | None:
        """The bytes of a hexadecimal sequence. Raises PlaylistError."""
        said = self.values.get(name)
        if said is None:
            return None
        found = _HEX.fullmatch(said)
        if found is None:
            raise PlaylistError(f"{name} is {said}, expected 0x and hexadecimal digits")
        return bytes.fromhex(found[1].zfill(len(found[1]) + len(found[1]) % 2))

    def resolution(self, name: str) -> tuple[int, int]:
        """Width and height in pixels; 0 and 0 if there are none. Raises PlaylistError."""
        said = self.values.get(name)
        if said is None:
            return 0, 0
        found = _RESOLUTION.fullmatch(said)
        if found is None:
            raise PlaylistError(f"{name} is {said}, expected such as 1280x720")
        return int(found[1]), int(found[2])


def read_count(text: str, what: str) -> int:
    """A decimal integer. Raises PlaylistError."""
    if not _DECIMAL.fullmatch(text):
        raise PlaylistError(f"{what} is {text[:80]}, expected a decimal integer")
    return int(text)


def read_seconds(text: str, what: str) -> float:
    """A decimal number. Raises PlaylistError."""
    if not _FLOAT.fullmatch(text):
        raise PlaylistError(f"{what} is {text[:80]}, expected a decimal number")
    return float(text)
