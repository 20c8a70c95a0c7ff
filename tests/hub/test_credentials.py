"""Who is known, and what a peer offers; and that neither is shown."""

from __future__ import annotations

import base64
from typing import Any

import attrs
import pytest

from trio_srs.hub.credentials import Credentials, HashKind, known_users, offered_credentials
from trio_srs.hub.gate import AccessConfig, AccessRequest
from trio_srs.secret import Secret

PASSWORD = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
TOKEN = "sha256:" + "0" * 64
REQUEST = AccessRequest(
    session="c1", peer="10.0.0.1:5", protocol="rtmp", vhost="v", app="live", name="cam"
)


def offered(**said: Any) -> list[Credentials]:
    return list(offered_credentials(attrs.evolve(REQUEST, **said)))


def basic(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


def test_users_are_lines_and_comments_are_passed_over() -> None:
    text = f"# all of us\n\nalice:{PASSWORD}\n  bot-7:{TOKEN}  \n"
    users = list(known_users(text))
    assert [(each.name, each.kind) for each in users] == [
        ("alice", HashKind.PASSWORD),
        ("bot-7", HashKind.TOKEN),
    ]
    assert "c2FsdHNhbHQ" not in repr(users[0])


@pytest.mark.parametrize(
    "line",
    [
        "alice",
        "alice:letmein",
        f":{PASSWORD}",
        f"al ice:{PASSWORD}",
        "alice:sha256:00",
        "alice:$argon2i$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
    ],
)
def test_a_line_that_is_no_user_is_refused_without_being_shown(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no user: expected NAME:HASH") as error:
        AccessConfig(users=(Secret(f"#\n{line}"),))
    assert "letmein" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"params": {"user": "alice", "password": "p"}}, [("alice", "p")]),
        ({"params": {"user": "alice", "pass": "p"}}, [("alice", "p")]),
        ({"params": {"user": "alice"}}, []),
        ({"params": {"token": "t"}}, [("", "t")]),
        ({"tc_url": "rtmp://al%40x:p%3A@host/live"}, [("al@x", "p:")]),
        ({"tc_url": "rtmp://alice@host/live"}, []),
        ({"tc_url": "rtmp://host/live?a=b:c@d"}, []),
        ({"authorization": basic(b"alice:p:q")}, [("alice", "p:q")]),
        ({"authorization": basic(b"alice")}, []),
        ({"authorization": basic(b"\xff:p")}, []),
        ({"authorization": "Basic !"}, []),
        ({"authorization": "bEaReR  t "}, [("", "t")]),
        ({"authorization": "Digest x"}, []),
        ({"params": {"token": "t" * 8193}}, []),
        ({"params": {"user": "alice", "pass": "p" * 1025}}, []),
        ({"params": {"jwt": "t" * 1025}}, [("", "t" * 1025)]),
        (
            {"authorization": "Bearer a", "params": {"token": "b", "user": "c", "pass": "d"}},
            [("", "a"), ("c", "d"), ("", "b")],
        ),
    ],
)
def test_credentials_are_found_wherever_clients_say_them(
    said: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert [(each.user, each.secret) for each in offered(**said)] == expected


def test_what_is_offered_is_not_shown() -> None:
    assert "hidden" not in repr(offered(params={"token": "hidden"}))
    assert "hidden" not in repr(attrs.evolve(REQUEST, authorization="Bearer hidden"))
