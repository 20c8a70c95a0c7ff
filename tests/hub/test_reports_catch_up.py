"""Inspection: those who look catch up in turn, and let others run."""

from __future__ import annotations

from itertools import pairwise

import trio
from trio.testing import MockClock

from tests.hub.stage import Stage
from trio_srs.hub.cursor import Begin
from trio_srs.hub.inspector import Inspector
from trio_srs.hub.policy import Block
from trio_srs.hub.reports import CatchUpRounds
from trio_srs.testing.bodies import inter, key


class Slow:
    """Takes its time over every record."""

    def __init__(self, stage: Stage, order: list[Slow], clock: MockClock) -> None:
        self.cursor = stage.live.feed.cursor(Block(self.catch_up), Begin.NOW)
        self._order, self._clock = order, clock

    def catch_up(self, most: int | None = None) -> None:
        assert most is not None
        records = self.cursor.take(most)
        self._order += [self] * len(records)
        self._clock.jump(0.0001 * len(records))


async def test_they_catch_up_by_themselves_until_the_publish_is_over(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    rounds, stage = CatchUpRounds(0.25), Stage()
    nursery.start_soon(rounds.run)
    lease = stage.publish()
    inspector = Inspector(stage.live.feed, "full", published_at=lease.began_at)
    rounds.add(inspector)
    for _ in range(3):
        stage.say(*(inter(0) for _ in range(100)))
        await trio.sleep(0.26)
        assert inspector.cursor.behind == 0
    lease.give_back()
    await trio.sleep(1)
    assert len(rounds._looking) == 0


async def test_not_all_catch_up_at_once(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    rounds, stages = CatchUpRounds(0.5), [Stage() for _ in range(20)]
    nursery.start_soon(rounds.run)
    for stage in stages:
        lease = stage.publish(gop_cache=None)
        rounds.add(Inspector(stage.live.feed, "headers", published_at=lease.began_at))
        stage.say(key(0), *(inter(40 * at) for at in range(1, 30)))
    await trio.sleep(0.26)
    assert sorted(len(stage.live.feed.log) for stage in stages) == [1] * 10 + [30] * 10
    await trio.sleep(0.25)
    assert all(len(stage.live.feed.log) == 1 for stage in stages)  # the newest picture may go on


async def test_who_may_join_in_what_was_seen_finds_it(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    rounds, stage = CatchUpRounds(0.5), Stage()
    nursery.start_soon(rounds.run)
    lease = stage.publish()
    rounds.add(Inspector(stage.live.feed, "headers", published_at=lease.began_at))
    stage.say(*(inter(40 * at) for at in range(30)), key(1200), inter(1240))
    await trio.sleep(0.6)
    assert len(stage.live.feed.log) == 2


async def test_they_take_turns_and_others_run_between(autojump_clock: MockClock) -> None:
    rounds, stages = CatchUpRounds(0.25), [Stage(), Stage()]
    order: list[Slow] = []
    seen: list[int] = []
    for stage in stages:
        stage.publish()
        rounds.add(Slow(stage, order, autojump_clock))
        stage.say(*(inter(0) for _ in range(96)))

    async def others() -> None:
        while len(order) < 192:
            seen.append(len(order))
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await rounds._turn(2)
    # A slice takes longer than the budget, and of two tasks either may be first in a pass.
    assert max(later - sooner for sooner, later in pairwise([*seen, 192])) <= 64
    assert order[:32] == [order[0]] * 32
    assert order[32:64] == [order[32]] * 32
    assert order[0] is not order[32]


async def test_a_round_ends_although_more_keeps_coming(autojump_clock: MockClock) -> None:
    stage = Stage()
    stage.publish()

    class Endless:
        def __init__(self) -> None:
            self.cursor = stage.live.feed.cursor(Block(self.catch_up), Begin.NOW)

        def catch_up(self, most: int | None = None) -> None:
            assert most is not None
            if self.cursor.take(most):
                stage.say(inter(0), inter(0))  # while it looks

    endless = Endless()
    rounds = CatchUpRounds(0.25)
    rounds.add(endless)
    stage.say(*(inter(0) for _ in range(64)))
    await rounds._turn(1)
    assert (endless.cursor.position, endless.cursor.behind) == (64, 4)
