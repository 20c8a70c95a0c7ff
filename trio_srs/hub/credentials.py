"""Credentials: who is known, and what a peer offers to show that it is one of them. Floor 2, and
pure; whether it is right is found out elsewhere."""

from __future__ import annotations

import base64
import binascii
import enum
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import attrs

from trio_srs.hub.gate import AccessRequest

__all__ = ["Credentials", "HashKind", "KnownUser", "known_users", "offered_credentials"]

_ARGON2: Final = re.compile(
    r"(\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)"
)
_SHA256: Final = re.compile(r"sha256:([0-9a-f]{64})")
_NAME: Final = re.compile(r"[!-9;-~]{1,64}")
_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)@")
_LONGEST: Final = 1024
"""Characters of a password that is looked at: hashed in no time."""
_LONGEST_TOKEN: Final = 8192
"""Characters of a token: there may be a JWT in it."""


class HashKind(enum.Enum):
    """What a user is known by."""

    PASSWORD = "argon2id"
    """The Argon2id hash of a password."""
    TOKEN = "sha256"
    """The SHA-256 hash of a token: of chance, so that nobody guesses it."""
    ADOBE = "adobe"
    """What `authmod=adobe` proves: a salt, and the MD5 of name, salt and password."""
    LLNW = "llnw"
    """What `authmod=llnw` proves: the MD5 of name, realm and password."""


_HASHES: Final = {
    HashKind.PASSWORD: _ARGON2,
    HashKind.TOKEN: _SHA256,
    HashKind.ADOBE: re.compile(r"adobe:([A-Za-z0-9+/=]{4,64}:[A-Za-z0-9+/]{22}==)"),
    HashKind.LLNW: re.compile(r"llnw:([0-9a-f]{32})"),
}
"""How a hash is written, by its kind."""


@attrs.frozen
class KnownUser:
    """Somebody who is known, and how."""

    name: str
    kind: HashKind
    hash: str = attrs.field(repr=False)
    """Of a password in PHC form; of a token in hex; `SALT:BASE64` for Adobe, hex for Limelight."""


def known_users(text: str) -> Iterator[KnownUser]:
    """Read lines of ``NAME:HASH``, as ``trio-srs hash-password`` writes them.

    Raises:
        ValueError: one of them is none. The text does not repeat it.
    """
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, _, hashed = line.partition(":")
        found = ((kind, form.fullmatch(hashed)) for kind, form in _HASHES.items())
        known = next((KnownUser(name, kind, match[1]) for kind, match in found if match), None)
        if known is None or not _NAME.fullmatch(name):
            raise ValueError(
                f"line {number} is no user: expected NAME:HASH, as trio-srs hash-password NAME "
                "prints it"
            )
        yield known


@attrs.frozen
class Credentials:
    """What a peer offers: a user and a password, or a token."""

    user: str
    """Empty with a token."""
    secret: str = attrs.field(repr=False)


def offered_credentials(request: AccessRequest) -> Iterator[Credentials]:
    """All that a request has: ``Authorization`` of HTTP (Basic, Bearer), the user of the URL, the
    parameters ``user`` with ``password`` or ``pass``, and the parameters
    ``token`` and ``jwt``."""
    for each in _offered(request):
        if len(each.secret) <= (_LONGEST if each.user else _LONGEST_TOKEN):
            yield each


def _offered(request: AccessRequest) -> Iterator[Credentials]:
    scheme, _, said = request.authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        yield Credentials("", said.strip())
    elif scheme.lower() == "basic":
        yield from _basic(said.strip())
    found = _AUTHORITY.match(request.tc_url)
    if found is not None:
        user, colon, password = found[1].partition(":")
        if colon:
            yield Credentials(unquote(user), unquote(password))
    params = request.params
    password = params.get("password", params.get("pass", ""))
    if params.get("user") and password:
        yield Credentials(params["user"], password)
    for name in ("token", "jwt"):
        if params.get(name):
            yield Credentials("", params[name])


def _basic(said: str) -> Iterator[Credentials]:
    try:
        user, colon, password = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return
    if colon:
        yield Credentials(user, password)
