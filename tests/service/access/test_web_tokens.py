"""JWTs: who has one that is right may do what it names, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig, AccessRequest, Grant
from trio_srs.secret import Secret
from trio_srs.service.access.rules_gate import RulesGate

REQUEST = AccessRequest(
    session="c1",
    peer="10.0.0.1:5",
    protocol="rtmp",
    vhost="__defaultVhost__",
    app="live",
    name="cam1",
)
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
SHARED = "s" * 32
SIGNED_BY: dict[str, Any] = {"HS256": SHARED, "RS256": RSA, "ES256": EC}
PEMS = tuple(
    Secret(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
    for key in (RSA, EC)
)
KEYS = (Secret(SHARED), *PEMS)
URL = "https://platform.test/jwks.json"


def token(algorithm: str = "HS256", key: Any = None, head: Any = None, **claims: Any) -> str:
    said = {"sub": "alice", "exp": time.time() + 60, "publish": ["live/cam*"], **claims}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key or SIGNED_BY[algorithm], algorithm, headers=head)


def gate(*rules: str, keys: Sequence[Secret] = KEYS, **more: Any) -> RulesGate:
    config = AccessConfig(rules=rules or ("allow all jwt",), jwt_keys=tuple(keys), **more)
    return RulesGate(lambda: config)


async def verdict(asked: RulesGate, said: str, what: str = "publish", **more: Any) -> Any:
    request = attrs.evolve(REQUEST, **{"params": {"token": said}, **more})
    try:
        return await (asked.play if what == "play" else asked.publish)(request)
    except RefusedError as refusal:
        return f"{refusal.code}: {refusal}".replace("no rule allows to publish this stream: ", "")


@pytest.mark.parametrize("algorithm", SIGNED_BY)
async def test_a_token_that_names_a_stream_opens_it(algorithm: str) -> None:
    said = token(algorithm)
    assert await verdict(gate(), said) == Grant(account="alice")
    assert await verdict(gate(), said, name="x") == "jwt_refused: the token does not name it"
    assert "does not name it" in await verdict(gate(), said, "play")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("params", {"token": "{}"}),
        ("params", {"jwt": "{}"}),
        ("authorization", "Bearer {}"),
    ],
)
async def test_a_token_is_said_as_clients_can(where: str, value: Any) -> None:
    said = token()
    shown = dict.fromkeys(value, said) if where == "params" else value.format(said)
    assert await gate().publish(attrs.evolve(REQUEST, **dict[str, Any]({where: shown}))) == Grant(
        account="alice"
    )


def forged(head: dict[str, Any], said: str) -> str:
    """The claims of a token under another head, unsigned."""
    front = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    return f"{front}.{said.split('.')[1]}."


OTHER = rsa.generate_private_key(65537, 2048)
REFUSED = {
    "expired": (token(exp=time.time() - 60), "the token has expired"),
    "not yet": (token(nbf=time.time() + 60), "the token does not hold yet"),
    "for ever": (token(exp=None), "the token has no exp"),
    "another audience": (token(aud="b", iss="x"), "the token is for another audience"),
    "no audience": (token(aud=None, iss="x"), "the token has no aud"),
    "another issuer": (token(aud="a", iss="y"), "the token is by another issuer"),
    "another key": (token("RS256", OTHER), "the signature of the token is not right"),
    "another secret": (token(key="x" * 32), "the signature of the token is not right"),
    "none": (forged({"alg": "none"}, token()), "the token is signed by 'none', expected one of"),
    "HS512": (token("HS512", "x" * 64), "the token is signed by 'HS512', expected one of"),
    "a public key as a secret": (
        forged({"alg": "HS256"}, token()),
        "the signature of the token is not right",
    ),
    "garbage": ("a.b.c", "the token cannot be read"),
    "nothing": ("", "no token is shown"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_another_token_is_refused_with_its_reason(name: str) -> None:
    said, why = REFUSED[name]
    more: dict[str, Any] = (
        {"jwt_audience": "a", "jwt_issuer": "x"} if "aud" in why or "issuer" in name else {}
    )
    answer = await verdict(gate(**more), said)
    assert answer.startswith(f"jwt_refused: {why}")
    assert not said or said not in answer


async def test_a_key_is_for_its_own_algorithm() -> None:
    pem = PEMS[0].value
    front = ".".join(token(key="x" * 32).split(".")[:2])
    sign = hmac.new(pem.encode(), front.encode(), hashlib.sha256).digest()
    said = f"{front}.{base64.urlsafe_b64encode(sign).rstrip(b'=').decode()}"
    answer = await verdict(gate(keys=PEMS), said)
    assert answer == "jwt_refused: the token is signed by a key that is not known"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"publish": None}, Grant(account="alice")),
        ({}, Grant(account="alice")),
        ({"publish": "live/cam1"}, Grant(account="alice")),
        ({"publish": ["live/x"]}, "jwt_refused: the token does not name it"),
        ({"publish": None, "play": ["live/*"]}, "jwt_refused: the token does not name it"),
        ({"publish": 7}, "jwt_refused: the token does not name it"),
        ({"publish": [7, None]}, "jwt_refused: the token does not name it"),
        ({"sub": "bob"}, "access_denied: no rule allows to publish this stream"),
        ({"sub": None}, "credentials_refused: the password or token is not right"),
    ],
)
async def test_a_token_shows_who_somebody_is_for_what_it_names(
    claims: dict[str, Any], expected: Any
) -> None:
    assert await verdict(gate("allow publish user alice"), token(**claims)) == expected


async def test_who_guesses_is_not_listened_to_for_a_while() -> None:
    asked = gate(max_failures=2)
    for _ in range(2):
        assert "signature" in await verdict(asked, token(key="x" * 32))
    assert (await verdict(asked, token())).startswith("too_many_failures")
    assert await verdict(asked, token(), peer="10.0.0.2:1") == Grant(account="alice")


async def test_what_is_shown_is_what_is_complained_about() -> None:
    key = Secret("k" * 16)
    asked = gate("allow publish signed", "allow publish jwt", url_keys=(key,))
    faults = {
        "": ({}, "jwt_refused: no token is shown"),
        "plain": ({}, "jwt_refused: what is shown is no JWT"),
        token(exp=1): ({"sign": "0"}, "jwt_refused: the token has expired"),
    }
    for said, (more, why) in faults.items():
        assert await verdict(asked, said, params={"token": said, **more}) == why
    signed = {"expires": "1", "sign": "0"}
    wrong = "signature_refused: the signature of its URL is not right"
    assert await verdict(asked, "", params=signed) == wrong


async def test_users_and_tokens_of_lines_are_shown_beside_jwts() -> None:
    asked = gate("allow publish jwt", "allow publish user *")
    wrong = "credentials_refused: the password or token is not right"
    assert await verdict(asked, "plain") == wrong
