"""What another service answers is sent as HTTP wants it."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from typing import ClassVar

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import Client, HttpHouse
from trio_srs.errors import RefusedError
from trio_srs.service.base import WebAnswer, WebClient
from trio_srs.service.http.config import HttpConfig
from trio_srs.session.http_events import HttpRequest

Answering = Callable[[HttpRequest, WebClient], WebAnswer | Awaitable[WebAnswer] | None]
BODY = (b"0123", b"", b"4567", b"89")
MEDIA = WebAnswer(
    content_type="video/mp4", chunks=BODY, cache_control="max-age=9", etag='"e"', has_ranges=True
)


def always(answer: WebAnswer) -> Answering:
    """The same for everybody."""
    return lambda _asked, _client: answer


class Route:
    """Answers for one path."""

    stream_ending: ClassVar[str] = ""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        return self._answering(asked, client) if asked.target.path == "/x" else None


@pytest.fixture
async def ask(open_house: OpenHouse) -> Callable[[Answering], Awaitable[Client]]:
    async def made(answering: Answering) -> Client:
        house: HttpHouse = await open_house()
        house.service.context.routes = (Route(answering),)
        return house.dial()

    return made


Ask = Callable[[Answering], Awaitable[Client]]


async def test_an_answer_has_what_http_adds(ask: Ask) -> None:
    seen: list[WebClient] = []

    def answer(_: HttpRequest, client: WebClient) -> WebAnswer:
        seen.append(client)
        return MEDIA

    client = await ask(answer)
    await client.ask("/x")
    got = await client.answer()
    assert (got.status, got.body) == (200, b"0123456789")
    assert got.fields["Access-Control-Allow-Origin"] == "*"
    assert (got.fields["Etag"], got.fields["Cache-Control"]) == ('"e"', "max-age=9")
    assert seen[0].protocol == "http"
    assert seen[0].peer.startswith("127.0.0.1:")
    await client.ask("/y")
    assert (await client.answer()).status == 404


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/x", {}, 200),
        ("/x", {"If-None-Match": '"e"'}, 304),
        ("/x", {"Range": "bytes=1-2"}, 206),
        ("/x", {"TE": "trailers"}, 200),
        ("/y", {}, 404),
    ],
)
async def test_every_answer_says_in_which_second_it_was_made(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, path: str, fields: dict[str, str], status: int
) -> None:
    now = 0.0
    monkeypatch.setattr("time.time", lambda: now)
    client = await ask(always(MEDIA))
    for at, second in ((1790000000.9, 20), (1790000001.0, 21), (1790000001.9, 21)):
        now = at
        await client.ask(path, fields=fields)
        got = await client.answer()
        assert (got.status, got.fields["Date"]) == (status, f"Mon, 21 Sep 2026 14:13:{second} GMT")


async def test_what_is_there_is_answered_without_a_turn_of_the_connections_task(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_connection: object, _asked: object) -> None:
        pytest.fail("a task was woken to look for who answers")

    monkeypatch.setattr("trio_srs.service.http.connection.find_handler", nobody)
    answers: list[WebAnswer | RefusedError] = [MEDIA, RefusedError("not that"), MEDIA, MEDIA]

    def answer(_asked: HttpRequest, _client: WebClient) -> WebAnswer:
        said = answers.pop()
        if isinstance(said, RefusedError):
            raise said
        return said

    client = await ask(answer)
    for _ in range(2):  # the second while the first is answered
        await client.ask("/x")
    for status in (200, 200, 403, 200):
        got = await client.answer()
        assert (got.status, got.body == b"0123456789") == (status, status == 200)
        if answers and len(answers) < 3:
            await client.ask("/x")
    assert not answers


async def test_who_takes_little_gets_all_of_it_and_then_the_next(open_house: OpenHouse) -> None:
    house = await open_house()
    house.service.context.routes = (Route(always(attrs.evolve(MEDIA, chunks=[bytes(900)] * 9))),)
    client = house.dial(capacity=700)
    for _ in range(2):
        await client.ask("/x")
        assert (await client.answer()).body == bytes(8100)


async def test_a_connection_is_let_go_when_nothing_was_asked_for_long_enough_behind_an_answer(
    ask: Ask, autojump_clock: MockClock
) -> None:
    client = await ask(always(MEDIA))
    await trio.sleep(HttpConfig().idle_timeout - 1)
    await client.ask("/x")
    assert (await client.answer()).status == 200
    asked = trio.current_time()
    assert await client.more() == b""
    assert trio.current_time() == pytest.approx(asked + HttpConfig().idle_timeout)


@pytest.mark.parametrize(
    ("trusted", "peer"), [((), "127.0.0.1:"), (("127.0.0.0/8",), "192.0.2.7:0")]
)
async def test_who_asks_is_who_a_trusted_proxy_says(
    open_house: OpenHouse, trusted: tuple[str, ...], peer: str
) -> None:
    house = await open_house(config=HttpConfig(trusted_proxies=trusted))
    seen: list[WebClient] = []

    def answer(_: HttpRequest, client: WebClient) -> WebAnswer:
        seen.append(client)
        return MEDIA

    house.service.context.routes = (Route(answer),)
    client = house.dial()
    await client.ask("/x", fields={"X-Forwarded-For": "6.6.6.6, 192.0.2.7"})
    await client.answer()
    assert seen[0].peer.startswith(peer)


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        ("bytes=0-1", 206, b"01"),
        ("bytes=2-5", 206, b"2345"),
        ("bytes=4-7", 206, b"4567"),
        ("bytes=-3", 206, b"789"),
        ("bytes=0-", 206, b"0123456789"),
        ("bytes=10-", 416, b"bytes from 10 on are asked for, there are 10\n"),
    ],
)
async def test_parts_are_cut_over_chunks(ask: Ask, said: str, status: int, body: bytes) -> None:
    client = await ask(always(MEDIA))
    await client.ask("/x", fields={"Range": said})
    got = await client.answer()
    assert (got.status, got.body) == (status, body)


async def test_large_answers_go_in_slices(ask: Ask) -> None:
    chunks = [bytes((number,)) * 100_000 for number in range(9)]
    large = WebAnswer(content_type="video/mp4", chunks=chunks, cache_control="no-store")
    client = await ask(always(large))
    await client.ask("/x")
    assert (await client.answer()).body == b"".join(chunks)


async def test_the_same_is_not_sent_again_and_head_is_told_its_length(ask: Ask) -> None:
    client = await ask(always(MEDIA))
    await client.ask("/x", fields={"If-None-Match": '"e"'})
    assert (await client.answer()).status == 304
    await client.ask("/x", "HEAD")
    head = await client.answer("HEAD")
    assert (head.fields["Content-Length"], head.body) == ("10", b"")


async def test_who_takes_gzip_gets_it(ask: Ask) -> None:
    for etag in ('"e"', ""):
        text = WebAnswer(
            content_type="text/plain", chunks=(b"text",), cache_control="no-store", etag=etag,
            is_text=True,
        )  # fmt: skip
        client = await ask(always(text))
        await client.ask("/x", fields={"Accept-Encoding": "gzip"})
        got = await client.answer()
        assert gzip.decompress(got.body) == b"text"
        assert got.fields.get("Etag", "") == ('W/"e"' if etag else "")
        await client.ask("/x")
        assert (await client.answer()).body == b"text"


async def test_an_answer_may_take_its_time(ask: Ask) -> None:
    async def later() -> WebAnswer:
        await trio.sleep(3)
        return MEDIA

    client = await ask(lambda _asked, _client: later())
    for _ in range(2):
        await client.ask("/x")
        assert (await client.answer()).status == 200


async def test_no_is_no_at_once_or_later(ask: Ask) -> None:
    async def later() -> WebAnswer:
        await trio.sleep(1)
        raise RefusedError("later")

    def now() -> WebAnswer:
        raise RefusedError("now")

    answers: list[Answering] = [lambda _asked, _client: later(), lambda _asked, _client: now()]
    for answering in answers:
        client = await ask(answering)
        await client.ask("/x")
        assert (await client.answer()).status == RefusedError.http_status
