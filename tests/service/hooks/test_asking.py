"""Who is asked, when, and what a peer hears of it."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
import trio

from tests.service.hooks.conftest import OpenSite
from tests.service.hooks.scripted import REQUEST, YES, Call, Script, no, status, unheard
from tests.service.rtmp.house import ask
from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig
from trio_srs.secret import Secret
from trio_srs.service.hooks.config import OnFailure
from trio_srs.service.hooks.poster import Answer
from trio_srs.service.hooks.replies import HookFailedError
from trio_srs.units import Seconds, Timeout

STARTED = {"publish": "NetStream.Publish.Start", "play": "NetStream.Play.Start"}
UNDONE = {"publish": "unpublish", "play": "stop"}
BOTH = pytest.mark.parametrize("what", ["publish", "play"])


def on(action: str, script: Script, others: Script = YES) -> Script:
    async def answer(call: Call) -> Answer:
        return await (script if call.action == action else others)(call)

    return answer


def said(**fields: Any) -> Script:
    return status(200, json.dumps({"code": 0, **fields}).encode())


@BOTH
async def test_a_platform_is_asked_before_a_peer_is_told_yes(site_of: OpenSite, what: str) -> None:
    asked, may_go_on = trio.Event(), trio.Event()

    async def hold(call: Call) -> Answer:
        asked.set()
        await may_go_on.wait()
        return Answer(200, b"0")

    site = await site_of(on(f"on_{what}", hold))
    peer = site.house.dial()
    await peer.connect()
    answers: list[str] = []
    async with trio.open_nursery() as nursery:

        async def hear() -> None:
            answers.append((await ask(peer, what, "a?token=x"))[0])

        nursery.start_soon(hear)
        await asked.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert answers == []
        may_go_on.set()
    assert answers == [STARTED[what]]
    peer.close()
    assert await site.told() == [
        "on_connect c1 a",
        f"on_{what} c1 a",
        f"on_{UNDONE[what]} c1 a",
        "on_close c1",
    ]


@BOTH
async def test_a_refusal_reaches_the_peer_with_its_reason(site_of: OpenSite, what: str) -> None:
    site = await site_of(on(f"on_{what}", no("the subscription has ended")))
    peer = site.house.dial()
    await peer.connect()
    assert await ask(peer, what, "a") == ("NetStream.Failed", "the subscription has ended")
    peer.close()
    assert await site.told() == ["on_connect c1 a", f"on_{what} c1 a", "on_close c1"]


async def test_a_refused_on_connect_refuses_the_request_and_is_asked_again(
    site_of: OpenSite,
) -> None:
    site = await site_of(on("on_connect", no("not from there")))
    peer = site.house.dial()
    await peer.connect()
    for name in "ab":
        assert await ask(peer, "play", name) == ("NetStream.Failed", "not from there")
    peer.close()
    assert await site.told() == ["on_connect c1 a", "on_connect c1 b"]


async def test_on_connect_is_called_once_for_a_connection(site_of: OpenSite) -> None:
    site = await site_of()
    peer = site.house.dial()
    await peer.connect()
    for name in "ab":
        assert (await ask(peer, "play", name))[0] == STARTED["play"]
    peer.close()
    assert await site.told() == [
        "on_connect c1 a",
        *("on_play c1 a", "on_play c1 b"),
        *("on_stop c1 a", "on_stop c1 b"),
        "on_close c1",
    ]


async def test_the_first_url_that_says_no_is_the_last(site_of: OpenSite) -> None:
    urls = ("http://a/", "http://b/", "http://c/")

    async def second_refuses(call: Call) -> Answer:
        return await (no("b says no") if call.url == "http://b/" else YES)(call)

    site = await site_of(second_refuses, on_publish=urls, on_connect=())
    peer = site.house.dial()
    await peer.connect()
    assert await ask(peer, "publish", "a") == ("NetStream.Failed", "b says no")
    peer.close()
    await site.told()
    # The first said yes, and hears that it came to nothing.
    assert [call.url for call in site.poster.heard[:2]] == ["http://a/", "http://b/"]
    assert site.poster.said()[2:] == ["on_unpublish c1 a", "on_close c1"]


async def test_a_publish_that_is_busy_is_taken_back(site_of: OpenSite) -> None:
    site = await site_of()
    await site.house.publisher("a")
    second = site.house.dial()
    await second.connect()
    assert (await ask(second, "publish", "a"))[0] == "NetStream.Publish.BadName"
    await trio.testing.wait_all_tasks_blocked()
    assert site.poster.said()[2:] == [
        "on_connect c2 a",
        "on_publish c2 a",
        "on_unpublish c2 a",
    ]


async def test_a_stream_has_the_name_and_the_settings_that_the_platform_says(
    site_of: OpenSite,
) -> None:
    script = on("on_publish", said(rename="cam7", settings={"gop_cache": "5s"}, account="alice"))
    site = await site_of(script)
    peer = await site.house.publisher("secret-key")
    stream = site.house.hub.find("live/cam7")
    assert stream is not None
    assert stream.settings.gop_cache == 5.0
    peer.close()
    assert (await site.told())[-2:] == ["on_unpublish c1 secret-key", "on_close c1"]


@BOTH
async def test_a_redirect_is_no_grant(site_of: OpenSite, what: str) -> None:
    script = status(200, b'{"code":302,"redirect":"rtmp://b/live/a"}')
    site = await site_of(on(f"on_{what}", script))
    peer = site.house.dial()
    await peer.connect()
    assert await ask(peer, what, "a") == ("NetStream.Failed", "go to rtmp://b/live/a")
    peer.close()
    assert await site.told() == ["on_connect c1 a", f"on_{what} c1 a", "on_close c1"]


@pytest.mark.parametrize(
    "script", [unheard, status(500), status(200, b"<html>"), status(302)], ids=range(4)
)
async def test_who_cannot_be_asked_says_no_and_is_told_nothing_more(
    site_of: OpenSite, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    site = await site_of(on("on_publish", script))
    peer = site.house.dial()
    await peer.connect()
    answer = await ask(peer, "publish", "a?token=secret")
    assert answer == ("NetStream.Failed", "it could not be decided")
    peer.close()
    assert await site.told() == ["on_connect c1 a", "on_publish c1 a", "on_close c1"]
    assert "secret" not in caplog.text
    assert "on_publish of session c1 is refused: http://hooks.test/on_publish: " in caplog.text


@pytest.mark.parametrize("script", [unheard, status(500)], ids=range(2))
async def test_who_cannot_be_asked_may_be_done_without(site_of: OpenSite, script: Script) -> None:
    site = await site_of(on("on_publish", script), on_failure=OnFailure.ALLOW)
    peer = await site.house.publisher("a")
    peer.close()
    assert await site.told() == ["on_connect c1 a", "on_publish c1 a", "on_close c1"]


async def late_yes(call: Call) -> Answer:
    await trio.sleep(60)
    return Answer(200, b"0")


async def broken(call: Call) -> Answer:
    raise HookFailedError("ReadError")


@pytest.mark.parametrize("on_failure", OnFailure)
@pytest.mark.parametrize("script", [late_yes, broken])
async def test_a_yes_that_was_not_heard_is_taken_back(
    site_of: OpenSite, on_failure: OnFailure, script: Script
) -> None:
    site = await site_of(on("on_publish", script), on_failure=on_failure)
    peer = site.house.dial()
    await peer.connect()
    await ask(peer, "publish", "a")
    peer.close()
    assert await site.told() == [
        "on_connect c1 a",
        *("on_publish c1 a", "on_unpublish c1 a"),
        "on_close c1",
    ]


async def test_an_on_connect_that_was_not_heard_is_closed_before_the_next(
    site_of: OpenSite,
) -> None:
    site = await site_of(on("on_connect", late_yes))
    peer = site.house.dial()
    await peer.connect()
    for name in "ab":
        answer = await ask(peer, "publish", name)
        assert answer == ("NetStream.Failed", "it could not be decided")
    assert await site.told() == [
        *("on_connect c1 a", "on_close c1"),
        *("on_connect c1 b", "on_close c1"),
    ]


async def test_all_calls_for_a_request_have_a_time_together(site_of: OpenSite) -> None:
    async def slow(call: Call) -> Answer:
        await trio.sleep(4)
        return Answer(200, b"0")

    site = await site_of(slow, total_timeout=Seconds(6.0), on_stop=(), on_close=())
    peer = site.house.dial()
    await peer.connect()
    began = trio.current_time()
    assert await ask(peer, "play", "a") == ("NetStream.Failed", "it could not be decided")
    assert trio.current_time() - began == 6.0
    assert (await ask(peer, "play", "b"))[0] == STARTED["play"]  # on_connect is known by now
    assert site.poster.said("on_connect") == ["on_connect c1 a"]


async def test_a_request_that_gates_gave_up_is_taken_back(site_of: OpenSite) -> None:
    access = AccessConfig(gate_timeout=Timeout(1.0))
    site = await site_of(late_yes, house={"access_config": access}, on_connect=())
    peer = site.house.dial()
    await peer.connect()
    answer = await ask(peer, "publish", "a")
    assert answer == ("NetStream.Failed", "it was not decided within 1 s")
    peer.close()
    await trio.testing.wait_all_tasks_blocked()
    assert site.poster.said() == ["on_publish c1 a", "on_unpublish c1 a"]


async def test_a_peer_that_vanishes_while_it_is_asked_about_is_taken_back(
    site_of: OpenSite,
) -> None:
    site = await site_of(on("on_publish", late_yes))
    peer = site.house.dial()
    await peer.connect()
    async with trio.open_nursery() as nursery:

        async def vanish() -> None:
            await trio.sleep(1)
            assert site.poster.said("on_publish")
            peer.close()

        nursery.start_soon(vanish)
        with pytest.raises((EOFError, OSError, trio.ClosedResourceError)):
            await ask(peer, "publish", "a")
    assert await site.told() == [
        "on_connect c1 a",
        *("on_publish c1 a", "on_unpublish c1 a"),
        "on_close c1",
    ]


async def test_where_nobody_is_asked_what_began_is_told_of(site_of: OpenSite) -> None:
    site = await site_of(on_connect=(), on_publish=())
    first = await site.house.publisher("a")
    second = site.house.dial()
    await second.connect()
    assert (await ask(second, "publish", "a"))[0] == "NetStream.Publish.BadName"
    second.close()
    await site.told()
    first.close()
    assert await site.told() == ["on_close c2", "on_unpublish c1 a", "on_close c1"]


async def test_a_viewer_over_http_has_no_connect_of_its_own(site_of: OpenSite) -> None:
    site = await site_of()
    request = attrs.evolve(REQUEST, protocol="http-flv")
    await site.service.gate.play(request)
    assert await site.service.gate.connect(request) is None
    assert site.poster.said() == ["on_play c1 cam"]


async def test_calls_are_signed_if_there_is_a_secret(site_of: OpenSite) -> None:
    secret = Secret("key")
    site = await site_of(secret=secret)
    peer = await site.house.publisher("a")
    peer.close()
    await site.told()
    assert site.poster.secrets == [secret] * 4


async def test_a_refusal_of_an_earlier_gate_is_not_called_about(site_of: OpenSite) -> None:
    site = await site_of()

    class Nobody:
        async def connect(self, request: object, /) -> None: ...

        async def publish(self, request: object, /) -> None:
            raise RefusedError("nobody")

        play = publish

    site.house.access.first = Nobody()
    peer = site.house.dial()
    await peer.connect()
    assert await ask(peer, "publish", "a") == ("NetStream.Failed", "nobody")
    assert site.poster.said() == []
