"""What the rules would say, by which of them, and that nothing comes of asking."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.service.api.site import Site
from trio_srs.hub.access import AccessControl
from trio_srs.hub.gate import AccessConfig, AllowAll
from trio_srs.secret import Secret
from trio_srs.service.access.passwords import hash_token
from trio_srs.service.access.rules_gate import RulesGate

RULES = (
    "deny play name secret*",
    "allow publish 10.0.0.0/8 app live",
    "allow play user alice",
    "allow api user bob",
    "allow play page *.example.com",
)


@pytest.fixture
def access(site: Site) -> AccessControl:
    config = AccessConfig(
        rules=RULES, users=(Secret(f"alice:{hash_token('t')}\nbob:{hash_token('o')}"),)
    )
    access = site.house.access
    access.config = lambda: config
    gate = RulesGate(access.config)
    access.add(AllowAll())
    access.add(gate)
    access.judge = gate.judge
    return access


async def check(site: Site, **body: Any) -> Any:
    operator = {"authorization": "Bearer o"}
    status, said = await site.ask("POST", "/api/v2/access/check", json=body, headers=operator)
    assert status == 200, said
    return said


@attrs.frozen
class Case:
    asked: dict[str, Any]
    rule: str | None
    code: str | None = None


CASES = {
    "an address": Case({"what": "publish", "address": "10.1.2.3"}, RULES[1]),
    "another": Case({"what": "publish", "address": "11.1.2.3"}, None, "access_denied"),
    "of IPv6": Case({"what": "publish", "address": "::1"}, None, "access_denied"),
    "a name": Case({"what": "play", "stream": "live/secret7"}, RULES[0], "access_denied"),
    "a user": Case({"what": "play", "user": "alice"}, RULES[2]),
    "a token": Case({"what": "play", "stream": "rtmp://h/live/a?token=t"}, RULES[2]),
    "a wrong one": Case({"what": "play", "stream": "live/a?token=x"}, None, "credentials_refused"),
    "a page": Case({"what": "play", "page": "http://a.example.com/x"}, RULES[4]),
    "the API": Case({"what": "operate", "user": "bob"}, RULES[3]),
    "it by others": Case({"what": "read", "user": "eve"}, None, "access_denied"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_it_is_said_what_the_rules_say(site: Site, access: AccessControl, case: Case) -> None:
    assert access.gate_names == ("AllowAll",)
    is_of_stream = case.asked["what"] in ("publish", "play")
    stream = {"stream": "live/a"} if is_of_stream else {}
    said = await check(site, **{**stream, **case.asked})
    assert (said["allowed"], said["rule"], said["code"]) == (not case.code, case.rule, case.code)
    assert bool(said["message"]) is bool(case.code)
    assert said["asked_too"] == (["AllowAll"] if is_of_stream else [])
    assert (said["stream"] is not None) is is_of_stream
    assert "token" not in str(said["stream"])
    assert site.house.events == []


async def test_without_rules_everything_is_allowed(site: Site) -> None:
    assert await check(site, what="publish", stream="/live/a") == {
        "allowed": True, "rule": None, "user": None, "code": None, "message": "",
        "stream": "live/a", "asked_too": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.what"),
        ({"what": "record"}, "body.what"),
        ({"what": "play"}, "body.stream"),
        ({"what": "play", "stream": "cam1"}, "body.stream"),
        ({"what": "play", "stream": "live/a", "address": "nowhere"}, "body.address"),
        ({"what": "play", "stream": "live/a", "addresses": "::1"}, "body"),
    ],
)
async def test_what_cannot_be_understood_is_said(site: Site, body: Any, where: str) -> None:
    status, said = await site.ask("POST", "/api/v2/access/check", json=body)
    assert status == 400
    assert said["where"].startswith(where.partition(".")[0])


async def test_a_host_that_is_switched_off_is_said(site: Site) -> None:
    site.house.rules.disabled.add("off.test")
    body = {"what": "play", "stream": "rtmp://off.test/live/a"}
    status, said = await site.ask("POST", "/api/v2/access/check", json=body)
    assert (status, said["code"], said["where"]) == (403, "vhost_disabled", "body.stream")
