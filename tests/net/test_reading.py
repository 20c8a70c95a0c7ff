"""Reading what is no plain socket, or where there is no shared reader: it is waited for here."""

from __future__ import annotations

import socket

import pytest
import trio
from trio.testing import MockClock

from trio_srs.net.read_source import After, Read
from trio_srs.net.reading import read_from
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.tcp import SocketTransport
from trio_srs.net.transport import Transport
from trio_srs.testing.memory import memory_transport_pair


def collecting(
    transport: Transport, into: list[tuple[float, bytes]], *, most: int = 100, note_nothing: bool
) -> Read:
    """Reads as much as it may; over at the end of the stream."""
    buffer = bytearray(most)

    def read(now: float) -> After:
        try:
            count = transport.receive_into(memoryview(buffer))
        except BlockingIOError:
            if note_nothing:
                into.append((now, b"-"))
            return After.WAIT
        into.append((now, bytes(buffer[:count])))
        return After.OVER if not count else After.AGAIN if count == most else After.WAIT

    return read


async def test_it_is_read_when_it_has_something_until_the_end(autojump_clock: MockClock) -> None:
    near, far = memory_transport_pair()
    got: list[tuple[float, bytes]] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_from, near, None, collecting(near, got, note_nothing=True))
        await trio.sleep(3)
        far.offer(b"one")
        await trio.sleep(4)
        far.offer(b"two")
        far.shutdown_write()
    assert got == [(3.0, b"one"), (7.0, b"two"), (7.0, b"")]


async def test_who_brings_much_lets_others_have_a_turn_between(autojump_clock: MockClock) -> None:
    turns: list[str] = []

    def noting(name: str, read: Read) -> Read:
        def note(now: float) -> After:
            turns.append(name)
            return read(now)

        return note

    async with trio.open_nursery() as nursery:
        for name in "ab":
            near, far = memory_transport_pair()
            far.offer(bytes(1000))
            far.shutdown_write()
            read = noting(name, collecting(near, [], note_nothing=True))
            nursery.start_soon(read_from, near, None, read)
    assert len(turns) == 2 * (1000 // 100 + 1)
    assert all(set(pair) == {"a", "b"} for pair in zip(turns[::2], turns[1::2], strict=True))


async def test_it_rests_between_reads_if_it_is_to(autojump_clock: MockClock) -> None:
    near, far = memory_transport_pair()
    got: list[tuple[float, bytes]] = []
    read = collecting(near, got, most=4, note_nothing=False)

    async def say() -> None:
        for number in range(4):
            far.offer(b"%d%d%d%d" % (4 * (number,)))
            await trio.sleep(1)
        far.shutdown_write()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(say)
        with trio.move_on_after(10):
            await read_from(near, None, read, every_s=2.5)
    assert got == [(2.5, b"0000"), (2.5, b"1111"), (2.5, b"2222"), (5.0, b"3333"), (5.0, b"")]


async def test_it_may_be_read_at_once_whatever_it_has() -> None:
    near, _far = memory_transport_pair()
    got: list[tuple[float, bytes]] = []

    def once(now: float) -> After:
        got.append((0.0, b"asked"))
        return After.OVER

    await read_from(near, None, once, at_once=True)
    assert got == [(0.0, b"asked")]


async def test_one_that_cannot_say_all_is_called_when_there_is_room(
    autojump_clock: MockClock,
) -> None:
    near, far = memory_transport_pair(capacity=3)
    left = [b"one", b"two"]
    said_at: list[float] = []

    def read(now: float) -> After:
        if not left:
            return After.OVER
        near.offer(left.pop())
        said_at.append(now)
        return After.DRAIN

    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: read_from(near, None, read, at_once=True))
        await trio.sleep(3)
        assert await far.receive_some(3) == b"two"
        await trio.sleep(4)
        assert await far.receive_some(3) == b"one"
    assert said_at == [0.0, 3.0]


async def test_an_error_is_raised_in_who_waits() -> None:
    near, far = memory_transport_pair()
    far.reset()
    with pytest.raises(ConnectionResetError):
        await read_from(near, None, collecting(near, [], note_nothing=True))


class Noting(SharedReader):
    """Notes what it is to read, and how."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, float, bool, bool]] = []

    async def reading(
        self,
        fileno: int,
        read: Read,
        *,
        every_s: float = 0.0,
        at_once: bool = False,
        is_live: bool = False,
    ) -> None:
        await trio.lowlevel.checkpoint()
        self.asked.append((fileno, every_s, at_once, is_live))


def over(now: float) -> After:
    """Reads nothing."""
    return After.OVER


async def test_only_plain_sockets_are_for_the_shared_reader() -> None:
    reader = Noting()
    memory, _far = memory_transport_pair()
    sock, far = socket.socketpair()
    with sock, far:
        near = SocketTransport(sock)
        await read_from(near, reader, over, every_s=2.0, at_once=True, is_live=True)
        assert reader.asked == [(sock.fileno(), 2.0, True, True)]
        await read_from(memory, reader, over, at_once=True)
        assert len(reader.asked) == 1
