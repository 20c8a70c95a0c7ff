"""Signed URLs: each opens one thing, for a while, and to whoever it is for."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from trio_srs.hub.access_rule import Permission
from trio_srs.hub.gate import AccessConfig, AccessRequest
from trio_srs.hub.signed_url import signature_fault, signed_parameters
from trio_srs.secret import Secret

KEY, OTHER = "k" * 16, "o" * 16
SIGNED = signed_parameters(KEY, Permission.PLAY, "v", "live/cam", 1000)
REQUEST = AccessRequest(
    session="c1",
    peer="10.0.0.1:5",
    protocol="rtmp",
    vhost="v",
    app="live",
    name="cam",
    params=SIGNED,
)
NOT_RIGHT = "the signature of its URL is not right"


def fault(
    keys: list[str], permission: Permission = Permission.PLAY, now: float = 999.0, **changed: Any
) -> str:
    return signature_fault(keys, permission, attrs.evolve(REQUEST, **changed), now)


def test_a_signature_opens_what_it_is_for_until_it_expires() -> None:
    assert fault([KEY]) == fault([OTHER, KEY]) == ""
    assert fault([KEY], now=1000.0) == "its URL has expired"
    assert fault([KEY], params={}) == "its URL is not signed"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "cam2"},
        {"app": "other"},
        {"vhost": "w"},
        {"params": {**SIGNED, "expires": "2000"}},
        {"params": {**SIGNED, "ip": "10.0.0.1"}},
        {"params": {**SIGNED, "sign": SIGNED["sign"][:-1]}},
        {"params": {**SIGNED, "sign": "\ud800ü"}},
        {"permission": Permission.PUBLISH},
        {"keys": [OTHER]},
        {"keys": []},
    ],
)
def test_a_signature_opens_nothing_else(changed: dict[str, Any]) -> None:
    assert fault(changed.pop("keys", [KEY]), **changed) == NOT_RIGHT


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("10.0.0.1:5", ""), ("10.0.0.2:5", "its URL is for another address")],
)
def test_a_signature_may_be_for_one_address(peer: str, expected: str) -> None:
    signed = signed_parameters(KEY, Permission.PLAY, "v", "live/cam", 1000, "10.0.0.1")
    assert fault([KEY], params=signed, peer=peer) == expected


@pytest.mark.parametrize("expires", ["", "soon", "-1", "1e9", "\u0663", "9" * 13])
def test_a_time_that_is_none_is_not_right_even_if_it_is_signed(expires: str) -> None:
    signed: Any = signed_parameters(KEY, Permission.PLAY, "v", "live/cam", expires)  # type: ignore[arg-type]  # the point of the test
    assert fault([KEY], params=signed) == NOT_RIGHT


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        AccessConfig(url_keys=(Secret(KEY), Secret("short")))
