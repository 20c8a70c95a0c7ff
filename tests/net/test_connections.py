"""What one service serves: room for so many, and an end for all of them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.net.connections import SPARE, Connections


@attrs.define(eq=False)
class Patient:
    """Goes on until it may go, or is cut."""

    may_go: trio.Event = attrs.field(factory=trio.Event)
    was_cut: bool = False

    async def run(self) -> None:
        await self.may_go.wait()

    def cut(self) -> None:
        self.was_cut = True
        self.may_go.set()


@asynccontextmanager
async def serving(most: int, **how: Any) -> AsyncIterator[Connections[Patient]]:
    connections: Connections[Patient] = Connections(most, **how)
    async with connections.serving() as nursery:
        yield connections
        nursery.cancel_scope.cancel()


def take_in(connections: Connections[Patient]) -> bool:
    """Whether one more is let in; if so, it stays open."""
    ours, theirs = socket.socketpair()
    with theirs:
        has_room = connections.take_in(ours)
        assert (ours.fileno() >= 0) == has_room, "it is closed if and only if there is no room"
        ours.close()
    return has_room


def fill(connections: Connections[Patient], count: int) -> list[Patient]:
    made = [Patient() for _ in range(count)]
    for each in made:
        connections.begin(each)
    return made


async def test_some_more_than_the_limit_are_let_in_and_no_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(2, called="a guest") as connections:
        fill(connections, 2 + SPARE - 1)
        assert take_in(connections)
        [last] = fill(connections, 1)
        assert not take_in(connections)
        assert caplog.messages == ["closed a guest unheard: more than 2"]
        last.may_go.set()
        await wait_all_tasks_blocked()
        assert take_in(connections)


async def test_a_limit_that_was_raised_holds_at_once() -> None:
    async with serving(1) as connections:
        fill(connections, 1 + SPARE)
        assert not take_in(connections)
        connections.most = 2
        assert take_in(connections)


async def test_those_that_are_only_closing_make_room_the_oldest_first() -> None:
    async with serving(1) as connections:
        made = fill(connections, 1 + SPARE)
        for each in made[5:7]:
            connections.is_closing(each)
        assert take_in(connections)
        assert [each for each in made if each.was_cut] == [made[5]]
        fill(connections, 1)
        await wait_all_tasks_blocked()  # it has gone
        assert take_in(connections)
        assert [each for each in made if each.was_cut] == made[5:7]


async def test_who_has_closed_by_itself_is_not_cut_for_room() -> None:
    async with serving(1) as connections:
        made = fill(connections, 1 + SPARE)
        connections.is_closing(made[0])
        made[0].may_go.set()
        await wait_all_tasks_blocked()
        fill(connections, 1)
        assert not take_in(connections)
        assert not any(each.was_cut for each in made)


async def test_who_asks_for_nothing_makes_room_but_not_once_it_asks() -> None:
    async with serving(1) as connections:
        made = fill(connections, 1 + SPARE)
        for each in made[5:8]:
            connections.is_idle(each, idle=True)
        connections.is_idle(made[5], idle=False)
        connections.is_idle(made[0], idle=False)
        assert take_in(connections)
        assert [each for each in made if each.was_cut] == [made[6]]


async def test_others_take_room_and_are_waited_for() -> None:
    others = ["somebody"] * SPARE
    async with serving(1, others=others) as connections:
        assert take_in(connections)
        [one] = fill(connections, 1)
        assert not take_in(connections)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connections.over)
            one.may_go.set()
            await wait_all_tasks_blocked()
            assert len(nursery.child_tasks) == 1
            others.clear()
            connections.check_empty()
        assert len(connections) == 0


async def test_an_end_waits_for_its_grace_and_then_cuts(autojump_clock: MockClock) -> None:
    async with serving(5) as connections:
        await connections.end(5.0)
        assert trio.current_time() == 0  # nobody is there
        polite, stubborn = fill(connections, 2)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connections.end, 5.0)
            await trio.sleep(1)
            polite.may_go.set()
        assert trio.current_time() == 5
        assert (polite.was_cut, stubborn.was_cut) == (False, True)
        await connections.over()


async def test_what_ends_with_them_may_still_begin_one() -> None:
    """Waiting for pending peers, when cancelled, makes connections of them, to tell them."""
    connections: Connections[Patient] = Connections(5)

    async def pending() -> None:
        try:
            await trio.sleep_forever()
        finally:
            fill(connections, 1)

    async with connections.serving() as nursery:
        nursery.start_soon(pending)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert len(connections) == 0
    with pytest.raises(AssertionError):
        fill(connections, 1)
