"""What peers hear of limits, and how their sessions end by them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import trio

from tests.service.rtmp.house import FAST, House, ask
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayEnded, PublishEnded
from trio_srs.hub.gate import AccessRequest, AllowAll, Grant
from trio_srs.testing.bodies import key
from trio_srs.units import Timeout


class Accounts(AllowAll):
    """A gate that knows whose each stream is: what stands before the dash."""

    async def publish(self, request: AccessRequest, /) -> Grant:
        return Grant(account=request.name.partition("-")[0])

    play = publish


async def house_of(nursery: trio.Nursery, **keys: Any) -> House:
    settings = attrs.evolve(FAST, **keys)
    house: House = await nursery.start(House(settings=settings, gates=(Accounts(),)).run)
    return house


async def answer(house: House, what: str, name: str) -> tuple[str, str]:
    peer = house.dial()
    await peer.connect()
    return await ask(peer, what, name)


async def test_one_player_more_than_may_be_is_told_so(nursery: trio.Nursery) -> None:
    house = await house_of(nursery, max_players=2)
    players = [await house.player("a") for _ in range(2)]
    assert await answer(house, "play", "a") == (
        "NetStream.Play.Failed",
        "live/a has its 2 players",
    )
    assert (await answer(house, "play", "b"))[0] == "NetStream.Play.Start"
    players[0].close()
    await trio.testing.wait_all_tasks_blocked()
    assert (await answer(house, "play", "a"))[0] == "NetStream.Play.Start"
    nursery.cancel_scope.cancel()


async def test_a_user_publishes_no_more_than_it_may(nursery: trio.Nursery) -> None:
    house = await house_of(nursery, max_publishers_per_user=1)
    await house.publisher("alice-1")
    assert await answer(house, "publish", "alice-2") == (
        "NetStream.Publish.Denied",
        "alice has its 1 publishers",
    )
    assert (await answer(house, "publish", "bob-1"))[0] == "NetStream.Publish.Start"
    nursery.cancel_scope.cancel()


async def test_a_refused_publisher_takes_no_place(nursery: trio.Nursery) -> None:
    house = await house_of(nursery, max_publishers_per_user=2)
    await house.publisher("alice-1")
    for _ in range(3):
        assert (await answer(house, "publish", "alice-1"))[0] == "NetStream.Publish.BadName"
    assert (await answer(house, "publish", "alice-2"))[0] == "NetStream.Publish.Start"
    nursery.cancel_scope.cancel()


async def test_who_sends_too_much_is_dropped(nursery: trio.Nursery) -> None:
    house = await house_of(nursery, max_publish_kbps=100)
    peer = await house.publisher("a")
    with trio.move_on_after(30):
        while not house.told(PublishEnded):
            await peer.say(key(0, size=20_000))
            await trio.sleep(1)
    [ended] = house.told(PublishEnded)
    assert ended.reason is EndReason.BIT_RATE_LIMIT
    assert "kbit/s over 10 s, and it may send 100" in ended.detail
    assert await house.reason_of(peer) is EndReason.BIT_RATE_LIMIT
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("what", ["publish", "play"])
async def test_what_lasts_too_long_is_ended(nursery: trio.Nursery, what: str) -> None:
    most = {f"max_{what}_time": Timeout(5.0)}
    house = await house_of(nursery, **most)
    peer = await (house.publisher("a") if what == "publish" else house.player("a"))
    began = trio.current_time()
    end = await house.end_of(peer)
    seconds = trio.current_time() - began  # with one to hear of it
    assert seconds == pytest.approx(6.0, abs=0.1)
    assert (end.reason, end.detail) == (EndReason.TIME_LIMIT, f"live/a: a {what} may last 5 s")
    assert [each.reason for each in house.told(PublishEnded) + house.told(PlayEnded)] == [
        EndReason.TIME_LIMIT
    ]
    nursery.cancel_scope.cancel()
