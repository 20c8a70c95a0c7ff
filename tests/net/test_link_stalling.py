"""How long a link waits for a peer that takes nothing."""

from __future__ import annotations

import math

import pytest
import trio
from trio.testing import MockClock

from tests.net.ends import Ends
from trio_srs.errors import EndReason
from trio_srs.net.link import PeerStalledError


async def test_a_peer_that_takes_nothing_is_given_up_exactly_when_it_is_due(
    autojump_clock: MockClock,
) -> None:
    ends = Ends(capacity=3, stalled_after=7.0)
    await trio.sleep(100)
    began = trio.current_time()
    ends.link.say(b"hello")
    with pytest.raises(
        PeerStalledError, match=r"^took nothing for 7 s; 2 bytes of what was begun are waiting$"
    ) as caught:
        await ends.link.drained()
    assert trio.current_time() - began == 7.0
    assert caught.value.end is EndReason.PEER_STALLED


@pytest.mark.parametrize(("then_s", "due_s"), [(5.0, 5.0), (2.0, 3.0), (12.0, 12.0)])
async def test_another_patience_holds_for_who_is_waited_for_already(
    autojump_clock: MockClock, then_s: float, due_s: float
) -> None:
    ends = Ends(capacity=3, stalled_after=7.0)
    began = trio.current_time()
    ends.link.say(b"hello")

    async def think_better() -> None:
        await trio.sleep(3)
        ends.link.stalled_after = then_s

    async with trio.open_nursery() as nursery:
        nursery.start_soon(think_better)
        with pytest.raises(PeerStalledError, match=f"took nothing for {then_s:g} s"):
            await ends.link.drained()
        assert trio.current_time() - began == due_s


async def test_one_byte_is_enough_to_start_the_time_again(autojump_clock: MockClock) -> None:
    ends = Ends(capacity=3, stalled_after=7.0)
    began = trio.current_time()
    ends.link.say(b"hello, world")

    async def read_slowly() -> None:
        for _ in range(5):
            await trio.sleep(6)
            assert len(await ends.peer.receive_some(1)) == 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_slowly)
        with pytest.raises(PeerStalledError, match="4 bytes"):
            await ends.link.drained()
        assert trio.current_time() - began == 5 * 6 + 7


async def test_what_is_said_meanwhile_does_not_start_the_time_again(
    autojump_clock: MockClock,
) -> None:
    ends = Ends(capacity=1, stalled_after=7.0)
    began = trio.current_time()
    ends.link.say(b"hello")

    async def say_more() -> None:
        while True:
            await trio.sleep(1)
            ends.link.say(b"!")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(say_more)
        with pytest.raises(PeerStalledError):
            await ends.link.drained()
        nursery.cancel_scope.cancel()
    assert trio.current_time() - began == 7


async def test_time_in_which_nothing_was_owed_does_not_count(autojump_clock: MockClock) -> None:
    ends = Ends(capacity=5, stalled_after=7.0)
    ends.link.say(b"12345678")
    await ends.peer.receive_some()
    await ends.link.drained()
    await trio.sleep(100)
    began = trio.current_time()
    ends.link.say(b"12345678")
    with pytest.raises(PeerStalledError):
        await ends.link.drained()
    assert trio.current_time() - began == 7


async def test_a_peer_may_take_for_ever_if_so_configured(autojump_clock: MockClock) -> None:
    ends = Ends(capacity=3, stalled_after=math.inf)
    ends.link.say(b"hello")

    async def read() -> None:
        await trio.sleep(80_000)
        await ends.peer.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await ends.link.drained()


async def test_a_drain_that_is_cancelled_may_be_taken_up_again() -> None:
    ends = Ends(capacity=3)
    ends.link.say(b"hello")
    with trio.move_on_after(0.001) as scope:
        await ends.link.drained()
    assert scope.cancelled_caught
    assert ends.link.owed == 2
    heard = ends.arrived()
    await ends.link.drained()
    assert heard + ends.arrived() == b"hello"


async def test_who_is_told_when_there_is_room_pays_without_waiting_and_gives_up_by_the_clock(
    autojump_clock: MockClock,
) -> None:
    ends = Ends(capacity=3, stalled_after=7.0)
    ends.link.say(b"hello")
    assert not ends.link.pay()
    await trio.sleep(6)
    assert len(await ends.peer.receive_some(1)) == 1
    assert not ends.link.pay()
    ends.link.check_stalled(trio.current_time() + 6.9)
    assert ends.link.stalls_at == trio.current_time() + 7
    with pytest.raises(PeerStalledError, match=r"^took nothing for 7 s; 1 bytes of what was begun"):
        ends.link.check_stalled(ends.link.stalls_at)
    assert len(await ends.peer.receive_some(3)) == 3
    assert ends.link.pay()
    ends.link.check_stalled(math.inf)  # nothing is owed
