"""Closing a link: the last words are heard in bounds, or the connection is reset."""

from __future__ import annotations

from contextlib import suppress

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.net.ends import Ends
from trio_srs.net.link import PeerStalledError


async def test_closing_lets_the_peer_read_our_last_words(autojump_clock: MockClock) -> None:
    """Also one that was sending all the while: a plain close would destroy them."""
    ends = Ends()
    ends.peer.offer(b"sent before it knew")
    ends.link.session.queued += b"you are refused"
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.close, 5.0)
        await wait_all_tasks_blocked()
        ends.peer.offer(b"and sent after")
        assert await ends.peer.receive_all() == b"you are refused"
        await trio.sleep(1)
        ends.peer.close()
    assert trio.current_time() - began == 1
    with pytest.raises(OSError, match="this end of the connection was closed"):
        ends.near.offer(b"more")


async def test_a_peer_that_does_not_close_is_waited_for_in_bounds(
    autojump_clock: MockClock,
) -> None:
    ends = Ends()
    ends.link.session.queued += b"goodbye"
    began = trio.current_time()
    await ends.link.close(5.0)
    assert trio.current_time() - began == 5
    assert await ends.peer.receive_all() == b"goodbye"


async def test_a_peer_that_goes_on_sending_is_read_in_bounds(autojump_clock: MockClock) -> None:
    ends = Ends()
    sent = 0

    async def flood() -> None:
        nonlocal sent
        with suppress(ConnectionResetError):
            while True:
                await ends.peer.send_all(bytes(4096))
                sent += 4096

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(flood)
        await ends.link.close(5.0)
        assert trio.current_time() == began
    assert 2**20 <= sent <= 2**20 + 2 * 65_536


async def test_a_peer_that_never_reads_is_reset(autojump_clock: MockClock) -> None:
    ends = Ends(capacity=3, stalled_after=60.0)
    ends.link.say(b"hello")
    began = trio.current_time()
    await ends.link.close(5.0)
    assert trio.current_time() - began == 5
    with pytest.raises(ConnectionResetError):
        ends.arrived()


async def test_a_peer_that_has_stalled_is_not_waited_for_once_more(
    autojump_clock: MockClock,
) -> None:
    ends = Ends(capacity=3, stalled_after=7.0)
    ends.link.say(b"hello")
    with pytest.raises(PeerStalledError):
        await ends.link.drained()
    began = trio.current_time()
    await ends.link.close(5.0)
    assert trio.current_time() == began
    with pytest.raises(ConnectionResetError):
        ends.arrived()


async def test_a_peer_that_is_gone_is_not_waited_for(autojump_clock: MockClock) -> None:
    ends = Ends()
    ends.peer.reset()
    ends.link.session.queued += b"goodbye"
    began = trio.current_time()
    await ends.link.close(5.0)
    assert trio.current_time() == began


async def test_a_peer_that_goes_while_we_listen_is_not_waited_for(
    autojump_clock: MockClock,
) -> None:
    ends = Ends()
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.close, 5.0)
        await trio.sleep(1)
        ends.peer.reset()
    assert trio.current_time() - began == 1


async def test_no_patience_still_says_the_last_words(autojump_clock: MockClock) -> None:
    ends = Ends()
    ends.link.session.queued += b"goodbye"
    await ends.link.close(0.0)
    assert await ends.peer.receive_all() == b"goodbye"


async def test_a_message_that_was_begun_is_finished_before_the_last_words(
    autojump_clock: MockClock,
) -> None:
    ends = Ends(capacity=4)
    taken = ends.link.offer(b"message")
    ends.link.owe((memoryview(b"message")[taken:],))
    ends.link.session.queued += b", goodbye"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.close, 5.0)
        assert await ends.peer.receive_all() == b"message, goodbye"
        ends.peer.close()


@pytest.mark.parametrize("reads", [True, False], ids=["a reader", "nobody"])
async def test_closing_is_not_cut_short_by_a_cancellation_and_yet_bounded(
    reads: bool, autojump_clock: MockClock
) -> None:
    ends = Ends(capacity=4)
    ends.link.say(b"message, ")
    ends.link.session.queued += b"goodbye"
    heard = b""

    async def read() -> None:
        nonlocal heard
        heard = await ends.peer.receive_all()
        ends.peer.close()

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        if reads:
            nursery.start_soon(read)
        with trio.CancelScope() as scope:
            scope.cancel()
            await ends.link.close(5.0)
        assert trio.current_time() - began == (0 if reads else 5)
    if reads:
        assert heard == b"message, goodbye"
    else:
        with pytest.raises(ConnectionResetError):
            ends.arrived()


async def test_a_reset_is_a_reset_and_may_be_repeated() -> None:
    ends = Ends(capacity=3)
    ends.link.say(b"hello")
    ends.link.reset()
    ends.link.reset()
    assert ends.link.owed == 0
    with pytest.raises(ConnectionResetError):
        ends.arrived()


async def test_a_reset_after_a_polite_close_does_no_harm(autojump_clock: MockClock) -> None:
    ends = Ends()
    ends.link.session.queued += b"goodbye"
    await ends.link.close(1.0)
    ends.link.reset()
    assert await ends.peer.receive_all() == b"goodbye"


async def test_a_link_that_is_over_tells_nobody_of_work() -> None:
    ends = Ends()
    ends.link.reset()
    ends.link.say(b"too late")
    ends.link.wake()
    assert ends.work == 0


@given(st.integers(0, 60), st.integers(1, 9), st.integers(0, 40))
def test_wherever_a_write_is_cancelled_the_peer_gets_whole_messages_or_a_reset(
    cancelled_at: int, capacity: int, reads: int
) -> None:
    """The peer reads a little at a time; it may stop, and we may be cancelled at any time."""

    async def main() -> None:
        ends = Ends(capacity=capacity, stalled_after=20.0)
        heard, was_reset = bytearray(), False

        async def read() -> None:
            nonlocal was_reset
            for _ in range(reads):
                await trio.sleep(1)
                try:
                    some = await ends.peer.receive_some(3)
                except ConnectionResetError:
                    was_reset = True
                    return
                if not some:
                    return
                heard.extend(some)
            await trio.sleep(1000)
            try:
                heard.extend(await ends.peer.receive_all())
            except ConnectionResetError:
                was_reset = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            with trio.move_on_after(cancelled_at):
                with suppress(PeerStalledError):
                    for number in range(10):
                        ends.link.say(b"<%d>" % number)
                        await ends.link.drained()
            await ends.link.close(5.0)
        whole = b"".join(b"<%d>" % number for number in range(10))
        assert whole.startswith(heard)
        assert was_reset or len(heard) % 3 == 0

    trio.run(main, clock=MockClock(autojump_threshold=0))
