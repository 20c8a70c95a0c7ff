"""The shared reader while it is busy: what nobody waits for is read all together."""

from __future__ import annotations

import socket

import pytest
import trio
import trio.testing

from tests.net.readers import a_pair, collecting, raised
from trio_srs.net.read_source import After
from trio_srs.net.shared_reader import REST_S, SharedReader

pytestmark = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")


async def test_what_nobody_waits_for_is_read_together_until_it_comes_seldom(
    autojump_clock: trio.testing.MockClock, reader: SharedReader
) -> None:
    got: list[tuple[float, bytes]] = []

    with a_pair() as (near, far):

        def read(now: float) -> After:
            try:
                got.append((now, near.recv(100)))
            except BlockingIOError:
                return After.WAIT
            return After.UNHURRIED

        reader.watch(near.fileno(), read, raised)
        for _ in range(12):
            far.send(b"x")
            await trio.testing.wait_all_tasks_blocked()
            await trio.sleep(REST_S / 4)
        assert [data for _, data in got[:2]] == [b"x", b"x"], "as it comes, until it is often"
        assert min(len(data) for _, data in got[2:]) >= 3, "about four at a time"
        await trio.sleep(3 * REST_S)  # nothing: it is waited for again
        seen = len(got)
        far.send(b"y")
        await trio.testing.wait_all_tasks_blocked()
        assert got[seen:] == [(trio.current_time(), b"y")]
        reader.unwatch(near.fileno())


async def test_who_brings_much_rests_no_more(
    autojump_clock: trio.testing.MockClock, reader: SharedReader
) -> None:
    got: list[tuple[float, int]] = []

    with a_pair() as (near, far):

        def read(now: float) -> After:
            try:
                got.append((now, len(near.recv(10))))
            except BlockingIOError:
                return After.WAIT
            return After.UNHURRIED if got[-1][1] < 10 else After.AGAIN

        async def say(data: bytes) -> tuple[float, int]:
            far.send(data)
            await trio.testing.wait_all_tasks_blocked()
            return got[-1]

        reader.watch(near.fileno(), read, raised)
        for _ in range(3):
            await say(b"x")
        assert [size for _, size in got] == [1, 1], "it rests"
        await say(bytes(30))
        await trio.sleep(1.5 * REST_S)
        assert [size for _, size in got[2:]] == [10, 10, 10, 1], "all that it has, once it is due"
        assert await say(b"y") == (trio.current_time(), 1), "as it comes"
        reader.unwatch(near.fileno())


async def test_a_peer_that_nobody_waits_for_is_heard_at_once_when_it_closes(
    autojump_clock: trio.testing.MockClock, reader: SharedReader
) -> None:
    ended_at: list[float] = []
    with a_pair() as (near, far):

        def read(now: float) -> After:
            if near.recv(100):
                return After.UNHURRIED
            ended_at.append(now)
            return After.OVER

        reader.watch(near.fileno(), read, raised)
        for _ in range(2):
            far.send(b"x")
            await trio.testing.wait_all_tasks_blocked()
        far.send(b"last")
        far.shutdown(socket.SHUT_WR)
        await trio.testing.wait_all_tasks_blocked()
        assert ended_at == [trio.current_time()]
        assert reader._next_due() == float("inf"), "nobody is left who rests"


async def test_reading_is_busy_when_it_takes_much_of_the_time() -> None:
    shared = SharedReader(work_clock=lambda: 2.0)
    assert not shared.is_busy
    for number in range(200):
        shared._load.add(number * 0.01, number * 0.01 + 0.005)
    async with trio.open_nursery() as nursery:
        await nursery.start(shared.run)
        with a_pair() as (near, far), trio.fail_after(5):
            far.shutdown(socket.SHUT_WR)
            await shared.reading(near.fileno(), collecting(near, []))
        nursery.cancel_scope.cancel()
    assert shared.is_busy
