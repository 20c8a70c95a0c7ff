"""The receiver over a real port: what comes is noted, and answered as it is to be; and the client
of hooks, which speaks to it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import trio

from trio_srs.net.nursery import ungrouped
from trio_srs.secret import Secret
from trio_srs.service.hooks.poster import Answer, HookBody, HttpPoster, shown
from trio_srs.service.hooks.replies import (
    ANSWER_MOST,
    AnswerError,
    HookFailedError,
    UnheardError,
)
from trio_srs.tools.hooks.receiver import HookReceiver, ReceivedCall
from trio_srs.tools.hooks.scripted_answer import YES, ScriptedAnswer

pytestmark = pytest.mark.interop

BODY = b'{"action":"on_play","client_id":"c1","app":"live","stream":"a"}'
FORM = HookBody("application/json", BODY)
Receive = Callable[[ScriptedAnswer], Awaitable[tuple[str, list[ReceivedCall]]]]


@pytest.fixture
async def receive(nursery: trio.Nursery) -> Receive:
    """``url, calls = await receive(answer)``."""

    async def start(answer: ScriptedAnswer) -> tuple[str, list[ReceivedCall]]:
        calls: list[ReceivedCall] = []

        async def hear(call: ReceivedCall) -> ScriptedAnswer:
            calls.append(call)
            return answer

        [url] = await nursery.start(HookReceiver(hear).run)
        return url, calls

    return start


@asynccontextmanager
async def running(keep_alive_s: float = 5.0) -> AsyncIterator[HttpPoster]:
    poster = HttpPoster(4, keep_alive_s)
    async with ungrouped(), trio.open_nursery() as nursery:
        await nursery.start(poster.run)
        yield poster
        nursery.cancel_scope.cancel()


async def post(url: str, timeout_s: float = 5.0, secret: Secret | None = None) -> Answer:
    async with running() as poster:
        return await poster.post(url, FORM, timeout_s, secret)


async def test_a_call_is_noted_and_answered(receive: Receive) -> None:
    url, calls = await receive(YES)
    async with running() as poster:
        answers = [await poster.post(f"{url}x?key=1", FORM, 5.0, None) for _ in range(3)]
    assert answers == [Answer(200, b"0")] * 3
    assert [call.number for call in calls] == [1, 2, 3]
    call = calls[0]
    assert (call.action, call.client_id, call.stream) == ("on_play", "c1", "live/a")
    assert (call.path, call.body) == ("/x?key=1", BODY)
    assert call.headers["content-type"] == "application/json"
    assert str(call).endswith(" s on_play c1 live/a")


async def test_a_connection_is_kept_for_a_while_and_no_longer(receive: Receive) -> None:
    url, calls = await receive(YES)
    async with running(keep_alive_s=0.5) as poster:
        await poster.prepare()
        for pause_s in (0.0, 0.7, 0.0):
            await poster.post(url, FORM, 5.0, None)
            await trio.sleep(pause_s)
    assert [call.peer == calls[0].peer for call in calls] == [True, True, False]


async def test_a_signature_is_of_the_time_and_the_body(receive: Receive) -> None:
    url, calls = await receive(YES)
    await post(url, secret=Secret("key"))
    said = dict(part.split("=") for part in calls[0].headers["trio-srs-signature"].split(","))
    signed = said["t"].encode() + b"." + BODY
    assert said["v1"] == hmac.new(b"key", signed, hashlib.sha256).hexdigest()


async def test_what_comes_too_late_may_have_been_heard(receive: Receive) -> None:
    url, calls = await receive(ScriptedAnswer(after_s=30.0))
    with pytest.raises(HookFailedError, match=r"no answer within 0\.3 s") as failed:
        await post(url, timeout_s=0.3)
    assert not isinstance(failed.value, UnheardError)
    assert len(calls) == 1


async def test_a_connection_that_is_closed_for_an_answer_may_have_been_heard(
    receive: Receive,
) -> None:
    url, calls = await receive(ScriptedAnswer(closes=True))
    with pytest.raises(HookFailedError) as failed:
        await post(url)
    assert not isinstance(failed.value, UnheardError)
    assert len(calls) == 1


async def test_where_nobody_listens_nobody_has_heard() -> None:
    with pytest.raises(UnheardError, match=r"cannot connect to 127\.0\.0\.1:1: .*refused"):
        await post("http://127.0.0.1:1/")
    with pytest.raises(UnheardError, match="nobody makes calls now"):
        await HttpPoster(4, 5.0).post("http://127.0.0.1:1/", FORM, 1.0, None)


async def test_an_endless_answer_is_none(receive: Receive) -> None:
    url, _ = await receive(ScriptedAnswer(body=b"x" * (ANSWER_MOST + 1)))
    with pytest.raises(AnswerError, match="more than 65536 bytes"):
        await post(url)


@pytest.mark.parametrize("status", [302, 500])
async def test_a_status_is_handed_on_and_a_redirect_not_followed(
    receive: Receive, status: int
) -> None:
    url, calls = await receive(ScriptedAnswer(status=status, body=b""))
    assert (await post(url)).status == status
    assert len(calls) == 1


async def test_what_is_no_json_is_noted_all_the_same(receive: Receive) -> None:
    url, calls = await receive(YES)
    for body in (b"a=1&b=2", b"[1]"):
        async with running() as poster:
            await poster.post(url, HookBody("application/json", body), 5.0, None)
    assert [(call.action, call.fields, call.stream) for call in calls] == [("", {}, "")] * 2
    assert str(calls[0]).endswith("neither a JSON object nor a form")


async def test_a_form_is_noted_as_nginx_rtmp_says_it(receive: Receive) -> None:
    url, calls = await receive(ScriptedAnswer(status=302, body=b"", location="cam7"))
    said = b"app=live&addr=10.0.0.1&clientid=c1&call=publish&name=a&call=play"
    async with running() as poster:
        form = HookBody("application/x-www-form-urlencoded", said)
        answer = await poster.post(url, form, 5.0, None)
    assert answer == Answer(302, b"", "cam7")
    [call] = calls
    assert (call.action, call.client_id, call.stream) == ("publish", "c1", "live/a")


async def test_who_speaks_no_http_disturbs_nobody(receive: Receive) -> None:
    url, calls = await receive(YES)
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
    for said in (b"hello\r\n\r\n", head + b"x" * 9_000_000):
        stream = await trio.open_tcp_stream(host, int(port))
        async with stream:
            with suppress(trio.BrokenResourceError):
                await stream.send_all(said)
                await stream.receive_some()
    await post(url)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user:pass@host:8/a?key=1", "https://host:8/a"),
        ("http://[::1]/", "http://[::1]/"),
        ("http://host", "http://host"),
    ],
)
async def test_a_url_is_shown_without_what_may_be_secret(url: str, said: str) -> None:
    assert shown(url) == said
