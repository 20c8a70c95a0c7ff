"""Requests that say nothing out of the ordinary, read without a state machine. Floor 1.

What players of segments ask for, again and again: a GET or HEAD without a body, in one piece, on a
connection that goes on. Reading one so takes a tenth of what h11 takes, which reads all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_target import HttpTarget, HttpTargetError

__all__ = ["read_plain", "write_head"]

_FIELDS: Final = re.compile(rb"(?:[A-Za-z0-9-]+:[ \t]*[!-~](?:[ -~\t]*[!-~])?[ \t]*\r\n)+\r\n")
"""RFC 9112, 5, without what nobody says: empty values, other than ASCII, folded lines."""
_LINE: Final = re.compile(rb"(GET|HEAD) ([!-~]+) HTTP/1\.1\r\n")
"""RFC 9112, 3."""
_UNUSUAL: Final = frozenset(
    {"content-length", "transfer-encoding", "expect", "upgrade", "te", "trailer"}
)
"""Fields after which more comes than a head, or something else than an answer is wanted."""
_SECRET: Final = re.compile(rb"authorization|cookie", re.IGNORECASE)
_BREAKS: Final = re.compile(r"[\r\n\0]")
"""What parts lines, for whoever reads them."""
_REMEMBERED_MOST: Final = 1024
"""Bytes of fields that are remembered: a player says the same each time."""
_REMEMBERED: Final = 256
"""How many are."""
_known: dict[bytes, Mapping[str, str]] = {}
"""Fields by all their lines, those that are not secret."""


def read_plain(
    data: bytes, most_fields: int, read_target: Callable[[str], HttpTarget] = HttpTarget.parse
) -> HttpRequest | None:
    """The request in ``data``; None if it is not whole, more than one, or h11's to judge.

    Args:
        read_target: takes its target apart. It may raise HttpTargetError.
    """
    line = _LINE.match(data)
    if line is None:
        return None
    said = data[line.end() :]
    headers = _known.get(said) or _read_fields(said)
    if headers is None or len(headers) > most_fields:
        return None
    method, target = line[1].decode(), line[2].decode()
    try:
        parsed = read_target(target)
    except HttpTargetError:  # to be said in the words of who reads all others
        return None
    return HttpRequest(method, parsed, headers, "1.1", f"{method} {target}")


def _read_fields(said: bytes) -> Mapping[str, str] | None:
    """Fields by name in lower case; None if they make the request an unusual one."""
    if not _FIELDS.fullmatch(said):
        return None
    fields: dict[str, str] = {}
    for line in said.decode().split("\r\n")[:-2]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name in fields or name in _UNUSUAL:
            return None
        fields[name] = value.strip(" \t")
    if "host" not in fields or fields.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    headers = MappingProxyType(fields)
    if len(said) <= _REMEMBERED_MOST and not _SECRET.search(said):
        if len(_known) >= _REMEMBERED:
            _known.pop(next(iter(_known)))
        _known[said] = headers
    return headers


def write_head(status: int, fields: Mapping[str, str]) -> bytes:
    """The head of an answer, a line for each field (RFC 9112, 2.1).

    Raises:
        ValueError: A field would break its line, and what follows be taken for a field or an
            answer of its own (RFC 9112, 11.1).
    """
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    for line in lines:
        if _BREAKS.search(line):
            raise ValueError(f"{line!r} is no line of a head of HTTP: a field breaks it")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
