"""``trio-srs hash-password``: what it prints opens what it is for."""

from __future__ import annotations

import io
import sys

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.hub.credentials import Credentials, known_users
from trio_srs.service.access.challenges import adobe_hash, llnw_hash
from trio_srs.service.access.passwords import find_user


def test_a_password_is_hashed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("let me in\n"))
    assert main(["hash-password", "alice"]) == Exit.OK
    said = capsys.readouterr()
    users = tuple(known_users(said.out))
    assert find_user(users, Credentials("alice", "let me in")) == "alice"
    assert said.err == ""


@pytest.mark.parametrize("challenge", ["adobe", "llnw"])
def test_a_hash_may_be_for_a_challenge(
    challenge: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("let me in\n"))
    assert main(["hash-password", "alice", "--for", challenge]) == Exit.OK
    [user] = known_users(capsys.readouterr().out)
    assert (user.name, user.kind.value) == ("alice", challenge)
    if challenge == "adobe":
        salt, _, hashed = user.hash.partition(":")
        assert hashed == adobe_hash("alice", salt, "let me in")
    else:
        assert user.hash == llnw_hash("alice", "let me in")


def test_a_token_is_made_and_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hash-password", "bot", "--token"]) == Exit.OK
    said = capsys.readouterr()
    token = said.err.rpartition(": ")[2].strip()
    assert token not in said.out
    assert find_user(tuple(known_users(said.out)), Credentials("", token)) == "bot"


@pytest.mark.parametrize(("name", "password"), [("a:b", "p"), ("ä", "p"), ("alice", "")])
def test_what_cannot_be_is_refused(
    name: str,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    assert main(["hash-password", name]) == Exit.USAGE
    assert "expected" in capsys.readouterr().err
