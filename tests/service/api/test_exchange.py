"""An ASGI application answers on a connection of ours, and hears what it has to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.service.api.site import context_of
from tests.service.http.house import Client
from tests.service.rtmp.house import House
from trio_srs.config.schema import Config
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.connection import STALLED_AFTER_S
from trio_srs.service.api.serving import ApiService
from trio_srs.testing.memory import memory_transport_pair

Scope: TypeAlias = dict[str, Any]
PROXIES = ApiConfig(trusted_proxies=("10.0.0.0/8",))


async def say(send: Any, body: bytes = b".", *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def begin(send: Any, status: int = 200, **fields: str) -> None:
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})


class App:
    """Notes what it hears, and answers as the path says."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.has_gone = 0
        self.given_up = trio.Event()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        match scope["path"]:
            case "/body":
                await self._hear(receive)
            case "/until-gone":
                await self._hear(receive)
                assert (await receive())["type"] == "http.disconnect"
                self.has_gone += 1
            case "/answered":
                await begin(send)
                await say(send)
                while (await receive())["type"] != "http.disconnect":
                    continue
                self.has_gone += 1
                return
            case "/flood":
                await begin(send)
                try:
                    while True:
                        await say(send, bytes(100_000), more=True)
                finally:
                    self.given_up.set()
            case "/pieces":
                await begin(send)
                await say(send, b"one", more=True)
                await say(send, b"two", more=True)
                return
            case "/silent":
                return
            case "/heard":
                await begin(send)
                await say(send, b"one", more=True)
                await self._hear(receive)
                while (await receive())["type"] != "http.disconnect":
                    pass
                self.has_gone += 1
                return
        await begin(send)
        await say(send)

    async def _hear(self, receive: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body if message["type"] == "http.request" else body + b"|gone")


Dial: TypeAlias = Callable[..., Awaitable[Client]]


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
async def dial(house: House, app: App, nursery: trio.Nursery) -> Dial:
    """Connect to a service of that application."""
    services: list[ApiService] = []

    async def connect(
        config: ApiConfig | None = None, client: str = "127.0.0.1:5000", capacity: int = 2**16
    ) -> Client:
        if not services:
            services.append(ApiService(context_of(house, config), Config(), lambda _: app))
            await nursery.start(services[0].run)
        near, far = memory_transport_pair(client=client, capacity=capacity)
        services[0].serve(near)
        return Client(far)

    return connect


async def test_an_application_hears_who_asks_for_what(dial: Dial, app: App) -> None:
    client = await dial()
    await client.ask("/a%20b%2Fc?x=%20&y", "PATCH", b"{}", {"X-Y": "z"})
    answer = await client.answer("PATCH")
    assert (answer.status, answer.body) == (200, b".")
    assert answer.fields["Date"].endswith("GMT")
    scope = app.scopes[0]
    assert scope["raw_path"] == b"/a%20b%2Fc"
    assert (scope["path"], scope["query_string"]) == ("/a b/c", b"x=%20&y")
    assert (scope["method"], scope["scheme"]) == ("PATCH", "http")
    assert scope["client"] == ("127.0.0.1", 5000)
    assert (b"x-y", b"z") in scope["headers"]


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://cdn.test/a?b", b"/a"), ("http://cdn.test", b"/"), ("http://cdn.test?b", b"/")],
)
async def test_a_whole_url_is_asked_for_by_its_path(
    dial: Dial, app: App, target: str, path: bytes
) -> None:
    client = await dial()
    await client.ask(target)
    await client.answer()
    assert app.scopes[0]["raw_path"] == path


async def test_requests_that_were_said_together_are_answered_in_order(dial: Dial, app: App) -> None:
    client = await dial()
    await client.say(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(3)))
    for _ in range(3):
        assert (await client.answer()).status == 200
    assert [scope["path"] for scope in app.scopes] == ["/0", "/1", "/2"]


async def test_a_body_is_heard_however_it_comes(dial: Dial, app: App) -> None:
    client = await dial()
    await client.ask("/body", "POST", fields={"Content-Length": "4", "Expect": "100-continue"})
    assert (await client.head()).status == 100
    await client.say(b"ab")
    await client.say(b"cd")
    await client.answer()
    await client.ask("/body", "POST", fields={"Transfer-Encoding": "chunked"})
    await client.say(b"2\r\nef\r\n0\r\n\r\n")
    await client.answer()
    assert app.bodies == [b"abcd", b"ef"]


async def test_who_leaves_within_a_body_has_gone(dial: Dial, app: App) -> None:
    client = await dial()
    await client.ask("/body", "POST", fields={"Content-Length": "4"})
    await client.say(b"ab")
    client.transport.shutdown_write()
    assert (await client.answer()).status == 200  # it may hear yet what is said to that
    assert app.bodies == [b"ab|gone"]


async def test_who_leaves_while_he_waits_has_gone(dial: Dial, app: App) -> None:
    for leave in ("shutdown_write", "reset"):
        client = await dial()
        await client.ask("/until-gone")
        getattr(client.transport, leave)()
        await wait_all_tasks_blocked()
    assert app.has_gone == 1  # nobody is told who could not even hear it


async def test_who_leaves_in_the_midst_of_an_answer_is_owed_no_more(
    dial: Dial, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    client = await dial()
    await client.ask("/heard")
    await wait_all_tasks_blocked()
    client.transport.shutdown_write()
    await wait_all_tasks_blocked()
    assert (app.has_gone, caplog.text) == (1, "")


async def test_who_has_the_answer_asks_again_while_the_application_still_listens(
    dial: Dial, app: App
) -> None:
    """As one that streams does: it hears of no end, and the connection goes on."""
    client = await dial()
    for asked in (1, 2):
        await client.ask("/answered")
        assert (await client.answer()).status == 200
        await wait_all_tasks_blocked()
        assert app.has_gone == asked


async def test_a_broken_body_ends_the_application(
    dial: Dial, app: App, autojump_clock: MockClock
) -> None:
    client = await dial()
    await client.ask("/body", "POST", fields={"Transfer-Encoding": "chunked"})
    await client.say(b"no number\r\n")
    answer = await client.answer()
    assert answer.status == 400
    assert json.loads(answer.body)["code"] == "bad_request"
    assert not app.bodies


async def test_what_is_no_request_is_refused_in_the_words_of_the_api(
    dial: Dial, autojump_clock: MockClock
) -> None:
    client = await dial()
    await client.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    answer = await client.answer()
    assert answer.status == 505
    told = json.loads(answer.body)
    assert set(told) == {"code", "message", "where"}
    assert "HTTP/2" in told["message"]


async def test_a_client_that_takes_nothing_is_given_up(
    dial: Dial, app: App, autojump_clock: MockClock
) -> None:
    client = await dial(capacity=1000)
    began = trio.current_time()
    await client.ask("/flood")
    await app.given_up.wait()
    assert trio.current_time() - began == pytest.approx(STALLED_AFTER_S)


async def test_an_answer_that_is_not_finished_is_a_bug(
    dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/silent", "/pieces"):
        client = await dial()
        await client.ask(path)
        with pytest.raises(ConnectionResetError):
            await client.rest_of_it()
        assert f"GET {path} was not finished" in caplog.text


async def test_a_head_is_answered_without_a_body(dial: Dial) -> None:
    client = await dial()
    await client.ask("/", "HEAD")
    assert (await client.answer("HEAD")).fields["Content-Length"] == "1"
    await client.ask("/")
    assert (await client.answer()).body == b"."


@pytest.mark.parametrize(
    ("config", "client", "said", "seen"),
    [
        (None, "10.0.0.1:5", "1.2.3.4", ("10.0.0.1", 5)),
        (PROXIES, "10.0.0.1:5", "9.9.9.9, 1.2.3.4, 10.0.0.7", ("1.2.3.4", 0)),
        (PROXIES, "10.0.0.1:5", "2001:db8::1", ("2001:db8::1", 0)),
        (PROXIES, "11.0.0.1:5", "1.2.3.4", ("11.0.0.1", 5)),
        (PROXIES, "unix", "1.2.3.4", None),
    ],
)
async def test_the_client_is_whom_a_trusted_proxy_names(
    dial: Dial, app: App, config: ApiConfig, client: str, said: str, seen: object
) -> None:
    connection = await dial(config, client)
    await connection.ask("/", fields={"X-Forwarded-For": said})
    await connection.answer()
    assert app.scopes[0]["client"] == seen
