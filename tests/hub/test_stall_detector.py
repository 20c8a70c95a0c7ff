"""A silence is found exactly when it is long enough, by one timer for all."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from tests.hub.stage import Stage
from trio_srs.hub.stall_detector import StallDetector, StallWatch
from trio_srs.testing.bodies import inter


class Watched:
    """A publisher that is watched over, and when it was found silent."""

    def __init__(self, stalls: StallDetector, after_s: float = 2.0) -> None:
        self.stage = Stage()
        self.found: list[tuple[float, float]] = []
        self.watch = StallWatch(self.stage.publish(), after_s, self._found)
        stalls.watch(self.watch)

    def _found(self, since: float) -> None:
        self.found.append((trio.current_time(), since))

    async def say_every(self, interval_s: float, times: int) -> None:
        for _ in range(times):
            await trio.sleep(interval_s)
            self.stage.say(inter(0))


async def test_a_publisher_is_silent_so_long_after_it_was_last_heard(
    autojump_clock: MockClock,
    nursery: trio.Nursery,
) -> None:
    stalls, began = StallDetector(), trio.current_time()
    nursery.start_soon(stalls.run)
    watched = Watched(stalls)
    await watched.say_every(1.3, 10)
    assert watched.found == []
    await trio.sleep(1.99)
    assert watched.found == []
    await trio.sleep(10)
    [(at, since)] = watched.found
    assert since - began == pytest.approx(13.0)
    assert at - since == pytest.approx(2.0)


async def test_one_that_never_says_anything_is_silent_since_it_began(
    autojump_clock: MockClock,
    nursery: trio.Nursery,
) -> None:
    stalls, began = StallDetector(), trio.current_time()
    nursery.start_soon(stalls.run)
    watched = Watched(stalls)
    await trio.sleep(3)
    assert watched.found == [(began + 2.0, began)]


async def test_after_a_silence_it_is_watched_again_when_told(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    stalls = StallDetector()
    nursery.start_soon(stalls.run)
    watched = Watched(stalls)
    await trio.sleep(5)
    watched.stage.say(inter(0))
    await trio.sleep(5)
    assert len(watched.found) == 1
    stalls.watch(watched.watch)
    await trio.sleep(1)
    assert len(watched.found) == 2


async def test_one_that_has_ended_is_not_silent(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    stalls = StallDetector()
    nursery.start_soon(stalls.run)
    watched = Watched(stalls)
    await trio.sleep(1)
    watched.watch.end()
    stalls.watch(watched.watch)
    await trio.sleep(5)
    assert watched.found == []


async def test_each_has_its_own_patience(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    stalls, began = StallDetector(), trio.current_time()
    slow = Watched(stalls, 5.0)  # also before it runs
    nursery.start_soon(stalls.run)
    await trio.sleep(0.5)
    quick = Watched(stalls, 1.0)
    await trio.sleep(10)
    assert [at - began for at, _ in (*quick.found, *slow.found)] == pytest.approx([1.5, 5.0])


async def test_a_publisher_is_looked_at_once_in_its_time(
    autojump_clock: MockClock, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalls, looks = StallDetector(), []
    check = stalls._check

    def look(now: float) -> None:
        looks.append(now)
        check(now)

    monkeypatch.setattr(stalls, "_check", look)
    nursery.start_soon(stalls.run)
    watched = Watched(stalls, 2.0)
    await watched.say_every(0.02, 500)
    assert len(looks) <= 6
