"""The target of an HTTP request line, taken apart safely (RFC 9112 3.2, RFC 3986). Floor 0."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import unquote_to_bytes

import attrs

from trio_srs.errors import ProtocolError

__all__ = ["HttpTarget", "HttpTargetError"]

_ABSOLUTE: Final = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN_NAME: Final = re.compile(r"(?!\.\.?$)[\w.~=!$&'()*+,;:@-]+", re.ASCII)
"""A segment that means itself, as nearly all do (RFC 3986, 3.3)."""
_PLAIN_QUERY: Final = re.compile(r"[\w.~=&:@-]*", re.ASCII)
"""A query of which that is so (RFC 3986, 3.4)."""
_FOLDER_MOST: Final = 256
"""Characters of a folder that is remembered: who plays asks for many files in the same one."""
_FOLDERS: Final = 4096
"""How many are."""
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f\\]")
"""What no name of a stream or a file has, and some file systems take for something else."""


class HttpTargetError(ProtocolError):
    """A request's target that names nothing we could serve. The text says why."""

    code = "http_target_error"


@attrs.frozen
class HttpTarget:
    """Path and query of a request. The path is decoded once, and leads nowhere but down."""

    segments: tuple[str, ...]
    """The path between its slashes, percent-decoded; none is empty, ``.`` or ``..``, and none has a
    slash, a backslash or a control character."""
    query: Mapping[str, str] = attrs.field(factory=dict)
    """Decoded; of equal names the last one."""
    authority: str = ""
    """Host and port of a target that is a whole URL, as a proxy is asked; else empty."""
    is_folder: bool = False
    """Whether the path ended in a slash."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a target apart: ``/live/a.flv?x=1``, or a whole URL.

        Raises:
            HttpTargetError: another form of target, a percent sign without two digits, bytes that
                are no UTF-8, control characters, a backslash, a segment that leads up, or a user's
                name.
        """
        path, _, query = text.partition("?")
        folder, slash, name = path.rpartition("/")
        if slash and _PLAIN_NAME.fullmatch(name) and _PLAIN_QUERY.fullmatch(query):
            above = _known_folder(folder) if len(folder) <= _FOLDER_MOST else _read_folder(folder)
            if above is not None:
                return cls((*above, name), _plain_pairs(query) if query else {})
        authority, rest = _parted(text)
        path, _, query = rest.partition("#")[0].partition("?")
        segments = [_decoded(each) for each in path.split("/")[1:]]
        for segment in segments:
            if segment in {".", ".."} or "/" in segment:
                raise HttpTargetError(f"{text[:200]!r} leads elsewhere than down")
        return cls(
            tuple(filter(None, segments)),
            dict(_pairs(query)),
            authority,
            bool(segments) and not segments[-1],
        )

    @classmethod
    def undecoded(cls, text: str) -> Self:
        """The same of a target that somebody else takes apart, in ways of its own: only the
        authority is looked for, and the path is one segment, as it came.

        Raises:
            HttpTargetError: another form of target, or a user's name.
        """
        authority, path = _parted(text)
        return cls((path.partition("?")[0],), authority=authority)

    @property
    def path(self) -> str:
        """The decoded path, from its first slash on."""
        return "/" + "/".join(self.segments) + ("/" if self.is_folder and self.segments else "")


def _read_folder(text: str) -> tuple[str, ...] | None:
    """The segments of a path of which each means itself; None where one may not."""
    front, *segments = text.split("/")
    return None if front or not all(map(_PLAIN_NAME.fullmatch, segments)) else tuple(segments)


_known_folder: Final = functools.lru_cache(_FOLDERS)(_read_folder)


def _parted(text: str) -> tuple[str, str]:
    """The authority of a target, and what is behind it."""
    found = _ABSOLUTE.match(text)
    authority = found[1] if found else ""
    if "@" in authority:  # RFC 9110 4.2.4: who says so may mean to mislead
        raise HttpTargetError(f"{text[:200]!r} has a user's name in front of its host")
    rest = text[found.end() if found else 0 :]
    if not rest.startswith("/") and not (found and rest[:1] in {"", "?", "#"}):
        raise HttpTargetError(f"{text[:200]!r} is no path: expected one that begins with /")
    return authority, rest


def _decoded(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise HttpTargetError(f"{text[:200]!r} has a % without two hexadecimal digits behind it")
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise HttpTargetError(f"{text[:200]!r} is not UTF-8 when it is decoded") from error
    if _UNFIT.search(decoded):
        raise HttpTargetError(f"{text[:200]!r} has a backslash or a control character in it")
    return decoded


def _plain_pairs(query: str) -> dict[str, str]:
    """Those of a query that need not be decoded."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return {name: value for name, _, value in parts}


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, query.split("&")):
        name, _, value = part.replace("+", " ").partition("=")
        pairs.append((_decoded(name), _decoded(value)))
    return pairs
