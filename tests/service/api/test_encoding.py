"""Answers that are large: others go on while they are made."""

from __future__ import annotations

import time
from fractions import Fraction

import trio

from trio_srs.service.api.encoding import aside, encode, gently


async def test_a_long_walk_lets_others_have_their_turn() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    def make(item: int) -> int:
        time.sleep(0.0004)
        return 2 * item

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        assert await gently(make, range(30)) == [2 * item for item in range(30)]
        assert turns >= 5
        nursery.cancel_scope.cancel()


async def test_values_are_encoded_in_a_thread_one_at_a_time() -> None:
    limiter = trio.CapacityLimiter(1)
    value = {"fps": Fraction(30000, 1001), "more": float("inf")}
    answer = await aside(value, limiter)
    assert answer.render(answer.content, "") == encode(value)
    assert encode(value) == b'{"fps":"30000/1001","more":"inf"}'
    await limiter.acquire()  # now it has to wait
    with trio.move_on_after(0.05) as scope:
        await aside(value, limiter)
    assert scope.cancelled_caught
    limiter.release()
