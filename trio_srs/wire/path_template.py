"""Paths of files that are made of the names of streams: templates, and what they make of names that
peers chose. Floor 0.

Source:
    SRS 7, ``srs_path_build_stream`` and ``srs_path_build_timestamp``: the variables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import attrs

__all__ = [
    "PLAYLIST_VARIABLES",
    "SEGMENT_VARIABLES",
    "PathRule",
    "PathTemplate",
    "date_variables",
]

_VARIABLE: Final = re.compile(r"\[([a-z0-9]+)\]")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ._+=@,-]+")
"""In a template's own text; in a name these stay as they are, and all letters and digits that
there are."""
_LETTERS: Final = "LMN"
"""Categories of Unicode: letters, marks on them, digits."""
_MOST_BYTES: Final = 240
"""Of a segment of a path: file systems take 255, and a temporary name needs some."""
_MOST_NAME_BYTES: Final = 160
"""Of a segment of a name: there is room beside it for a number and a date."""
_ANY: Final = "*"
_NOTHING: Final[Mapping[str, str]] = {}
_HASH_DIGITS: Final = 16
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")


@attrs.frozen(kw_only=True)
class PathRule:
    """What a file system takes two names for."""

    is_case_blind: bool = False
    """``CAM`` and ``cam`` are one file to it."""
    is_ascii: bool = False
    """It is told of names in ASCII only."""

    def segment(self, name: str) -> str:
        """A segment of a path, for a segment of a name: another one for each name.

        Letters and digits stay, in whatever script, and so do spaces and ``_+=@,.-``. All else is
        written as ``%`` and two digits for each byte of UTF-8: what leads elsewhere, what hides a
        file, ``%`` and ``~`` themselves, whatever is not in Unicode's normal form C, and capital
        letters where case is not told apart. An empty name is ``%``. One that gets too long ends in
        ``~`` and a hash.
        """
        is_normal = unicodedata.is_normalized("NFC", name)
        ends = {0, len(name) - 1}
        if not name:
            return "%"
        text = "".join(
            char
            if self._stays(char, is_normal=is_normal) and not (char in " ." and at in ends)
            else _escaped(char)
            for at, char in enumerate(name)
        )
        return _shortened(text, _MOST_NAME_BYTES, name)

    def _stays(self, char: str, *, is_normal: bool) -> bool:
        if char.isascii():
            is_plain = _PLAIN.fullmatch(char) is not None
        else:
            is_letter = unicodedata.category(char)[0] in _LETTERS
            is_plain = is_letter and is_normal and not self.is_ascii
        return is_plain and not (self.is_case_blind and char != char.casefold())


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _shortened(text: str, most: int, whole: str, ending: str = "") -> str:
    """It, or its beginning and a hash of the whole."""
    if len(text.encode()) + len(ending) <= most:
        return text + ending
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    room = most - len(digest) - 1 - len(ending)
    kept = text.encode()[:room].decode(errors="ignore")
    return f"{kept}~{digest}{ending}"


@attrs.frozen
class PathTemplate:
    """A path below some folder, with variables in it: ``[app]/[stream]-[seq].ts``."""

    text: str
    """As it was written."""
    _pieces: tuple[tuple[str, ...], ...]
    """Of each segment: its text, a variable, its text, and so on."""

    @classmethod
    def read(cls, text: str, variables: frozenset[str]) -> PathTemplate:
        """Read a template.

        Args:
            variables: that it may have.

        Raises:
            ValueError: it leads elsewhere, has what a file's name had better not have, or a
                variable that is not known.
        """
        for segment in text.split("/"):
            if segment in {"", ".", ".."}:
                raise ValueError(f'expected a path below the folder, not "{text}"')
        pieces = tuple(tuple(_VARIABLE.split(segment)) for segment in text.split("/"))
        for piece in pieces:
            for literal in piece[::2]:
                if literal and not _PLAIN.fullmatch(literal):
                    raise ValueError(
                        f'"{literal}" in "{text}": expected letters, digits, spaces, ._+=@,- and '
                        f"variables such as [stream]"
                    )
            if piece[0].startswith("."):
                raise ValueError(f'"{text}" names a hidden file')
            for name in piece[1::2]:
                if name not in variables:
                    known = " ".join(f"[{each}]" for each in sorted(variables))
                    raise ValueError(f'[{name}] in "{text}" is none of {known}')
        return cls(text, pieces)

    def glob(self, values: Mapping[str, str], rule: PathRule) -> str:
        """All paths that there can be for some values, without an ending: ``*`` stands for what the
        other variables may be, which are numbers."""
        other = dict.fromkeys(self.variables - values.keys(), _ANY)
        return "/".join(_segment(piece, values, rule, other) for piece in self._pieces)

    @property
    def variables(self) -> frozenset[str]:
        """Those that are in it."""
        return frozenset(name for piece in self._pieces for name in piece[1::2])

    def path(self, values: Mapping[str, str], rule: PathRule, ending: str = "") -> str:
        """The path for the values of all its variables; slashes in a value separate folders.

        Args:
            ending: of the file, if the template does not say it: ``.ts``.

        No segment is empty, leads up, is hidden, or longer than a file system takes.
        """
        made = "/".join(_segment(piece, values, rule) for piece in self._pieces)
        return "/".join(map(_fitting, f"{made}{ending}".split("/")))


def _segment(
    piece: tuple[str, ...],
    values: Mapping[str, str],
    rule: PathRule,
    other: Mapping[str, str] = _NOTHING,
) -> str:
    return "".join(
        part if number % 2 == 0 else other.get(part) or _value(values[part], rule)
        for number, part in enumerate(piece)
    )


def _value(value: str, rule: PathRule) -> str:
    return "/".join(map(rule.segment, value.split("/")))


def _fitting(segment: str) -> str:
    ending = _ENDING.search(segment)
    front, back = (segment, "") if ending is None else (segment[: ending.start()], ending[0])
    return _shortened(front, _MOST_BYTES, segment, back)


def date_variables(unix_ms: int) -> Mapping[str, str]:
    """What a time says: ``2006``, ``01``, ``02``, ``15``, ``04``, ``05`` and ``999`` as Go's
    reference time has them, in UTC, and ``timestamp`` in milliseconds."""
    seconds, millis = divmod(unix_ms, 1000)
    at = datetime.fromtimestamp(seconds, UTC)
    return {
        "2006": f"{at:%Y}",
        "01": f"{at:%m}",
        "02": f"{at:%d}",
        "15": f"{at:%H}",
        "04": f"{at:%M}",
        "05": f"{at:%S}",
        "999": f"{millis:03}",
        "timestamp": str(unix_ms),
    }


PLAYLIST_VARIABLES: Final = frozenset({"vhost", "app", "stream"})
"""Of the path of a stream's playlist."""
SEGMENT_VARIABLES: Final = PLAYLIST_VARIABLES | {"rendition", "seq", "duration", *date_variables(0)}
"""Of the paths of its segments, as SRS has them, and ``rendition``."""
