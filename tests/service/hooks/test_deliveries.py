"""What is told is told in order, and again until it is heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import trio

from tests.service.hooks.scripted import (
    REQUEST,
    YES,
    Call,
    Script,
    ScriptedPoster,
    no,
    status,
    unheard,
)
from trio_srs.hub.ids import SrsIds
from trio_srs.service.hooks.calls import HookCall, request_call, undo_call
from trio_srs.service.hooks.config import Action, HookPlatforms, HooksConfig
from trio_srs.service.hooks.deliveries import Deliveries
from trio_srs.service.hooks.poster import Answer
from trio_srs.units import Seconds

IDS = SrsIds()


def stopped(session: str = "c1", name: str = "a") -> HookCall:
    request = attrs.evolve(REQUEST, session=session, name=name)
    return undo_call(request_call(IDS, Action.ON_PLAY, request))


@attrs.define
class Post:
    """Deliveries that run, and who hears them."""

    poster: ScriptedPoster
    deliveries: Deliveries


@pytest.fixture
async def post(request: pytest.FixtureRequest, nursery: trio.Nursery) -> AsyncIterator[Post]:
    script, keys = getattr(request, "param", (YES, {}))
    config = HookPlatforms(HooksConfig(**{"on_stop": ("http://a/",), **keys}))
    poster = ScriptedPoster(script)
    deliveries = Deliveries(lambda: config, poster)
    await nursery.start(deliveries.run)
    yield Post(poster, deliveries)
    nursery.cancel_scope.cancel()


def scripted(script: Script = YES, **keys: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("post", [(script, keys)], indirect=True, ids=["_"])


async def test_what_is_put_is_called_in_order(post: Post) -> None:
    post.deliveries.put([stopped(name="a"), stopped(name="b")])
    post.deliveries.put([stopped(name="c")])
    assert len(post.deliveries) == 3
    await post.deliveries.over()
    assert post.poster.said() == ["on_stop c1 a", "on_stop c1 b", "on_stop c1 c"]
    assert (post.deliveries.made, post.deliveries.lost, len(post.deliveries)) == (3, 0, 0)


@scripted(on_stop=())
async def test_what_nobody_wants_to_hear_is_not_told(post: Post) -> None:
    post.deliveries.put([stopped()])
    await post.deliveries.over()
    assert post.poster.said() == []


@attrs.define
class Moody:
    """Hears nothing until its mood changes."""

    mood: Script = unheard
    times: list[float] = attrs.field(factory=list)

    async def __call__(self, call: Call) -> Answer:
        self.times.append(trio.current_time())
        return await self.mood(call)


@pytest.mark.parametrize("mood", [unheard, status(503), status(429)], ids=range(3))
async def test_what_was_not_heard_is_told_again_later_and_later(
    post: Post, mood: Script, caplog: pytest.LogCaptureFixture
) -> None:
    post.poster.script = moody = Moody(mood)
    began = trio.current_time()
    post.deliveries.put([stopped(name="a"), stopped(name="b")])
    await trio.sleep(60)
    moody.mood = YES
    await post.deliveries.over()
    assert [time - began for time in moody.times] == [
        *(0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5),
        61.5,
    ]
    assert post.poster.said() == [*["on_stop c1 a"] * 8, "on_stop c1 b"]
    assert (post.deliveries.made, post.deliveries.lost) == (2, 0)
    assert "http://a/ did not hear on_stop of session c1" in caplog.text


@scripted(unheard, retry_for=Seconds(10.0))
async def test_what_nobody_hears_for_long_is_lost_and_logged(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.deliveries.put([stopped(name="a")])
    began = trio.current_time()
    await post.deliveries.over()
    assert trio.current_time() - began == 7.5
    assert (post.deliveries.made, post.deliveries.lost) == (0, 1)
    [record] = [each for each in caplog.records if each.levelname == "ERROR"]
    assert record.getMessage() == (
        "on_stop of session c1 is lost: http://a/ did not hear it; 1 lost so far"
    )


@scripted(unheard, queue=2)
async def test_what_there_is_no_room_for_is_lost_and_logged(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.deliveries.put([stopped(name=name) for name in "abc"])
    assert (len(post.deliveries), post.deliveries.lost) == (2, 1)
    assert "is lost: hooks.queue is full: 2 wait; 1 lost so far" in caplog.text


@pytest.mark.parametrize("answer", [no(), status(200), status(404), status(200, b"OK")])
async def test_what_was_heard_is_not_told_again_whatever_was_answered(
    post: Post, answer: Script
) -> None:
    post.poster.script = answer
    post.deliveries.put([stopped()])
    await post.deliveries.over()
    assert post.poster.said() == ["on_stop c1 a"]
    assert (post.deliveries.made, post.deliveries.lost) == (1, 0)


@scripted(on_stop=("http://a/", "http://b/", "http://c/"))
async def test_only_who_did_not_hear_it_is_told_again(post: Post) -> None:
    async def b_is_down(call: Call) -> Answer:
        is_down = call.url == "http://b/" and trio.current_time() < began + 2
        return await (unheard if is_down else YES)(call)

    began = trio.current_time()
    post.poster.script = b_is_down
    post.deliveries.put([stopped(name="a"), stopped(name="b")])
    await post.deliveries.over()
    called = [f"{call.url[7]} {call.said['stream']}" for call in post.poster.heard]
    assert called == ["a a", "b a", "c a", "b a", "b a", "b a", "a b", "b b", "c b"]


@scripted(max_connections=4)
async def test_sessions_do_not_wait_for_each_other_within_the_connections_there_are(
    post: Post,
) -> None:
    going_on = most = 0

    async def slow(call: Call) -> Answer:
        nonlocal going_on, most
        going_on += 1
        most = max(most, going_on)
        await trio.sleep(1)
        going_on -= 1
        return Answer(200, b"0")

    post.poster.script = slow
    began = trio.current_time()
    post.deliveries.put(stopped(session=f"c{number}") for number in range(6))
    await post.deliveries.over()
    assert (trio.current_time() - began, most) == (3, 2)


@pytest.mark.parametrize(
    ("session", "stream", "waits_s"),
    [("c1", "live/z", 2.5), ("c2", "live/a", 1.0), ("c2", "live/b", 3.5), ("c2", "live/z", 0.0)],
)
async def test_who_asks_waits_for_what_concerns_it(
    post: Post, session: str, stream: str, waits_s: float
) -> None:
    """All of its session; of others what is said of its stream, but not what has failed."""

    async def answer(call: Call) -> Answer:
        await trio.sleep(1)
        return await (unheard if trio.current_time() - began < 2 else YES)(call)

    post.poster.script = answer
    began = trio.current_time()
    post.deliveries.put([stopped(name="a")])
    if stream == "live/b":
        post.deliveries.put([stopped(name="b")])
    await post.deliveries.settled(session, stream)
    assert trio.current_time() - began == waits_s


async def test_what_is_given_up_is_lost_and_holds_nobody_up(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.poster.script = unheard
    post.deliveries.put([stopped(name="a"), stopped(name="b"), stopped("c2")])
    await trio.sleep(2)
    post.deliveries.give_up("the server stopped")
    await post.deliveries.over()
    await post.deliveries.settled("c1", "live/a")
    assert post.deliveries.lost == 3
    assert "on_stop of session c2 is lost: the server stopped; 3 lost so far" in caplog.text
    post.deliveries.put([stopped("c3")])
    await trio.sleep(60)
    assert (post.deliveries.lost, len(post.deliveries)) == (4, 0)


async def test_what_waits_when_all_is_cancelled_is_lost_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = HookPlatforms(HooksConfig(on_stop=("http://a/",)))
    deliveries = Deliveries(lambda: config, ScriptedPoster(unheard))
    async with trio.open_nursery() as nursery:
        await nursery.start(deliveries.run)
        deliveries.put([stopped("c1")])
        await trio.sleep(5)
        nursery.cancel_scope.cancel()
    deliveries.put([stopped("c2")])
    assert deliveries.lost == 2
    assert "on_stop of session c2 is lost: the server was cancelled; 2 lost so far" in caplog.text


async def test_what_waits_when_it_begins_anew_is_told() -> None:
    poster = ScriptedPoster()
    config = HookPlatforms(HooksConfig(on_stop=("http://a/",)))
    deliveries = Deliveries(lambda: config, poster)
    deliveries.put([stopped()])
    async with trio.open_nursery() as nursery:
        await nursery.start(deliveries.run)
        await deliveries.over()
        nursery.cancel_scope.cancel()
    assert poster.said() == ["on_stop c1 a"]


@pytest.mark.parametrize("order", ["", "on_hls live/a"])
async def test_what_has_an_order_of_its_own_waits_for_itself_alone(post: Post, order: str) -> None:
    async def slow_for_the_first(call: Call) -> Answer:
        await trio.sleep(3 if call.said["stream"] == "a" else 0)
        return Answer(200, b"0")

    post.poster.script = slow_for_the_first
    began = trio.current_time()
    post.deliveries.put([attrs.evolve(stopped(name="a"), order=order, stream="")])
    post.deliveries.put([stopped(name="b")])
    await post.deliveries.settled("c1", "live/b")
    assert trio.current_time() - began == (0 if order else 3)
