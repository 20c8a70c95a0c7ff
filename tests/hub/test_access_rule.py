"""Rules: each says what it is about, and nonsense says what is wrong."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.hub.access_rule import AccessRule, Permission
from trio_srs.hub.gate import AccessConfig, AccessRequest

REQUEST = AccessRequest(
    session="c1",
    peer="10.1.2.3:5000",
    protocol="rtmp",
    vhost="example.com",
    app="live",
    name="cam1",
    page_url="https://page.example.com:8443/x",
)


def fits(rule: str, what: str = "publish", **changed: str) -> bool:
    request = attrs.evolve(REQUEST, **changed)  # type: ignore[arg-type]  # texts only
    return AccessRule.parse(rule).fits(Permission(what), request)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("allow publish", True),
        ("allow all", True),
        ("allow play", False),
        ("allow publish,play", True),
        ("allow publish all", True),
        ("allow publish 10.0.0.0/8", True),
        ("allow publish from 10.1.2.3", True),
        ("allow publish 10.1.2.9/24", True),
        ("allow publish 11.0.0.0/8,10.1.0.0/16", True),
        ("deny publish 10.1.2.4", False),
        ("deny publish ::/0", False),
        ("deny publish name cam*", True),
        ("deny publish name cam", False),
        ("deny publish name x,cam?", True),
        ("deny publish app live vhost *.com name *1", True),
        ("deny publish app live vhost *.org", False),
        ("deny publish protocol rtmps,http-*", False),
        ("deny publish page *.example.com", True),
        ("deny publish page other.test", False),
        ("deny publish user alice", True),
    ],
)
def test_a_rule_is_about_what_it_says(rule: str, expected: bool) -> None:
    assert fits(rule) is expected


@pytest.mark.parametrize("word", ["signed", "jwt", "all", "from", "user", "name", "app"])
def test_a_stream_may_be_called_as_a_word_of_rules(word: str) -> None:
    rule = AccessRule.parse(f"allow play name {word}")
    assert not rule.is_signed
    assert not rule.needs_claims
    assert [fits(rule.text, "play", name=name) for name in (word, "cam1")] == [True, False]


@pytest.mark.parametrize(
    ("rule", "flags"),
    [
        ("allow play signed name jwt", (True, False)),
        ("allow play name signed jwt", (False, True)),
        ("allow play jwt app live signed", (True, True)),
    ],
)
def test_a_rule_may_ask_for_a_signature_and_a_token(rule: str, flags: tuple[bool, bool]) -> None:
    parsed = AccessRule.parse(rule)
    assert (parsed.is_signed, parsed.needs_claims) == flags


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("all", {"publish", "play"}),
        ("api", {"read", "operate"}),
        ("read,publish", {"read", "publish"}),
        ("api,all", {"publish", "play", "read", "operate"}),
    ],
)
def test_one_word_may_be_several_permissions(words: str, what: set[str]) -> None:
    rule = AccessRule.parse(f"allow {words} user alice")
    assert rule.permissions == what
    assert rule.text == f"allow {words} user alice"


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("[::1]:5", True),
        ("[fe80::1%eth0]:5", False),
        ("[::ffff:127.0.0.1]:5", True),
        ("127.0.0.1:5", True),
        ("unix:/run/x", False),
        ("somewhere", False),
    ],
)
def test_an_address_is_compared_as_an_address(peer: str, expected: bool) -> None:
    assert fits("allow publish 127.0.0.0/8,::1", peer=peer) is expected


@pytest.mark.parametrize("page", ["", "nonsense", "http://[::1", "https://other.test/"])
def test_a_page_without_a_host_is_on_no_host(page: str) -> None:
    assert not fits("allow publish page *.example.com", page_url=page)


@pytest.mark.parametrize(
    ("rule", "user", "expected"),
    [
        ("allow all", "", True),
        ("allow all user alice,bob", "bob", True),
        ("allow all user alice", "bob", False),
        ("allow all user alice", "", False),
        ("allow all user *", "bob", True),
        ("allow all user *", "", False),
    ],
)
def test_a_rule_is_about_the_users_it_names(rule: str, user: str, expected: bool) -> None:
    assert AccessRule.parse(rule).fits_user(user) is expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", 'expected "allow" or "deny"'),
        ("allow", 'expected "allow" or "deny"'),
        ("permit publish", 'it begins with "permit"'),
        ("allow record", 'nobody can "record"'),
        ("allow publish,", 'nobody can "publish,"'),
        ("allow publish 10.0.0.0/33", '"10.0.0.0/33" is no network'),
        ("allow publish usr alice", '"usr" is no network and no word of a rule'),
        ("allow publish user", "has nothing behind it"),
        ("allow publish app a app b", "app stands twice"),
        ("allow publish from", "nothing stands behind from"),
    ],
)
def test_what_is_no_rule_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"expected|stands") as error:
        AccessConfig(rules=("allow all", text))
    assert why in str(error.value)
