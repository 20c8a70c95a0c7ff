"""Links over TLS: ciphertext that is held back is owed like anything else."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.net.ends import Ends, Talk
from tests.net.test_tls import client_side, server_side, shake_hands
from trio_srs.net.link import Link, PeerStalledError


async def over_tls(capacity: int, stalled_after: float) -> tuple[Ends, Any]:
    ends = Ends(capacity=65_536)
    server, client = server_side(ends.near), client_side(ends.peer)
    await shake_hands(server, client)
    ends.link = Link(
        server,
        Talk(),
        buffer=memoryview(bytearray(4096)),
        stalled_after=stalled_after,
        on_work=ends.note_work,
    )
    ends.near.capacity = ends.peer.unread + capacity
    return ends, client


async def test_ciphertext_that_is_held_back_makes_a_link_busy(autojump_clock: MockClock) -> None:
    ends, client = await over_tls(capacity=100, stalled_after=7.0)
    ends.link.say(bytes(1000))
    assert (ends.link.busy, ends.link.owed, ends.work) == (True, 0, 1)
    ends.link.say(b"behind it")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.drained)
        heard = b""
        while len(heard) < 1009:
            heard += await receive(client)
    assert heard == bytes(1000) + b"behind it"


async def receive(transport: Any) -> bytes:
    buffer = bytearray(4096)
    while True:
        await transport.readable()
        try:
            return bytes(buffer[: transport.receive_into(memoryview(buffer))])
        except BlockingIOError:
            pass


async def test_half_a_record_is_waited_for_until_it_is_whole() -> None:
    """A transport may say that it is readable, and then find nothing yet."""
    ends, client = await over_tls(capacity=100, stalled_after=7.0)
    ends.peer.capacity = 10
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.receive)
        assert client.offer(bytes(100)) == 100
        while client.backlog:
            await client.writable()
    assert [data for data, _ in ends.link.session.heard] == [bytes(100)]


async def test_ciphertext_that_moves_is_a_peer_that_takes(autojump_clock: MockClock) -> None:
    ends, _ = await over_tls(capacity=100, stalled_after=7.0)
    began = trio.current_time()
    ends.link.say(bytes(1000))

    async def read_slowly() -> None:
        for _ in range(4):
            await trio.sleep(5)
            await ends.peer.receive_some(50)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_slowly)
        with pytest.raises(PeerStalledError, match=r"bytes of what was begun are waiting"):
            await ends.link.drained()
    assert 27 <= trio.current_time() - began <= 34


async def test_goodbye_in_tls_is_said_even_to_a_slow_reader(autojump_clock: MockClock) -> None:
    ends, client = await over_tls(capacity=100, stalled_after=7.0)
    ends.link.session.queued += bytes(1000)

    async def read() -> bytes:
        whole = b""
        while some := await receive(client):
            whole += some
        client.shutdown_write()
        return whole

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.close, 5.0)
        assert await read() == bytes(1000)


async def test_half_a_record_does_not_end_a_polite_close(autojump_clock: MockClock) -> None:
    ends, client = await over_tls(capacity=65_536, stalled_after=7.0)
    ends.peer.capacity = 10
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.close, 5.0)
        assert client.offer(bytes(100)) == 100
        while client.backlog:
            await client.writable()
        await trio.sleep(1)
        ends.peer.reset()
    assert trio.current_time() - began == 1
