"""The API as a whole: its one error shape, its token, other web pages, its description."""

from __future__ import annotations

import logging
from typing import Any, Final

import pytest

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House
from trio_srs.secret import Secret
from trio_srs.service.api.app import describe
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.request_bodies import BODY_MOST, BODY_WITHIN_S

SERVER = "/api/v2/server"
CHECK = "/api/v2/access/check"
CONFIG = "/api/v2/config"
PAGE = "https://example.com"


# ---------------------------------------------------------------------- errors


UNDONE: dict[str, tuple[str, str, int, str, str]] = {
    "another path": ("GET", "/", 404, "no_such_path", "path"),
    "a path below": ("GET", "/api/v2/nothing", 404, "no_such_path", "path"),
    "no stream's name": ("GET", "/api/v2/streams/live", 404, "no_such_path", "path"),
    "another method": ("PUT", SERVER, 405, "method_not_allowed", "method"),
    "a parameter out of range": (
        *("DELETE", f"/api/v2/sessions/c1?detail={'x' * 201}"),
        *(400, "bad_request", "query.detail"),
    ),
    "a misspelt parameter": (
        *("GET", "/api/v2/wait?stream=live/a&timeouts=3"),
        *(400, "unknown_parameter", "query.timeouts"),
    ),
    "a parameter that is said twice": (
        *("GET", "/api/v2/streams/live/a/report?vhost=a&vhost=b"),
        *(400, "unknown_parameter", "query.vhost"),
    ),
    "a parameter where there is none": ("GET", f"{SERVER}?x", 400, "unknown_parameter", "query.x"),
    "an unknown session": ("GET", "/api/v2/sessions/c1", 404, "unknown_session", "path.session"),
}


@pytest.mark.parametrize(("method", "path", "status", "code", "where"), UNDONE.values(), ids=UNDONE)
async def test_every_error_has_one_shape(
    site: Site, method: str, path: str, status: int, code: str, where: str
) -> None:
    answer = await site.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert list(said) == ["code", "message", "where"]
    assert (said["code"], said["where"]) == (code, where)
    assert said["message"]


WRONG: Final[dict[str, tuple[str, str, bytes | None, str, str]]] = {
    "none of some words": (
        *("GET", "/api/v2/sessions?only=opened", None),
        *("query.only", "query.only: there is no 'opened': expected open, ended"),
    ),
    "none of them in a body": (
        *("POST", CHECK, b'{"what": "record", "stream": "live/a"}'),
        *("body.what", "body.what: there is no 'record': expected publish, play, read, operate"),
    ),
    "another form": (
        *("POST", CHECK, b'{"what": "publish", "stream": "live/a", "address": "here"}'),
        *("body.address", "body.address: it is not like that: From where: an IP address."),
    ),
    "no address": (
        *("POST", CHECK, b'{"what": "publish", "stream": "live/a", "address": "999.1.1.1"}'),
        *("body.address", "'999.1.1.1' is no IP address"),
    ),
    "no number": (
        *("GET", "/api/v2/sessions?count=all", None),
        *("query.count", "query.count: Expected `int`, got `str`"),
    ),
    "nothing": (*("PATCH", CONFIG, b""), *("body", "body: it is empty: expected JSON")),
    "half of it": (
        *("PATCH", CONFIG, b'{"stream": {'),
        *("body", "the body is no JSON: Input data was truncated"),
    ),
    "an unknown field": (
        *("POST", CHECK, b'{"what": "publish", "streams": "live/a"}'),
        *("body", "body: Object contains unknown field `streams`"),
    ),
}
"""What is asked, the part of it that is wrong, and what is said of that."""


@pytest.mark.parametrize(("method", "path", "body", "where", "message"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_told_with_what_is_right(
    site: Site, method: str, path: str, body: bytes | None, where: str, message: str
) -> None:
    kind = {"content-type": "application/json"}
    status, said = await site.ask(method, path, content=body, headers=kind)
    assert (status, said["where"], said["message"]) == (400, where, message)


async def test_a_misspelt_parameter_is_told_which_there_are(site: Site) -> None:
    _, said = await site.get("/api/v2/streams/live/a/report", params={"traces": "live/a"})
    assert said["message"] == "no such parameter: expected trace, vhost"


async def test_another_method_is_told_which_there_are(site: Site) -> None:
    answer = await site.client.put(SERVER)
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))


async def test_a_bug_is_answered_and_logged(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError("a planted bug")

    site.context.addresses = broken
    with caplog.at_level(logging.ERROR):
        status, said = await site.get(SERVER)
    assert (status, said["code"], said["where"]) == (500, "internal_error", "")
    assert "planted" not in said["message"]
    assert "a planted bug" in caplog.text
    assert site.context.hub.supervisor.internal_errors == 1


# ----------------------------------------------------------------------- token


async def test_with_a_token_every_request_has_to_say_it(house: House) -> None:
    async with open_site(house, ApiConfig(token=Secret("abc"))) as site:
        for path in (SERVER, "/api/v2/openapi.json", "/api/v2/streams"):
            answer = await site.client.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["code"] == "token_refused"
            assert answer.json()["where"] == "header.authorization"
            assert (await site.get(path, headers={"authorization": "Bearer abc"}))[0] == 200


@pytest.mark.parametrize(
    "said", ["Bearer abx", "Bearer", "Basic abc", "abc", "Bearer abc abc", "Bearer ä"]
)
async def test_another_token_is_refused(house: House, said: str) -> None:
    async with open_site(house, ApiConfig(token=Secret("abc"))) as site:
        headers = {"authorization": said.encode("latin-1")}
        status, answer = await site.get(SERVER, headers=headers)
    assert status == 401
    assert "abc" not in answer["message"]


async def test_a_token_changes_while_the_api_runs(site: Site) -> None:
    assert (await site.get(SERVER))[0] == 200
    site.context.config = ApiConfig(token=Secret("abc"))
    assert (await site.get(SERVER))[0] == 401


# ------------------------------------------------------------- other web pages


async def test_no_page_may_read_answers_by_default(site: Site) -> None:
    answer = await site.client.get(SERVER, headers={"origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("asks", [PAGE, "https://example.com.evil.org", "http://example.com"])
async def test_only_pages_of_a_listed_origin_may(house: House, asks: str) -> None:
    async with open_site(house, ApiConfig(cors_origins=(PAGE,))) as site:
        answer = await site.client.get(SERVER, headers={"origin": asks})
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == (PAGE if asks == PAGE else None)


async def test_a_page_may_ask_beforehand_without_the_token(house: House) -> None:
    config = ApiConfig(cors_origins=("*",), token=Secret("abc"))
    async with open_site(house, config) as site:
        headers = {
            "origin": PAGE,
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization",
        }
        answer = await site.client.request("OPTIONS", "/api/v2/sessions/c1", headers=headers)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "authorization" in answer.headers["access-control-allow-headers"]
        refused = await site.client.get(SERVER, headers={"origin": PAGE})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "*"


# ----------------------------------------------------------------- description


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
    }


async def test_the_description_is_served(site: Site) -> None:
    status, said = await site.get("/api/v2/openapi.json")
    assert status == 200
    assert said["openapi"].startswith("3.1")
    assert said == describe()


@pytest.mark.parametrize("name", operations())
def test_every_function_is_described(name: str) -> None:
    operation = operations()[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["operationId"].islower()
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    for status, answer in operation["responses"].items():
        if int(status) >= 400 and status != "408":
            [content] = answer["content"].values()
            assert content["schema"] == {"$ref": "#/components/schemas/Failure"}


def test_every_attribute_of_an_answer_is_described() -> None:
    lacking = [
        f"{name}.{key}"
        for name, schema in describe()["components"]["schemas"].items()
        for key, value in schema.get("properties", {}).items()
        if not value.get("description")
    ]
    assert lacking == []


def test_the_limits_of_bodies_are_those_that_the_messages_name() -> None:
    assert (BODY_MOST, BODY_WITHIN_S) == (2**20, 10.0)
