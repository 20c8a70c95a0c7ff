"""In-memory connections do what a test tells the network to do."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.testing.memory import MemoryListener, MemoryTransport, memory_transport_pair


def receive(end: MemoryTransport, count: int = 100) -> bytes:
    buffer = bytearray(count)
    return bytes(buffer[: end.receive_into(memoryview(buffer))])


async def test_the_ends_know_each_others_addresses() -> None:
    server, client = memory_transport_pair(server="127.0.0.1:1", client="127.0.0.1:2")
    assert (server.local, server.peer) == ("127.0.0.1:1", "127.0.0.1:2")
    assert (client.local, client.peer) == ("127.0.0.1:2", "127.0.0.1:1")
    assert repr(server) == "<MemoryTransport 127.0.0.1:1 -> 127.0.0.1:2>"
    assert server.backlog == 0


async def test_an_offer_takes_what_fits() -> None:
    server, client = memory_transport_pair(capacity=5)
    assert server.offer(b"12345678") == 5
    with pytest.raises(BlockingIOError):
        server.offer(b"678")
    assert client.unread == 5
    assert receive(client, 2) == b"12"
    assert server.offer(b"678") == 2
    assert receive(client) == b"34567"


async def test_each_direction_has_its_own_room() -> None:
    server, client = memory_transport_pair(capacity=5)
    assert server.offer(b"12345678") == 5
    assert client.offer(b"12345678") == 5


async def test_capacity_0_stalls_one_direction_until_it_is_raised() -> None:
    server, client = memory_transport_pair()
    server.capacity = 0
    with pytest.raises(BlockingIOError):
        server.offer(b"1")
    assert client.offer(b"1") == 1
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.send_all, b"123456")
        await wait_all_tasks_blocked()
        assert client.unread == 0
        server.capacity = 4
        assert server.capacity == 4
        await wait_all_tasks_blocked()
        assert client.unread == 4
        assert await client.receive_some() == b"1234"
    assert await client.receive_some() == b"56"


async def test_lowering_the_capacity_below_what_is_on_its_way_blocks() -> None:
    server, client = memory_transport_pair()
    server.offer(b"12345")
    server.capacity = 3
    with pytest.raises(BlockingIOError):
        server.offer(b"6")
    assert receive(client) == b"12345"


async def test_what_is_held_takes_room_and_arrives_when_released() -> None:
    server, client = memory_transport_pair(capacity=10)
    server.offer(b"seen ")
    server.hold()
    assert server.offer(b"held and more") == 5
    with pytest.raises(BlockingIOError):
        server.offer(b"!")
    assert await client.receive_some() == b"seen "
    with pytest.raises(BlockingIOError):
        receive(client)
    server.release()
    assert await client.receive_some() == b"held "


async def test_the_end_is_held_too() -> None:
    server, client = memory_transport_pair()
    server.hold()
    server.shutdown_write()
    with pytest.raises(BlockingIOError):
        receive(client)
    server.release()
    assert await client.receive_some() == b""


async def test_a_reset_destroys_what_was_on_its_way_and_fails_both_directions() -> None:
    server, client = memory_transport_pair()
    server.offer(b"lost")
    server.reset()
    with pytest.raises(ConnectionResetError):
        receive(client)
    with pytest.raises(ConnectionResetError):
        client.offer(b"?")


async def test_closing_with_unread_input_resets() -> None:
    server, client = memory_transport_pair()
    client.offer(b"unread")
    server.offer(b"the refusal that the peer was to read")
    server.close()
    with pytest.raises(ConnectionResetError):
        receive(client)


async def test_closing_with_all_read_lets_the_rest_arrive() -> None:
    server, client = memory_transport_pair()
    client.offer(b"read")
    assert receive(server) == b"read"
    server.offer(b"the rest")
    server.close()
    assert await client.receive_all() == b"the rest"
    with pytest.raises(ConnectionResetError):
        client.offer(b"?")


async def test_a_reset_wakes_the_peer() -> None:
    server, client = memory_transport_pair(capacity=1)
    client.offer(b"1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.readable)
        nursery.start_soon(client.writable)
        await wait_all_tasks_blocked()
        server.reset()


async def test_sending_after_ones_own_end_is_a_broken_pipe() -> None:
    server, _client = memory_transport_pair()
    server.shutdown_write()
    with pytest.raises(BrokenPipeError):
        server.offer(b"too late")


def test_a_waiting_end_is_idle_to_the_clock() -> None:
    async def main() -> float:
        _server, client = memory_transport_pair()
        with trio.move_on_after(60):
            await client.receive_some()
        return trio.current_time()

    clock = MockClock(autojump_threshold=0)
    start = clock.current_time()
    assert trio.run(main, clock=clock) - start == pytest.approx(60)


@given(st.binary(max_size=300), st.integers(1, 50), st.integers(1, 50))
async def test_every_byte_arrives_in_order_whatever_the_room(
    data: bytes, capacity: int, piece: int
) -> None:
    server, client = memory_transport_pair(capacity=capacity)

    async def send() -> None:
        await server.send_all(data)
        server.shutdown_write()

    got = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        while some := await client.receive_some(piece):
            assert len(some) <= piece
            got += some
    assert got == data


async def test_a_listener_hands_each_connection_to_the_handler() -> None:
    async def echo(end: MemoryTransport) -> None:
        await end.send_all(await end.receive_some())
        end.close()

    async with trio.open_nursery() as nursery:
        listener = MemoryListener(
            lambda end: nursery.start_soon(echo, end), address="127.0.0.1:80", capacity=3
        )
        first, second = listener.connect(), listener.connect()
        assert first.peer == second.peer == "127.0.0.1:80"
        assert first.local != second.local
        assert first.offer(b"long") == 3
        await second.send_all(b"two")
        assert await first.receive_all() == b"lon"
        assert await second.receive_all() == b"two"
