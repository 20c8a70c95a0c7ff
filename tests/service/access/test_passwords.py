"""Passwords and tokens: the right one opens, and no other."""

from __future__ import annotations

import pytest

from trio_srs.hub.credentials import Credentials, known_users
from trio_srs.service.access.passwords import find_user, hash_password, hash_token, new_token

TOKEN = new_token()
USERS = tuple(known_users(f"alice:{hash_password('pä$s')}\nbot:{hash_token(TOKEN)}"))


@pytest.mark.parametrize(
    ("user", "secret", "found"),
    [
        ("alice", "pä$s", "alice"),
        ("alice", "pa$s", ""),
        ("alice", "", ""),
        ("alice", "\ud800", ""),
        ("bob", "pä$s", ""),
        ("bot", TOKEN, ""),  # a token is no password
        ("", TOKEN, "bot"),
        ("", TOKEN[:-1], ""),
        ("", "pä$s", ""),
        ("", "\ud800", ""),
    ],
)
def test_whose_credentials_these_are(user: str, secret: str, found: str) -> None:
    assert find_user(USERS, Credentials(user, secret)) == found


def test_a_hash_has_a_salt_of_its_own_and_a_token_is_of_chance() -> None:
    assert hash_password("p") != hash_password("p")
    assert len({new_token() for _ in range(10)}) == 10
