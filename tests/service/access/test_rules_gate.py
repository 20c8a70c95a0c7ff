"""The gate of the configuration: the first rule that fits decides, and nobody guesses for long."""

from __future__ import annotations

import time
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from trio_srs.errors import RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.gate import AccessConfig, AccessRequest, Grant
from trio_srs.hub.ruling import ALLOWED, allow_all
from trio_srs.hub.signed_url import signed_parameters
from trio_srs.secret import Secret
from trio_srs.service.access import passwords
from trio_srs.service.access.identity import TooManyFailuresError
from trio_srs.service.access.passwords import hash_password, hash_token
from trio_srs.service.access.rules_gate import (
    AccessDeniedError,
    CredentialsRefusedError,
    RulesGate,
)

REQUEST = AccessRequest(
    session="c1", peer="10.0.0.1:5", protocol="rtmp", vhost="v", app="live", name="cam"
)
USERS = (Secret(f"alice:{hash_password('right')}\nbot:{hash_token('token')}"),)
RIGHT = {"user": "alice", "pass": "right"}
WRONG = {"user": "alice", "pass": "wrong"}


def gate(*rules: str, **more: Any) -> RulesGate:
    config = AccessConfig(rules=rules, users=USERS, **more)
    return RulesGate(lambda: config)


async def verdict(asked: RulesGate, what: str = "play", **said: Any) -> Grant | str | None:
    request = attrs.evolve(REQUEST, **said)
    try:
        return await (asked.play if what == "play" else asked.publish)(request)
    except RefusedError as refusal:
        return refusal.code


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose passwords and tokens were looked at, one after the other."""
    users: list[str] = []

    def find(known: Any, offered: Any) -> str:
        users.append(offered.user)
        return "alice" if offered.secret == "right" else ""

    monkeypatch.setattr(passwords, "find_user", find)
    return users


async def test_without_rules_everybody_passes() -> None:
    asked = gate()
    assert await verdict(asked) is None
    assert await verdict(asked, "publish") is None
    assert await asked.connect(REQUEST) is None


async def test_the_first_rule_that_fits_decides() -> None:
    asked = gate("deny publish 10.0.0.1", "allow publish 10.0.0.0/8")
    assert await verdict(asked, "publish") == "access_denied"
    assert await verdict(asked, "publish", peer="10.0.0.2:5") == Grant()
    assert await verdict(asked, "publish", peer="11.0.0.2:5") == "access_denied"


async def test_where_nothing_is_allowed_to_anybody_the_rest_is() -> None:
    asked = gate("deny play 10.0.0.1", "allow publish 10.0.0.0/8")
    assert await verdict(asked, peer="10.0.0.2:5") == Grant()
    assert await verdict(asked) == "access_denied"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"params": RIGHT}, Grant(account="alice")),
        ({"params": {"token": "token"}}, Grant(account="bot")),
        ({"authorization": "Bearer token"}, Grant(account="bot")),
        ({"tc_url": "rtmp://alice:right@h/live"}, Grant(account="alice")),
        ({"params": {**WRONG, "token": "token"}}, Grant(account="bot")),
        ({"params": WRONG}, "credentials_refused"),
        ({"params": {"token": "right"}}, "credentials_refused"),
        ({}, "credentials_refused"),
    ],
)
async def test_a_user_is_who_shows_it(said: Any, expected: Grant | str) -> None:
    assert await verdict(gate("allow play user *"), **said) == expected


async def test_a_user_may_do_what_is_allowed_to_that_user() -> None:
    asked = gate("allow all user alice name cam*", "allow play user *")
    assert await verdict(asked, "publish", params=RIGHT) == Grant(account="alice")
    assert await verdict(asked, "publish", params=RIGHT, name="x") == "access_denied"
    assert await verdict(asked, "publish", params={"token": "token"}) == "access_denied"
    assert await verdict(asked, params={"token": "token"}) == Grant(account="bot")


async def test_nothing_is_looked_at_where_no_rule_asks_for_a_user(tried: list[str]) -> None:
    asked = gate("allow play 10.0.0.0/8", "allow play user *")
    assert await verdict(asked, params=WRONG) == Grant()
    assert tried == []


async def test_what_was_right_once_is_known(tried: list[str]) -> None:
    asked = gate("allow play user *")
    for _ in range(3):
        assert await verdict(asked, params=RIGHT) == Grant(account="alice")
    assert tried == ["alice"]


async def test_other_users_forget_what_was_known(tried: list[str]) -> None:
    configs = [AccessConfig(rules=("allow play user *",), users=USERS)]
    asked = RulesGate(lambda: configs[-1])
    await verdict(asked, params=RIGHT)
    configs.append(attrs.evolve(configs[0], users=()))
    await verdict(asked, params=RIGHT)
    assert tried == ["alice", "alice"]


async def test_who_guesses_is_not_listened_to_for_a_while(
    tried: list[str], mock_clock: MockClock
) -> None:
    asked = gate("allow play user *", max_failures=3, failure_window=60.0)
    for _ in range(3):
        assert await verdict(asked, params=WRONG) == "credentials_refused"
    assert await verdict(asked, params=RIGHT) == "too_many_failures"
    assert await verdict(asked, params=RIGHT, peer="10.0.0.2:9") == Grant(account="alice")
    assert await verdict(asked, params=RIGHT) == Grant(account="alice")  # it is known by now
    other = {"user": "bob", "pass": "right"}
    assert await verdict(asked, params=other) == "too_many_failures"
    mock_clock.jump(61.0)
    assert await verdict(asked, params=other) == Grant(account="alice")
    assert len(tried) == 5


async def test_many_guesses_at_once_are_looked_at_one_by_one(tried: list[str]) -> None:
    asked, verdicts = gate("allow play user *", max_failures=2), []

    async def guess(number: int) -> None:
        verdicts.append(await verdict(asked, params={"token": str(number)}))

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(guess, number)
    assert len(tried) == 2
    assert sorted(map(str, verdicts)) == ["credentials_refused"] * 2 + ["too_many_failures"] * 8


def test_refusals_have_their_words_for_http() -> None:
    kinds = (AccessDeniedError, CredentialsRefusedError, TooManyFailuresError)
    assert [kind.http_status for kind in kinds] == [403, 401, 429]


async def test_a_rule_may_be_for_those_whose_url_is_signed() -> None:
    key = "k" * 16
    asked = gate("allow publish 10.0.0.1", "allow play signed", url_keys=(Secret(key),))
    soon = int(time.time()) + 60
    signed = signed_parameters(key, Permission.PLAY, "v", "live/cam", soon)
    assert await verdict(asked, params=signed) == Grant()
    assert await verdict(asked, params=signed, name="cam2") == "signature_refused"
    assert await verdict(asked) == "signature_refused"
    assert await verdict(asked, "publish") == Grant()


async def test_a_user_may_do_without_a_signature() -> None:
    asked = gate("allow play signed", "allow play user alice", url_keys=(Secret("k" * 16),))
    assert await verdict(asked, params=RIGHT) == Grant(account="alice")
    assert await verdict(asked) == "signature_refused"


async def test_a_judge_names_the_rule_that_decides() -> None:
    rules = ("deny play name secret*", "allow api user alice app live", "allow play user *")
    asked = gate(*rules)
    denied = await asked.judge("play", attrs.evolve(REQUEST, name="secret1"))
    assert (denied.rule, denied.is_allowed) == (rules[0], False)
    bearer = attrs.evolve(REQUEST, authorization="Bearer token")
    allowed = await asked.judge("play", bearer)
    assert (allowed.rule, allowed.user, allowed.is_allowed) == (rules[2], "bot", True)
    assert (await asked.judge("operate", REQUEST, user="alice")).rule == rules[1]
    refused = await asked.judge("read", REQUEST, user="bob")
    assert (refused.rule, str(refused.refusal)) == ("", "no rule allows to ask the API")
    assert (await asked.judge("publish", REQUEST)).is_allowed
    assert await gate().judge("play", REQUEST) == await allow_all("play", REQUEST) == ALLOWED


async def test_who_only_imagines_a_user_guesses_nothing(tried: list[str]) -> None:
    asked = gate("allow play user alice", max_failures=1)
    for _ in range(3):
        assert (await asked.judge("play", REQUEST, user="alice")).user == "alice"
    assert tried == []
    for code in ("credentials_refused", "too_many_failures"):
        judged = await asked.judge("play", attrs.evolve(REQUEST, params=WRONG))
        assert judged.refusal is not None
        assert judged.refusal.code == code
