"""Challenges: what encoders answer opens, once, for a while, from where it was asked for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from trio.testing import MockClock

from trio_srs.errors import RefusedError
from trio_srs.hub.credentials import HashKind, KnownUser
from trio_srs.hub.gate import AccessConfig, AccessRequest, Challenge, Grant
from trio_srs.secret import Secret
from trio_srs.service.access.challenges import (
    ChallengedError,
    ChallengeFailedError,
    Challenger,
    adobe_hash,
    llnw_hash,
    new_salt,
)
from trio_srs.service.access.rules_gate import RulesGate
from trio_srs.wire.url import parse_query

NOW = 1_700_000_000.0
REQUEST = AccessRequest(
    session="c1", peer="10.0.0.1:5", protocol="rtmp", vhost="v", app="live", is_encoder=True
)
SALT = new_salt()
USERS = (
    KnownUser("alice", HashKind.ADOBE, f"{SALT}:{adobe_hash('alice', SALT, 'letmein')}"),
    KnownUser("alice", HashKind.LLNW, llnw_hash("alice", "letmein")),
    KnownUser("carol", HashKind.PASSWORD, "$argon2id$"),
)
LINES = tuple(Secret(f"{user.name}:{user.kind.value}:{user.hash}") for user in USERS[:2])
BOTH = pytest.mark.parametrize("kind", [Challenge.ADOBE, Challenge.LLNW])


def md5(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def answer(said: Mapping[str, str], app: str = "live", password: str = "letmein") -> dict[str, str]:
    """What ffmpeg and librtmp make of a challenge."""
    user, mine = said["user"], "0badcafe"
    if "salt" in said:
        first = base64.b64encode(md5(user + said["salt"] + password)).decode()
        response = base64.b64encode(md5(first + said["opaque"] + mine)).decode()
        own = {"challenge": mine, "opaque": said["opaque"]}
        return {"authmod": "adobe", "user": user, "response": response, **own}
    first = md5(f"{user}:live:{password}").hex()
    second = md5(f"publish:/{app}" if "/" in app else f"publish:/{app}/_definst_").hex()
    nonce = said["nonce"]
    response = md5(f"{first}:{nonce}:00000001:{mine}:auth:{second}").hex()
    own = {"nonce": nonce, "cnonce": mine, "nc": "00000001"}
    return {"authmod": "llnw", "user": user, "response": response, **own}


@attrs.define
class Encoder:
    """One that connects; what it is refused with is what it goes by."""

    kind: Challenge
    challenger: Challenger = attrs.field(factory=Challenger)
    address: str = "10.0.0.1"
    app: str = "live"

    def connect(self, params: Mapping[str, str] | None = None, now: float = NOW) -> str:
        request = attrs.evolve(REQUEST, params=params or {}, app=self.app)
        return self.challenger.user_of(self.kind, request, USERS, self.address, now)

    def challenge(self, user: str = "alice", now: float = NOW) -> dict[str, str]:
        with pytest.raises(ChallengedError) as challenged:
            self.connect({"authmod": self.kind, "user": user}, now)
        text = str(challenged.value)
        assert text.startswith(
            f"[ AccessManager.Reject ] : [ authmod={self.kind} ] : ?reason=needauth"
        )
        return parse_query(text.partition("?")[2])

    def fails(self, params: Mapping[str, str], now: float = NOW) -> bool:
        with pytest.raises(ChallengeFailedError, match=r"\?reason=authfailed"):
            self.connect(params, now)
        return True


@BOTH
@pytest.mark.parametrize("app", ["live", "live/room"])
def test_a_right_answer_opens(kind: Challenge, app: str) -> None:
    encoder = Encoder(kind, app=app)
    with pytest.raises(ChallengedError) as first:
        encoder.connect()
    expected = f"[ AccessManager.Reject ] : [ code=403 need auth; authmod={kind} ] :"
    assert str(first.value) == expected
    assert encoder.connect(answer(encoder.challenge(), app)) == "alice"


@BOTH
def test_an_answer_is_good_once_for_a_minute_from_one_address(kind: Challenge) -> None:
    encoder = Encoder(kind)
    said = answer(encoder.challenge())
    assert encoder.fails(said, NOW + 61)
    encoder.address = "10.0.0.2"
    assert encoder.fails(said)
    encoder.address = "10.0.0.1"
    assert encoder.connect(said, NOW + 60) == "alice"
    assert encoder.fails(said)


@BOTH
@pytest.mark.parametrize("wrong", ["password", "response", "token", "user", "other server"])
def test_another_answer_does_not(kind: Challenge, wrong: str) -> None:
    encoder = Encoder(kind)
    said = encoder.challenge()
    right = answer(said)
    token = "opaque" if kind is Challenge.ADOBE else "nonce"
    answers: dict[str, Any] = {
        "password": answer(said, password="letmeout"),
        "response": {**right, "response": ""},
        "token": answer({**said, token: ""}),
        "user": {**right, "user": "bob"},
        "other server": right,
    }
    if wrong == "other server":
        encoder = Encoder(kind)
    assert encoder.fails(answers[wrong])


@BOTH
@pytest.mark.parametrize("user", ["bob", "carol", "\ud800"])
def test_whether_a_user_is_known_is_not_to_be_seen(kind: Challenge, user: str) -> None:
    encoder = Encoder(kind)
    asked = [encoder.challenge(user) for _ in range(2)]
    assert asked[0].get("salt") == asked[1].get("salt")
    assert len(asked[0].get("salt", SALT)) == len(SALT)
    if user != "\ud800":
        assert encoder.fails(answer(asked[0]))


def test_what_was_answered_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trio_srs.service.access.challenges._MOST_USED", 2)
    encoder = Encoder(Challenge.ADOBE)
    for _ in range(4):
        assert encoder.connect(answer(encoder.challenge())) == "alice"
    assert len(encoder.challenger._used) == 2


# ------------------------------------------------------------------------ in the gate


def gate(**more: Any) -> RulesGate:
    config = AccessConfig(users=LINES, challenge=Challenge.ADOBE, **more)
    return RulesGate(lambda: config)


async def connected(asked: RulesGate, **said: Any) -> Grant | RefusedError | None:
    try:
        return await asked.connect(attrs.evolve(REQUEST, **said))
    except RefusedError as refusal:
        return refusal


async def proven(asked: RulesGate, password: str = "letmein") -> Grant | RefusedError | None:
    challenged = await connected(asked, params={"authmod": "adobe", "user": "alice"})
    said = parse_query(str(challenged).partition("?")[2])
    return await connected(asked, params=answer(said, password=password))


async def test_whose_it_is_holds_for_the_rules() -> None:
    asked = gate(rules=("allow publish user alice",))
    granted = await proven(asked)
    assert granted == Grant(account="alice")
    request = attrs.evolve(REQUEST, name="a", granted=granted)
    assert await asked.publish(request) == Grant(account="alice")
    with pytest.raises(RefusedError):
        await asked.publish(attrs.evolve(REQUEST, name="a"))


@pytest.mark.parametrize(
    "said",
    [
        {"is_encoder": False},
        {"protocol": "http-flv"},
        {"app": "other"},
        {"params": {"token": "t"}},
        {"tc_url": "rtmp://alice:letmein@h/live"},
    ],
)
async def test_who_need_not_answer_is_not_challenged(said: dict[str, Any]) -> None:
    assert await connected(gate(challenge_apps=("live*", "studio")), **said) is None


async def test_who_guesses_is_not_listened_to_for_a_while(mock_clock: MockClock) -> None:
    asked = gate(max_failures=2, failure_window=60.0)
    codes = []
    for _ in range(2):
        refused = await proven(asked, "wrong")
        assert isinstance(refused, RefusedError)
        codes.append(refused.code)
    refused = await connected(asked)
    assert isinstance(refused, RefusedError)
    assert [*codes, refused.code] == ["challenge_failed", "challenge_failed", "too_many_failures"]
    assert isinstance(await connected(asked, peer="10.0.0.2:1"), ChallengedError)
    mock_clock.jump(61.0)
    assert await proven(asked) == Grant(account="alice")
