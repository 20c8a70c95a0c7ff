"""Inspection: followers catch up in turn, and let others run."""

from __future__ import annotations

from itertools import pairwise

import trio
from trio.testing import MockClock

from tests.hub.stage import Stage
from trio_srs.hub.feed import Feed
from trio_srs.hub.follower import Follower
from trio_srs.hub.inspect import Inspector
from trio_srs.hub.inspection import Inspection
from trio_srs.hub.record import Record
from trio_srs.testing.bodies import inter


class Slow(Follower):
    """Takes its time over every record."""

    def __init__(self, feed: Feed, order: list[Follower], clock: MockClock) -> None:
        super().__init__(feed)
        self._order, self._clock = order, clock

    def see(self, records: list[Record]) -> None:
        self._order += [self] * len(records)
        self._clock.jump(0.0001 * len(records))


async def test_followers_catch_up_by_themselves_until_they_are_let_go(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    inspection, stage = Inspection(0.25), Stage()
    nursery.start_soon(inspection.run)
    lease = stage.publish()
    inspector = Inspector(stage.live.feed, "full", published_at=lease.began_at)
    inspection.add(inspector)
    for _ in range(3):
        stage.say(*(inter(0) for _ in range(100)))
        await trio.sleep(0.26)
        assert inspector.behind == 0
    lease.give_back()
    await trio.sleep(1)
    assert len(inspection._followers) == 0


async def test_followers_take_turns_and_others_run_between(autojump_clock: MockClock) -> None:
    inspection, stages = Inspection(0.25), [Stage(), Stage()]
    order: list[Follower] = []
    seen: list[int] = []
    for stage in stages:
        stage.publish()
        inspection.add(Slow(stage.live.feed, order, autojump_clock))
        stage.say(*(inter(0) for _ in range(96)))

    async def others() -> None:
        while len(order) < 192:
            seen.append(len(order))
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await inspection._round()
    # A slice takes longer than the budget, and of two tasks either may be first in a pass.
    assert max(later - sooner for sooner, later in pairwise([*seen, 192])) <= 64
    assert order[:32] == [order[0]] * 32
    assert order[32:64] == [order[32]] * 32
    assert order[0] is not order[32]


async def test_a_round_ends_although_more_keeps_coming(autojump_clock: MockClock) -> None:
    stage = Stage()
    stage.publish()

    class Endless(Follower):
        def see(self, records: list[Record]) -> None:
            stage.say(inter(0), inter(0))  # while it looks

    follower = Endless(stage.live.feed)
    inspection = Inspection(0.25)
    inspection.add(follower)
    stage.say(*(inter(0) for _ in range(64)))
    await inspection._round()
    assert (follower.position, follower.behind) == (64, 4)
