"""What a faulty transport lets through, and when."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.net.faulty_transport import FaultyTransport
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair


@pytest.fixture
def ends() -> tuple[FaultyTransport, MemoryTransport]:
    ours, theirs = memory_transport_pair()
    return FaultyTransport(ours), theirs


def received(faulty: FaultyTransport) -> bytes:
    buffer = memoryview(bytearray(64))
    return bytes(buffer[: faulty.receive_into(buffer)])


def test_each_of_several_is_called_at_its_byte_and_none_of_those_behind_is_read_before(
    ends: tuple[FaultyTransport, MemoryTransport],
) -> None:
    faulty, peer = ends
    called: list[str] = []
    faulty.reading.call_after(7, lambda: called.append("seven"))
    faulty.reading.call_after(3, lambda: called.append("three"))
    faulty.reading.call_after(3, lambda: called.append("three again"))
    peer.offer(b"0123456789")
    assert (received(faulty), called) == (b"012", ["three", "three again"])
    faulty.reading.call_after(2, lambda: called.append("five"))
    assert (received(faulty), called[2:]) == (b"34", ["five"])
    assert (received(faulty), called[3:]) == (b"56", ["seven"])
    assert received(faulty) == b"789"


async def test_what_is_shut_is_neither_read_nor_sent_until_it_is_opened(
    ends: tuple[FaultyTransport, MemoryTransport], autojump_clock: MockClock
) -> None:
    faulty, peer = ends
    peer.offer(b"hello")
    for valve in (faulty.reading, faulty.writing):
        valve.shut()
    with pytest.raises(BlockingIOError):
        received(faulty)
    with pytest.raises(BlockingIOError):
        faulty.offer(b"hello")
    with trio.move_on_after(3600) as hour:
        await faulty.readable()
    assert hour.cancelled_caught
    faulty.reading.open()
    await faulty.readable()
    assert received(faulty) == b"hello"


async def test_what_is_limited_goes_through_at_its_rate(
    ends: tuple[FaultyTransport, MemoryTransport], autojump_clock: MockClock
) -> None:
    faulty, peer = ends
    faulty.writing.limit(1000)
    left, began = b"x" * 500, trio.current_time()
    while left:
        await faulty.writable()
        left = left[faulty.offer(left) :]
    assert trio.current_time() - began == pytest.approx(0.5, abs=0.06)
    assert len(await peer.receive_some()) == 500


async def test_who_waits_for_what_is_shut_is_told_of_a_close(
    ends: tuple[FaultyTransport, MemoryTransport],
) -> None:
    faulty, _ = ends
    faulty.reading.shut()

    async def wait() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await faulty.readable()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        faulty.close()
