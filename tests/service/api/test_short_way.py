"""Requests that are answered without the application, and those that are left to it."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import pytest
import trio
from litestar import get
from litestar.params import QueryParameter

from tests.service.api.calls import Call
from tests.service.api.site import Site, context_of, open_site
from tests.service.http.house import Client
from tests.service.rtmp.house import House
from trio_srs.config.schema import Config
from trio_srs.hub import turns
from trio_srs.secret import Secret
from trio_srs.service.api import app as whole
from trio_srs.service.api.beginning import in_turns
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.plain_requests import PlainAnswer, PlainRequest
from trio_srs.service.api.routes.parameters import Api
from trio_srs.service.api.serving import ApiService
from trio_srs.service.api.short_way import Shortened
from trio_srs.testing.memory import memory_transport_pair

V1, V2 = "/api/v1", "/api/v2"
ASKED = (
    *(f"{V2}/server", f"{V2}/server/", f"{V2}/streams", f"{V2}/streams?count=1&sort=-players"),
    *(f"{V2}/streams?name=live/*&only=published&start=0", f"{V2}/streams/live/a"),
    *(f"{V2}/streams/live/none", f"{V2}/streams/live/a/", f"{V2}/sessions?what=publish"),
    *(f"{V2}/sessions/c1", f"{V2}/sessions/c99", f"{V2}/sessions?stream=live/a&count=-1"),
    *(f"{V1}/versions", f"{V1}/vhosts", f"{V1}/vhosts/vid-0", f"{V1}/streams/?start=0&count=1"),
    *(f"{V1}/streams/vid-0", f"{V1}/clients?count=10", f"{V1}/clients/c1", f"{V1}/clients/c99"),
    *(f"{V1}/meminfos", f"{V1}/streams?callback=x&count=01"),
)
"""What is plain."""
LEFT = (
    *(f"{V2}/server?x", f"{V2}/server?x=1", f"{V2}/streams?count=x", f"{V2}/streams?count=-2"),
    *(f"{V2}/streams?sort=none", f"{V2}/streams?start=1&start=2", f"{V2}/streams?name=", f"{V2}"),
    *(f"{V2}/streams?name=live%2Fa", f"{V2}/streams/live/a%2Fb", f"{V2}/streams/live"),
    *(f"{V2}/streams//live/a", f"{V2}/streams/live/./a", f"{V2}/streams/live/a/publisher"),
    *(f"{V2}/wait?stream=live/a&until=published", "/", "/server"),
    *(f"{V1}/streams?count=%31", f"{V2}/sessions?start=1000000000000"),
)
"""What is not."""
CHANGING = (
    *("uptime_s", "seconds", "silent_s", "alive", "live_ms", "recv_bytes", "kbps", "totals"),
    "last_event",  # one more where a busy machine has held the loop
)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of which the application was asked."""
    asked: list[str] = []

    def noting(app: Any, context: Any) -> Any:
        inner = in_turns(app, context)

        async def front(scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope["path"])
            await inner(scope, receive, send)

        return front

    monkeypatch.setattr(whole, "in_turns", noting)
    return asked


async def told(app: Any, url: str, **headers: str) -> tuple[int, dict[str, str], Any]:
    path, _, query = url.partition("?")
    call = Call(app, path, query, headers)
    await call.run()
    said = {**call.said, "content-length": ""}
    assert int(call.said["content-length"]) == len(call.body)
    return call.status, said, without_times(call.json() if call.body else None)


def without_times(said: Any) -> Any:
    """An answer without what changes from one moment to the next."""
    if isinstance(said, list):
        return [without_times(each) for each in said]
    if isinstance(said, dict):
        if "sample_time" in said:  # of the machine: any of it may change
            return list(said)
        keys = said.keys() - set(CHANGING)
        return {key: without_times(said[key]) for key in sorted(keys)}
    return None if isinstance(said, float) else said


async def test_what_is_plain_is_answered_as_the_application_does(
    house: House, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.publisher("a")
    async with open_site(house) as site:
        context = site.context
        short = whole.make_app(context)
        with monkeypatch.context() as patched:
            patched.setattr(whole, "Shortened", lambda app, *_: app)
            long = whole.make_app(context)
        for url in ASKED:
            answer = await told(short, url)
            assert left == [], url
            assert answer == await told(long, url), url
            assert left.pop(), url
        for url in LEFT:
            assert await told(short, url) == await told(long, url), url
            assert len(left) == 2, url
            left.clear()
        for headers in ({"origin": "http://localhost"}, {"origin": "http://elsewhere"}):
            await told(short, ASKED[0], **headers)
            assert left.pop()


async def test_a_plain_request_is_answered_where_it_is_read(
    house: House, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_STEP_S", 60.0)  # time enough, however slow the machine is
    await house.publisher("a")
    service = ApiService(context_of(house), Config(), whole.make_app)
    await nursery.start(service.run)
    near, far = memory_transport_pair()
    service.serve(near)
    client = Client(far)

    async def asking(url: str, method: str = "GET", **fields: str) -> int:
        await client.ask(url, method, fields={"Host": "localhost", **fields})
        answer = await client.answer(method)
        assert answer.fields["Content-Type"] == "application/json"
        return answer.status

    assert await asking(f"{V1}/streams") == 200  # the application is made for it
    real, at_once = service.answer_at_once, list[bool]()
    assert real is not None

    def noting(asked: PlainRequest) -> PlainAnswer | None:
        answer = real(asked)
        at_once.append(answer is not None)
        return answer

    service.answer_at_once = noting
    urls = (ASKED[0], LEFT[0], f"{V1}/streams", f"{V2}/sessions/c99", "/api/v%32/server")
    assert [await asking(url) for url in urls] == [200, 400, 200, 404, 200]
    assert at_once == [True, False, True, True, False]
    assert await asking(ASKED[0], "HEAD") == 200
    assert await asking(ASKED[0], Origin="http://elsewhere") == 403
    assert at_once[5:] == [False]
    await service.context.turns.step(lambda: None, more_s=60.0)
    assert await asking(ASKED[0]) == 200
    assert at_once[6:] == [False]
    near.close()


async def test_who_may_not_is_refused_as_by_the_application(
    house: House, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_site(house, ApiConfig(token=Secret("abc"))) as site:
        app = whole.make_app(site.context)
        assert (await told(app, ASKED[0], authorization="Bearer abc"))[0] == 200
        status, fields, said = await told(app, ASKED[0], authorization="Bearer abx")
        assert left == []
        assert (status, fields["www-authenticate"], said["code"]) == (
            401,
            "Bearer",
            "token_refused",
        )
    async with open_site(house) as site:
        status, _, said = await told(site.app, ASKED[0], host="elsewhere.example")
    assert (status, said["code"], said["where"]) == (403, "host_refused", "header.host")


async def test_a_bug_is_answered_and_logged(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError("a planted bug")

    site.context.addresses = broken
    with caplog.at_level(logging.ERROR):
        status, _, said = await told(site.app, f"{V2}/server")
    assert (status, said["code"]) == (500, "internal_error")
    assert "a planted bug" in caplog.text


async def test_a_parameter_of_another_type_is_told_of_when_it_is_made(site: Site) -> None:
    @get("/x", sync_to_thread=False)
    def odd(api: Api, part: Annotated[float, QueryParameter()] = 0.0) -> None:
        """Nothing."""

    with pytest.raises(TypeError, match="float"):
        Shortened(site.app, site.context, [odd])
