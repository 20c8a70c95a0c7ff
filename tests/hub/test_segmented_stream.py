"""Who waits for something of a stream in segments is woken when it is there, once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from trio_srs.hub.segmented_stream import SegmentedStream


class Steps(trio.abc.Instrument):
    """Counts the steps of all tasks of a name."""

    def __init__(self) -> None:
        self.count = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += task.name == "waiter"


def stream() -> SegmentedStream:
    presentation: Any = SimpleNamespace(revision=0)
    return SegmentedStream(presentation, "e", 0.0)


def change(live: SegmentedStream) -> None:
    live.presentation.revision += 1  # type: ignore[misc]
    live.tell()


async def test_thousands_that_wait_for_a_part_cost_one_wake_each_and_nothing_before() -> None:
    live, steps, looks, many = stream(), Steps(), 0, 2000

    def is_there() -> bool:
        nonlocal looks
        looks += 1
        return live.presentation.revision == 9

    async with trio.open_nursery() as nursery:
        for _ in range(many):
            nursery.start_soon(live.until, ("video", 1, 2), is_there, name="waiter")
        await wait_all_tasks_blocked()
        trio.lowlevel.add_instrument(steps)
        looks = 0
        for _ in range(8):
            change(live)
            await wait_all_tasks_blocked()
        assert (steps.count, looks) == (0, 8)  # one look for all of them
        change(live)
        await wait_all_tasks_blocked()
        assert steps.count == many
        trio.lowlevel.remove_instrument(steps)


async def test_who_waits_for_what_is_there_does_not_wait() -> None:
    live = stream()
    with trio.testing.assert_no_checkpoints():
        await live.until("a", lambda: True)
        live.give_up()
        await live.until("a", lambda: False)


@pytest.mark.parametrize("is_gone", [True, False])
async def test_what_others_wait_for_is_no_news(is_gone: bool) -> None:
    live, came = stream(), []

    async def wait(what: int) -> None:
        await live.until(what, lambda: live.presentation.revision >= what)
        came.append(what)

    async with trio.open_nursery() as nursery:
        for what in (1, 2):
            nursery.start_soon(wait, what)
        await wait_all_tasks_blocked()
        change(live)
        await wait_all_tasks_blocked()
        assert came == [1]
        if is_gone:
            live.give_up()
        else:
            change(live)
    assert came == [1, 2]
