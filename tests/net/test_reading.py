"""The shared reader: real socket pairs, deadlines, and no task for each."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trio
import trio.testing

from trio_srs.net.reading import SharedReader

pytestmark = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")


@contextmanager
def a_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        yield near, far


def collecting(sock: socket.socket, into: list[bytes]) -> Callable[[float], bool]:
    """Reads what there is; over at the end of the stream."""

    def read(now: float) -> bool:
        try:
            data = sock.recv(1000)
        except BlockingIOError:
            return True
        into.append(data)
        return bool(data)

    return read


@pytest.fixture
async def reader(nursery: trio.Nursery) -> SharedReader:
    shared = SharedReader()
    await nursery.start(shared.run)
    return shared


async def test_what_arrives_is_read_until_the_end(reader: SharedReader) -> None:
    got: list[bytes] = []
    with a_pair() as (near, far), trio.fail_after(5):
        far.send(b"one")
        far.shutdown(socket.SHUT_WR)
        await reader.reading(near.fileno(), collecting(near, got))
    assert got == [b"one", b""]


async def test_many_sockets_are_read_by_one_task(reader: SharedReader) -> None:
    pairs = [socket.socketpair() for _ in range(100)]
    got: list[list[bytes]] = [[] for _ in pairs]
    try:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for (near, _), into in zip(pairs, got, strict=True):
                    near.setblocking(False)
                    nursery.start_soon(reader.reading, near.fileno(), collecting(near, into))
                await trio.testing.wait_all_tasks_blocked()
                for number, (_, far) in enumerate(pairs):
                    far.send(b"%d" % number)
                    far.shutdown(socket.SHUT_WR)
    finally:
        for near, far in pairs:
            near.close()
            far.close()
    assert [b"".join(each) for each in got] == [b"%d" % number for number in range(100)]


async def test_an_error_ends_only_the_reading_it_came_from(reader: SharedReader) -> None:
    got: list[bytes] = []

    def broken(now: float) -> bool:
        raise ConnectionResetError("reset")

    with a_pair() as (bad, bad_far), a_pair() as (good, good_far), trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.reading, good.fileno(), collecting(good, got))
            bad_far.send(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.reading(bad.fileno(), broken)
            good_far.send(b"still here")
            good_far.shutdown(socket.SHUT_WR)
    assert got == [b"still here", b""]


async def test_a_reading_that_was_over_can_begin_again(reader: SharedReader) -> None:
    got: list[bytes] = []

    def once(now: float) -> bool:
        got.append(near.recv(1))
        return False

    with a_pair() as (near, far), trio.fail_after(5):
        far.send(b"ab")
        await reader.reading(near.fileno(), once)
        await reader.reading(near.fileno(), once)
    assert got == [b"a", b"b"]


async def test_a_cancelled_reading_reads_no_more(reader: SharedReader) -> None:
    got: list[bytes] = []
    with a_pair() as (near, far), trio.fail_after(5):
        with trio.move_on_after(0):
            await reader.reading(near.fileno(), collecting(near, got))
        far.send(b"late")
        await reader.reading(near.fileno(), lambda _: False)
    assert got == []


async def test_merged_reading_reads_everybody_at_once_and_no_sooner(
    reader: SharedReader,
) -> None:
    got: list[bytes] = []
    with a_pair() as (near, far), trio.fail_after(5):
        far.send(b"a")
        async with trio.open_nursery() as nursery:

            async def read() -> None:
                await reader.reading(near.fileno(), collecting(near, got), every_s=0.1)

            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            assert got == []
            far.send(b"b")
            far.shutdown(socket.SHUT_WR)
    assert got == [b"ab", b""]


async def test_a_bug_in_reading_does_not_end_the_shared_reader(reader: SharedReader) -> None:
    got: list[bytes] = []

    def bug(now: float) -> bool:
        raise KeyError("a bug")

    with a_pair() as (near, far), trio.fail_after(5):
        far.send(b"x")
        with pytest.raises(KeyError):
            await reader.reading(near.fileno(), bug)
        far.shutdown(socket.SHUT_WR)
        await reader.reading(near.fileno(), collecting(near, got))
    assert got == [b"x", b""]


async def test_merged_readings_that_end_together_do_not_disturb_each_other(
    reader: SharedReader,
) -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    with a_pair() as (one, one_far), a_pair() as (two, two_far), trio.fail_after(5):
        one_far.shutdown(socket.SHUT_WR)
        two_far.shutdown(socket.SHUT_WR)

        async def read(sock: socket.socket, into: list[bytes]) -> None:
            await reader.reading(sock.fileno(), collecting(sock, into), every_s=0.05)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read, one, first)
            nursery.start_soon(read, two, second)
    assert (first, second) == ([b""], [b""])
