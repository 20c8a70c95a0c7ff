"""Who may ask the API: without credentials on this machine alone, else as a user who may."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House
from trio_srs.hub.gate import AccessConfig
from trio_srs.secret import Secret
from trio_srs.service.access.passwords import hash_password, hash_token
from trio_srs.service.access.rules_gate import RulesGate
from trio_srs.service.api.app import describe
from trio_srs.service.api.config import ApiConfig, OpenTo
from trio_srs.service.api.openness import has_say

READ = ("GET", "/api/v2/server")
JUDGE = ("POST", "/api/v2/streams/live/a/expect")
KICK = ("DELETE", "/api/v2/sessions/c9")
USERS = (Secret(f"alice:{hash_token('a')}\nbob:{hash_token('b')}\ncarol:{hash_password('c')}"),)


@asynccontextmanager
async def site_of(house: House, *rules: str, **config: Any) -> AsyncIterator[Site]:
    house.access_config = AccessConfig(rules=rules, users=USERS, max_failures=3)
    house.access.judge = RulesGate(house.access.config).judge
    async with open_site(house, ApiConfig(**config)) as site:
        yield site


async def code(site: Site, asked: tuple[str, str], **headers: str) -> str:
    """The error; empty for anything that was done, or could not be for other reasons."""
    answer = await site.client.request(*asked, headers=headers)
    refused = answer.status_code in (401, 403, 429)
    return str(answer.json()["code"]) if refused else ""


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    said = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {said}"}


# ------------------------------------------------------- with nobody to say who


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", ""),
        ("localhost:1985", ""),
        ("api.localhost", ""),
        ("127.0.0.1:1985", ""),
        ("127.1.2.3", ""),
        ("[::1]:1985", ""),
        ("[::ffff:127.0.0.1]", ""),
        ("evil.test:1985", "host_refused"),
        ("192.0.2.1", "host_refused"),
        ("", "host_refused"),
        ("[::1", "host_refused"),
    ],
)
async def test_a_name_that_a_page_points_here_opens_nothing(
    site: Site, host: str, expected: str
) -> None:
    assert await code(site, READ, host=host) == expected


@pytest.mark.parametrize(
    ("headers", "of_reading", "of_more"),
    [
        ({"origin": "http://localhost"}, "", ""),
        ({"origin": "http://evil.test"}, "origin_refused", "origin_refused"),
        ({"origin": "null"}, "origin_refused", "origin_refused"),
        ({"sec-fetch-site": "cross-site"}, "", "origin_refused"),
        ({"sec-fetch-site": "same-site"}, "", "origin_refused"),
        ({"sec-fetch-site": "same-origin"}, "", ""),
        ({"sec-fetch-site": "none"}, "", ""),
    ],
)
async def test_pages_of_others_operate_nothing(
    site: Site, headers: dict[str, str], of_reading: str, of_more: str
) -> None:
    assert await code(site, READ, **headers) == of_reading
    assert await code(site, KICK, **headers) == of_more
    assert await code(site, ("GET", "/api/v1/raw?rpc=reload"), **headers) == of_more


async def test_listed_pages_may(house: House) -> None:
    async with site_of(house, cors_origins=("https://page.test",)) as site:
        assert await code(site, KICK, origin="https://page.test") == ""
        assert await code(site, KICK, origin="https://other.test") == "origin_refused"
        assert await code(site, KICK, **{"sec-fetch-site": "cross-site"}) == "origin_refused"


async def test_what_is_open_to_this_machine_is_not_to_whom_a_proxy_names(house: House) -> None:
    async with site_of(house) as site:
        for client, said in (("203.0.113.5", "api_open"), ("127.0.0.9", ""), ("::1", "")):
            transport = httpx2.ASGITransport(site.app, client=(client, 0))
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as site.client:
                assert await code(site, READ) == said


async def test_where_others_reach_it_nobody_may_unless_told_so_in_words(house: House) -> None:
    async with site_of(house) as site:
        site.context.is_reached = True  # a reload took the token away
        assert await code(site, READ) == "api_open"
        site.context.config = ApiConfig(unauthenticated=OpenTo.ANYWHERE)
        assert await code(site, KICK, host="srs.test") == ""


# ----------------------------------------------------------------------- users


async def test_what_rules_do_not_allow_is_not_done(house: House) -> None:
    rules = ("deny read user carol", "allow operate user alice", "allow read user bob,carol")
    async with site_of(house, *rules) as site:
        for asked, alice, bob in ((READ, "", ""), (JUDGE, "", ""), (KICK, "", "access_denied")):
            assert await code(site, asked) == "credentials_refused"
            assert await code(site, asked, **bearer("a")) == alice
            assert await code(site, asked, **bearer("b")) == bob
        assert await code(site, READ, **basic("carol", "c")) == "access_denied"
        assert await code(site, ("GET", "/api/v1/raw?rpc=reload"), **bearer("b")) == "access_denied"
        assert await code(site, ("GET", "/api/v1/raw?rpc=raw"), **bearer("b")) == ""


async def test_who_is_let_in_may_be_elsewhere_and_a_host_is_not_asked_for(house: House) -> None:
    async with site_of(house, "allow api user *") as site:
        site.context.is_reached = True
        assert await code(site, KICK, host="srs.test", **basic("carol", "c")) == ""
        answer = await site.client.get(READ[1])
        assert answer.headers["www-authenticate"] == 'Basic realm="trio-srs", Bearer'


async def test_where_only_reading_is_allowed_nobody_operates(house: House) -> None:
    async with site_of(house, "allow read 127.0.0.0/8") as site:
        assert await code(site, READ) == ""
        assert await code(site, KICK) == "not_permitted"
        assert await code(site, ("GET", "/api/v2/sessions/c1/capture")) == "not_permitted"
    async with site_of(house, "allow operate 127.0.0.0/8") as site:
        assert await code(site, READ) == await code(site, KICK) == ""


async def test_nobody_guesses_for_long(house: House) -> None:
    async with site_of(house, "allow api user alice") as site:
        for _ in range(3):
            assert await code(site, READ, **bearer("x")) == "credentials_refused"
        assert await code(site, READ, **bearer("a")) == "too_many_failures"


async def test_the_token_is_good_for_everything_beside_rules(house: House) -> None:
    async with site_of(house, "allow read user bob", token=Secret("t")) as site:
        assert await code(site, KICK, **bearer("t")) == ""
        assert await code(site, READ, **bearer("b")) == ""
        assert await code(site, KICK, **bearer("b")) == "not_permitted"


ABOUT = {
    ("GET", "/api/v2/streams/studio/cam1"): ("", "access_denied"),
    ("GET", "/api/v2/streams/studio/cam1/report"): ("", "access_denied"),
    ("GET", "/api/v2/streams/studio/cam1/settings"): ("", "access_denied"),
    ("GET", "/api/v2/streams/studio%2Fcam1/a"): ("access_denied", "access_denied"),
    ("GET", "/api/v2/streams/studio/a?vhost=v"): ("", "access_denied"),
    ("DELETE", "/api/v2/streams/studio/cam1/publisher"): ("", "access_denied"),
    ("DELETE", "/api/v2/streams/studio/sub/x/publisher"): ("access_denied", "access_denied"),
    ("GET", "/api/v2/streams/live/b"): ("access_denied", ""),
    ("GET", "/api/v2/streams/live/%62"): ("access_denied", ""),
    ("GET", "/api/v2/streams/live/c"): ("access_denied", "access_denied"),
    ("DELETE", "/api/v2/streams/live/b/publisher"): ("access_denied", "access_denied"),
    ("GET", "/api/v2/streams"): ("access_denied", "access_denied"),
    ("GET", "/api/v2/sessions?stream=studio/a"): ("access_denied", "access_denied"),
    ("GET", "/api/v1/streams"): ("access_denied", "access_denied"),
    ("PATCH", "/api/v2/config"): ("access_denied", "access_denied"),
}
"""What two users are told."""


async def test_a_rule_may_be_about_some_streams_alone(house: House) -> None:
    rules = ("allow api user alice app studio", "allow read user bob app live name b")
    async with site_of(house, *rules) as site:
        for asked, (alice, bob) in ABOUT.items():
            assert await code(site, asked, **bearer("a")) == alice, asked
            assert await code(site, asked, **bearer("b")) == bob, asked
        assert await code(site, READ, **bearer("a")) == "access_denied"


async def test_rules_about_streams_say_nothing_of_the_api(house: House) -> None:
    async with site_of(house, "allow all user alice", "deny api 192.0.2.1") as site:
        assert await code(site, KICK) == ""
        assert not has_say(site.context.config, house.access)


# ---------------------------------------------------------------- each function


async def test_every_function_asks_who_may(house: House) -> None:
    """Whoever adds one has it asked as well: reading takes `read`, and all else `operate`."""
    reading = {"POST /api/v2/streams/{app}/{name}/expect", "POST /api/v1/clusters"}
    described = [
        (method.upper(), path)
        for path, methods in describe()["paths"].items()
        for method in methods
    ]
    assert len(described) > 30
    names = {"{app}": "live", "{name}": "a", "{session}": "c9", "{client}": "c9"}
    async with site_of(house, "allow operate user alice", "allow read user bob") as site:
        for method, path in [*described, ("GET", "/api/v2/openapi.json")]:
            asked = path
            for name, value in names.items():
                asked = asked.replace(name, value)
            nobody = await code(site, (method, asked))
            assert nobody == "credentials_refused", (method, path)
            if method != "GET" and f"{method} {path}" not in reading:
                assert await code(site, (method, asked), **bearer("b")) == "access_denied", path
