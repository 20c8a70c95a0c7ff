"""The API on sockets: listening, limits, and stopping whoever holds on."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import FAST, FixedRules
from trio_srs.config.schema import Config
from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import Bus
from trio_srs.hub.hub import Hub
from trio_srs.hub.journal import Journal
from trio_srs.hub.registry import Registry
from trio_srs.hub.reports import Reports
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.net.address import Address
from trio_srs.net.listen import ListenError
from trio_srs.secret import Secret
from trio_srs.service.api.config import ApiConfig, ApiHttpsConfig, OpenTo
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.openness import ApiOpenError
from trio_srs.service.api.serving import ApiService

LOOPBACK = Address("127.0.0.1", 0)
HEAD = {"type": "http.response.start", "status": 200, "headers": []}
ASKING = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """An application that answers in the ways that matter here."""

    def __init__(self, stopping: trio.Event) -> None:
        self.stopping = stopping
        self.cancelled = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        try:
            match scope["path"]:
                case "/flood":
                    while True:
                        await self._say(send, b"x" * 1_000_000)
                case "/until-stop":
                    await self._say(send, b"waiting")
                    await self.stopping.wait()
                    await self._say(send, b" stopped")
                case "/for-ever":
                    await self._say(send, b"for ever")
                    await trio.sleep_forever()
                case "/bug":
                    raise ZeroDivisionError("a planted bug")
        except trio.Cancelled:
            self.cancelled += 1
            raise
        await send({"type": "http.response.body", "body": b"."})

    async def _say(self, send: Any, body: bytes) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": True})


@asynccontextmanager
async def serving(
    *addresses: Address,
    make: Callable[[ApiContext], App] | None = None,
    https: ApiHttpsConfig | None = None,
    **config: Any,
) -> AsyncIterator[tuple[ApiService, App, str]]:
    bus = Bus()
    context = ApiContext(
        config=ApiConfig(listen=addresses or (LOOPBACK,), **config),
        access=AccessControl(FixedRules(FAST)),
        hosts=FixedRules(FAST),
        hub=Hub(),
        bus=bus,
        registry=Registry(),
        journal=Journal(),
        reports=Reports(bus),
        waiting=Waiting(bus, Reports(bus), Registry()),
        turns=Turns(),
        addresses=dict,
    )
    app = App(context.stopping)
    service = ApiService(
        context, Config(api_https=https or ApiHttpsConfig()), make or (lambda _: app)
    )
    await service.listen()
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        yield service, app, service.urls["api"][0]
        nursery.cancel_scope.cancel()


async def ask(url: str, path: bytes) -> trio.SocketStream:
    """Ask, and read no answer."""
    stream = await trio.open_tcp_stream("127.0.0.1", int(url.rpartition(":")[2]))
    await stream.send_all(ASKING % path)
    return stream


async def eventually(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 - a socket at the other end tells nobody
        await trio.sleep(0.01)


async def test_requests_are_answered_on_a_connection_that_is_kept() -> None:
    async with serving() as (service, _, url), httpx2.AsyncClient(verify=False) as client:
        for _ in range(3):
            assert (await client.get(f"{url}/")).text == "."
        assert len(service.connections) == 1
    assert not len(service.connections)


async def test_who_asks_while_the_application_is_made_waits_for_it() -> None:
    is_asked, made = threading.Event(), []

    def make(context: ApiContext) -> App:
        is_asked.wait(5)
        made.append(context)
        return App(context.stopping)

    async with serving(make=make) as (service, _, url), trio.open_nursery() as nursery:
        nursery.start_soon(service.prepare)
        await wait_all_tasks_blocked()
        stream = await ask(url, b"/")
        await eventually(lambda: len(service.connections))
        assert not made
        is_asked.set()
        with trio.fail_after(5):
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 200")
        assert len(made) == 1
        await stream.aclose()


async def test_an_application_that_could_not_be_made_is_made_for_who_asks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries = []

    def make(context: ApiContext) -> App:
        tries.append(context)
        if len(tries) == 1:
            raise ZeroDivisionError("a planted bug")
        return App(context.stopping)

    async with serving(make=make) as (service, _, url), httpx2.AsyncClient(verify=False) as client:
        with caplog.at_level(logging.ERROR):
            await service.prepare()
        assert "a planted bug" in caplog.text
        assert (await client.get(f"{url}/")).text == "."


async def test_who_is_served_first_after_a_stop_is_let_go_when_answered() -> None:
    is_stopped = threading.Event()

    def make(context: ApiContext) -> App:
        is_stopped.wait(5)
        return App(context.stopping)

    async with serving(make=make) as (service, _, url), trio.open_nursery() as nursery:
        nursery.start_soon(service.prepare)
        await wait_all_tasks_blocked()
        stream = await ask(url, b"/")
        await eventually(lambda: len(service.connections))
        nursery.start_soon(service.stop, 60.0)
        await wait_all_tasks_blocked()
        is_stopped.set()
        with trio.fail_after(5):
            while await stream.receive_some():
                pass
        await stream.aclose()


async def test_a_unix_socket_is_served(tmp_path: Path) -> None:
    path = tmp_path / "api"
    async with serving(Address(path=str(path))):
        transport = httpx2.AsyncHTTPTransport(uds=str(path))
        async with httpx2.AsyncClient(transport=transport) as client:
            assert (await client.get("http://api/")).text == "."


async def test_an_address_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ListenError, match="in use"):
            async with serving(address):
                pass


async def test_one_connection_too_many_is_closed_and_the_others_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        serving(max_connections=1) as (service, _, url),
        httpx2.AsyncClient(verify=False) as client,
    ):
        assert (await client.get(f"{url}/")).text == "."
        stream = await trio.open_tcp_stream(
            "127.0.0.1", service.acceptor.listeners["api"][0].address.port
        )
        async with stream:
            assert await stream.receive_some() == b""
        assert (await client.get(f"{url}/")).text == "."
    assert "more than 1" in caplog.text


async def test_short_requests_need_no_more_room_than_there_are_at_once() -> None:
    async with serving(max_connections=3) as (service, _, url):
        for _ in range(30):
            async with httpx2.AsyncClient(verify=False) as client:  # a connection of its own
                assert (await client.get(f"{url}/")).text == "."
        with trio.fail_after(2):
            await eventually(lambda: not len(service.connections))


@pytest.mark.parametrize("path", [b"/", b"/until-stop", b"/for-ever"])
async def test_who_has_gone_is_not_counted(path: bytes) -> None:
    async with serving() as (service, app, url):
        for _ in range(5):
            stream = await ask(url, path)
            await stream.receive_some()
            await stream.aclose()
        app.stopping.set()  # an answer that nobody hears ends like any other
        if path != b"/for-ever":
            with trio.fail_after(2):
                await eventually(lambda: not len(service.connections))


async def test_one_too_many_is_served_as_soon_as_another_has_gone() -> None:
    async with serving(max_connections=1) as (service, _, url):
        first = await ask(url, b"/")
        await first.receive_some()
        second = await ask(url, b"/")
        await eventually(lambda: len(service.connections) == 2)
        await first.aclose()
        async with second:
            assert b"200" in await second.receive_some()


async def test_those_that_wait_for_room_are_counted_too() -> None:
    async with serving(max_connections=1) as (service, _, url):
        streams = [await ask(url, b"/until-stop") for _ in range(200)]
        closed = 0
        for stream in streams[1:]:
            with contextlib.suppress(trio.BrokenResourceError):
                assert await stream.receive_some() == b""
            closed += 1
        assert closed == 199
        assert len(service.connections) == 1
        for stream in streams:
            await stream.aclose()


EVERYWHERE = Address("", 0)


@pytest.mark.parametrize(
    ("address", "config", "warned"),
    [
        (EVERYWHERE, {"unauthenticated": OpenTo.ANYWHERE}, True),
        (EVERYWHERE, {"token": Secret("x")}, False),
        (LOOPBACK, {}, False),
    ],
)
async def test_an_api_that_is_open_to_all_is_warned_of(
    address: Address, config: dict[str, Any], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(address, **config):
        pass
    assert ("set api.token" in caplog.text) == warned


async def test_it_does_not_open_to_all_unless_told_so_in_words() -> None:
    with pytest.raises(
        ApiOpenError, match=r'set api\.token, or .* api\.unauthenticated = "anywhere"'
    ):
        async with serving(LOOPBACK, EVERYWHERE):
            pass


async def test_it_is_served_inside_tls_beside_the_plain_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    https = ApiHttpsConfig(listen=(LOOPBACK,), self_signed=True)
    async with serving(https=https) as (service, _, _):
        plain, secure = service.urls["api"]
        assert plain.startswith("http://127.0.0.1:")
        assert secure.startswith("https://127.0.0.1:")
        async with httpx2.AsyncClient(verify=False) as client:
            for _ in range(2):
                assert (await client.get(f"{secure}/")).text == "."
        stream = await ask(secure, b"/")  # without TLS
        with trio.fail_after(5), contextlib.suppress(trio.BrokenResourceError):
            while await stream.receive_some():
                pass
        await stream.aclose()
    assert "Traceback" not in caplog.text


async def test_a_bug_ends_only_its_own_connection(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as (_, _, url), httpx2.AsyncClient(verify=False) as client:
        with caplog.at_level(logging.ERROR), pytest.raises(httpx2.HTTPError):
            await client.get(f"{url}/bug")
        assert (await client.get(f"{url}/")).text == "."
    assert "a planted bug" in caplog.text


# -------------------------------------------------------------------- stopping


async def test_a_stop_lets_answers_end_and_closes_idle_connections() -> None:
    async with serving() as (service, app, url), httpx2.AsyncClient(verify=False) as client:
        await client.get(f"{url}/")  # stays open, idle
        async with client.stream("GET", f"{url}/until-stop") as answer:
            said = answer.aiter_text()
            assert await anext(said) == "waiting"
            with trio.fail_after(2):
                await service.stop(10)
            assert [text async for text in said] == [" stopped", "."]
        assert not len(service.connections)
        assert app.cancelled == 0


@pytest.mark.parametrize("path", [b"/flood", b"/for-ever"])
async def test_a_stop_cuts_who_holds_it_up_when_the_grace_is_over(path: bytes) -> None:
    async with serving() as (service, app, url):
        stream = await ask(url, path)
        await eventually(lambda: len(service.connections))
        await trio.sleep(0.1)  # until the kernel's buffers are full
        began = trio.current_time()
        await service.stop(0.1)
        await eventually(lambda: not len(service.connections))
        assert trio.current_time() - began < 2
        assert app.cancelled == 1
        await stream.aclose()


async def test_a_cancelled_service_ends_with_a_client_that_does_not_read() -> None:
    with trio.fail_after(5):
        async with serving() as (service, _, url):
            stream = await ask(url, b"/flood")
            await eventually(lambda: len(service.connections))
            await trio.sleep(0.1)
        await stream.aclose()


async def test_a_stopped_service_does_not_accept() -> None:
    async with serving() as (service, _, url), httpx2.AsyncClient(verify=False) as client:
        await service.stop(0)
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"{url}/")
