"""The shared reader where media that somebody waits for stands beside floods and requests."""

from __future__ import annotations

from functools import partial

import pytest
import trio
import trio.testing

from tests.net.readers import Crowd, a_pair
from trio_srs.net.read_source import After, Read
from trio_srs.net.shared_reader import SharedReader

pytestmark = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")


async def test_with_media_and_floods_who_asks_for_something_has_more_than_one_turn_in_a_pass(
    crowd: Crowd,
) -> None:
    with crowd:
        for number in range(40):
            crowd.shared.set_live(crowd.join(f"media {number}", takes_s=0.0001))
        crowd.join("floods", after=After.AGAIN, takes_s=0.0001)
        for number in range(40):
            crowd.join(f"asks {number}", takes_s=0.0001)
        await crowd.settle()
        turns = await crowd.watch_turns(400)
    asked = sum(turn.startswith("asks") for turn in turns)
    assert asked >= 400 // 8


async def test_merged_media_that_somebody_waits_for_is_read_first(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    shared, turns = SharedReader(), list[str]()
    await nursery.start(shared.run)

    def reading(name: str) -> Read:
        def read(_now: float) -> After:
            turns.append(name)
            return After.WAIT

        return read

    with a_pair() as (first, _), a_pair() as (second, _):
        for name, sock, is_live in (("alone", first, False), ("watched", second, True)):
            merged = partial(shared.reading, every_s=0.35, is_live=is_live)
            nursery.start_soon(merged, sock.fileno(), reading(name))
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(0.4)
        assert turns == ["watched", "alone"]
        nursery.cancel_scope.cancel()
