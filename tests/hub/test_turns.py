"""Long walks in short steps, and many of them at once."""

from __future__ import annotations

import random
import time
from functools import partial

import pytest
import trio

from tests.hub.steps import longest_step
from trio_srs.hub.turns import STEP_MOST, Turns, WouldWaitError

MANY = 10_000


async def test_a_walk_is_made_of_short_steps() -> None:
    turns, visited = Turns(), 0

    def double(item: int) -> int:
        nonlocal visited
        visited += 1
        return 2 * item

    with longest_step(lambda: visited) as longest:
        assert await turns.make(double, range(MANY)) == list(range(0, 2 * MANY, 2))
    assert longest() <= STEP_MOST


async def test_ten_walks_at_once_take_no_more_of_a_pass_than_one() -> None:
    turns, visited = Turns(), 0

    def visit(_: int) -> bool:
        nonlocal visited
        visited += 1
        return True

    with longest_step(lambda: visited, by="pass") as longest:
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(turns.walk, visit, range(MANY // 10))
    assert visited == MANY
    assert longest() <= STEP_MOST


async def test_a_step_of_slow_visits_is_shorter() -> None:
    turns, visited = Turns(), 0

    def slow(_: int) -> None:
        nonlocal visited
        visited += 1
        time.sleep(0.001)

    with longest_step(lambda: visited) as longest:
        await turns.make(slow, range(20))
    assert longest() == 1


async def test_short_steps_share_a_pass_and_long_ones_have_each_their_own() -> None:
    turns, done, passes = Turns(), 0, 0

    class Passes(trio.abc.Instrument):
        def before_io_wait(self, timeout: float) -> None:
            nonlocal passes
            passes += 1

    def short() -> None:
        nonlocal done
        done += 1

    async def many(items: int) -> float:
        nonlocal done, passes
        done = passes = 0
        async with trio.open_nursery() as nursery:
            for _ in range(20 * STEP_MOST):
                nursery.start_soon(partial(turns.step, short, items=items))
        return done / passes

    trio.lowlevel.add_instrument(counting := Passes())
    for _ in range(2):
        assert await many(items=STEP_MOST // 8) <= 8
        assert await many(items=STEP_MOST) <= 1
        assert await many(items=STEP_MOST // 8) > 3
    trio.lowlevel.remove_instrument(counting)


@pytest.mark.parametrize("cancelled", [0, 1, 2, 30])
async def test_who_is_cancelled_gives_the_turn_to_the_next(cancelled: int) -> None:
    turns, done, scopes = Turns(), list[int](), list[trio.CancelScope]()

    async def one(number: int) -> None:
        with trio.CancelScope() as scope:
            scopes.append(scope)
            await turns.step(lambda: done.append(number), items=STEP_MOST)

    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(one, number)
        await trio.lowlevel.checkpoint()
        for scope in scopes[:cancelled]:
            scope.cancel()
    assert len(done) >= 5 - min(cancelled, 4) - (cancelled > 4)
    with trio.fail_after(1):
        for _ in range(3):
            await turns.step(lambda: None, items=STEP_MOST)


async def test_a_walk_ends_when_it_was_enough() -> None:
    visited: list[int] = []

    def visit(item: int) -> bool:
        visited.append(item)
        return item < 5

    await Turns().walk(visit, range(MANY))
    assert visited == list(range(6))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("count", [0, 1, 511, 513, 3000])
async def test_any_number_is_sorted(count: int, reverse: bool) -> None:
    items = [random.Random(7).randrange(100) for _ in range(count)]
    found = list(await Turns().sort(items, lambda item: item, reverse=reverse))
    assert found == sorted(items, reverse=reverse)


async def test_a_visit_that_raises_gives_its_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError):
        await turns.make(lambda item: 1 // item, range(3))
    assert await turns.step(lambda: 1) == 1


async def test_what_fits_into_this_pass_is_done_at_once() -> None:
    turns = Turns()
    assert turns.at_once(lambda: turns.make(str, range(3))) == ["0", "1", "2"]
    with pytest.raises(ZeroDivisionError):
        turns.at_once(lambda: turns.step(lambda: 1 // 0))


@pytest.mark.parametrize("items", [STEP_MOST, 2 * STEP_MOST])
async def test_what_does_not_fit_is_not_done_at_once_and_keeps_no_turn(items: int) -> None:
    turns = Turns()
    with pytest.raises(WouldWaitError):
        turns.at_once(lambda: turns.make(str, range(items)))
    assert len(await turns.make(str, range(items))) == items


async def test_what_waits_for_something_else_is_not_done_at_once() -> None:
    turns = Turns()
    with pytest.raises(WouldWaitError):
        turns.at_once(trio.lowlevel.checkpoint)
    assert turns.at_once(lambda: turns.step(lambda: 1)) == 1
