"""Passwords and tokens: made, hashed and compared. Floor 3."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from trio_srs.hub.credentials import Credentials, HashKind, KnownUser

__all__ = ["find_user", "hash_password", "hash_token", "new_token"]

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_TOKEN_BYTES: Final = 32
_PASSES: Final = 2
_MEMORY_KIB: Final = 19 * 1024
"""With two passes: what OWASP recommends for Argon2id."""
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""The hash of no password: whether a name is known is not to be seen by how long it takes."""


def hash_password(password: str) -> str:
    """The Argon2id hash of a password, in PHC form, with a salt of its own."""
    return Argon2id(
        salt=secrets.token_bytes(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=1,
        memory_cost=_MEMORY_KIB,
    ).derive_phc_encoded(password.encode())


def new_token() -> str:
    """A token that nobody guesses, fit for a URL."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """The hash of a token, as lines of users have it."""
    return f"sha256:{_sha256(token)}"


def find_user(users: Iterable[KnownUser], offered: Credentials) -> str:
    """Whose credentials these are; empty if they are nobody's. It takes a tenth of a second.

    How long it takes says nothing of how much was right.
    """
    if not offered.user:
        return _owner(users, offered.secret)
    passwords = {each.name: each.hash for each in users if each.kind is HashKind.PASSWORD}
    hashed = passwords.get(offered.user)
    is_right = _is_password(offered.secret, hashed or _NOBODY)
    return offered.user if is_right and hashed is not None else ""


def _owner(users: Iterable[KnownUser], token: str) -> str:
    said, owner = _sha256(token), ""
    for user in users:
        if user.kind is HashKind.TOKEN and hmac.compare_digest(said, user.hash):
            owner = user.name
    return owner


def _is_password(password: str, hashed: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(errors="surrogatepass"), hashed)
    except (InvalidKey, ValueError):
        return False
    return True


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
