"""Leaks: what a session made is gone with it, and the collector finds nothing to do."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House, ask
from tests.service.witness import transport_of
from trio_srs.testing.bodies import header, key
from trio_srs.testing.peer import Peer

pytestmark = pytest.mark.slow

Do = Callable[[Peer], Awaitable[None]]


async def publish(peer: Peer) -> None:
    await peer.publish("b")
    await peer.say(header(), key(0))


async def play(peer: Peer) -> None:
    await peer.play("a")


async def do_both(peer: Peer) -> None:
    await peer.connect()
    for what, name in (("publish", "b"), ("play", "b"), ("publish", "d"), ("play", "a")):
        await ask(peer, what, name)
    await peer.say(key(0))


async def test_after_many_publishes_all_is_as_it_was(house: House) -> None:
    def tasks() -> int:
        return trio.lowlevel.current_statistics().tasks_living

    before = tasks()
    for n in range(200):
        peer = house.dial()
        assert await peer.publish(f"name{n}") == "NetStream.Publish.Start"
        await peer.say(header(), key(0))
        peer.close()
    while len(house.registry):
        await house.next_event()
    await wait_all_tasks_blocked()
    assert tasks() == before
    house.events.clear()
    assert (len(house.hub), len(house.registry)) == (0, 0)


@pytest.mark.parametrize("do", [publish, play, do_both], ids=lambda do: do.__name__)
async def test_a_normal_end_leaves_nothing_to_the_collector(house: House, do: Do) -> None:
    await house.publisher("a")
    for _ in range(2):  # the first time round, caches are filled
        peer = house.dial()
        await do(peer)
        await wait_all_tasks_blocked()
        while transport_of(peer).unread:
            await peer.hear_bytes()
        gc.collect()
        gc.disable()
        peer.hang_up()
        await house.end_of(peer)
        await wait_all_tasks_blocked()
        del peer
        house.events.clear()
        try:
            left = collected()
        finally:
            gc.enable()
    assert not left, left


def collected() -> list[str]:
    """The classes of ours of which the collector finds something to collect."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return sorted(
            {
                f"{type(each).__module__}.{type(each).__qualname__}"
                for each in gc.garbage
                if type(each).__module__.startswith("trio_srs.")
            }
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
