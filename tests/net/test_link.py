"""Links: what arrives is heard, and what is said goes out whole and in order."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.net.ends import Ends, Talk
from tests.net.files import OpenBytes
from trio_srs.errors import EndReason, ProtocolError
from trio_srs.net.link import Link, PeerGoneError
from trio_srs.session.file_slice import FileSlice
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair

# -------------------------------------------------------------------- receiving


async def test_what_arrives_is_fed_to_the_session_with_the_time(autojump_clock: MockClock) -> None:
    ends = Ends()
    await trio.sleep(2)
    ends.peer.offer(b"hello")
    assert await ends.link.receive()
    assert ends.link.session.heard == [(b"hello", trio.current_time())]
    assert ends.link.bytes_in == 5


async def test_no_more_is_received_than_the_buffer_holds() -> None:
    ends = Ends()
    ends.peer.offer(bytes(5000))
    assert await ends.link.receive()
    assert await ends.link.receive()
    assert [len(data) for data, _ in ends.link.session.heard] == [4096, 904]
    assert ends.link.bytes_in == 5000


async def test_the_end_of_the_stream_is_no_error() -> None:
    ends = Ends()
    ends.peer.offer(b"last words")
    ends.peer.shutdown_write()
    assert await ends.link.receive()
    assert not await ends.link.receive()
    assert len(ends.link.session.heard) == 1


async def test_a_reset_is_a_peer_that_has_gone() -> None:
    ends = Ends()
    ends.peer.reset()
    with pytest.raises(PeerGoneError, match="the peer reset the connection") as caught:
        await ends.link.receive()
    assert caught.value.end is EndReason.PEER_RST


async def test_another_session_hears_and_says_what_comes_once_it_is_handed_to_that() -> None:
    ends, other = Ends(), Talk()
    ends.link.hand_to(other)
    await ends.peer.send_all(b"hello")
    await ends.link.receive()
    other.queued += b"hi"
    ends.link.flush()
    assert [data for data, _ in other.heard] == [b"hello"]
    assert await ends.peer.receive_some() == b"hi"


async def test_what_the_session_cannot_make_sense_of_is_the_peers_fault() -> None:
    ends = Ends()
    ends.link.session.refuses = True
    ends.peer.offer(b"garbage")
    with pytest.raises(ProtocolError, match="not what was expected"):
        await ends.link.receive()


# ---------------------------------------------------------------------- sending


async def test_what_is_said_goes_out_at_once() -> None:
    ends = Ends()
    ends.link.say(b"one ")
    ends.link.session.queued += b"two"
    ends.link.flush()
    ends.link.flush()
    assert ends.arrived() == b"one two"
    assert ends.link.bytes_said == 7
    assert not ends.link.busy
    assert ends.work == 0


async def test_what_is_not_taken_is_owed_and_later_words_go_behind_it() -> None:
    ends = Ends(capacity=4)
    ends.link.say(b"one ")
    assert not ends.link.busy
    ends.link.say(b"two ")
    assert (ends.link.busy, ends.link.owed, ends.work) == (True, 4, 1)
    ends.link.say(b"three")
    assert (ends.link.owed, ends.work) == (9, 1)
    assert ends.link.bytes_said == 13
    heard = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.drained)
        while len(heard) < 13:
            heard += await ends.peer.receive_some()
    assert heard == b"one two three"
    assert (ends.link.busy, ends.link.owed) == (False, 0)


async def test_what_is_owed_of_a_message_goes_out_before_anything_else() -> None:
    ends = Ends(capacity=6)
    taken = ends.link.offer(b"message")
    ends.link.owe((memoryview(b"message")[taken:],))
    ends.link.say(b"!")
    assert ends.work == 1
    assert ends.arrived() == b"message"[:6]
    await ends.link.drained()
    assert ends.arrived() == b"e!"


async def test_a_link_may_owe_nothing_and_yet_be_busy() -> None:
    """A reader's next message was not taken at all: it is still in the log."""
    ends = Ends(capacity=1)
    ends.link.say(b"!")
    ends.link.owe(())
    assert (ends.link.busy, ends.link.owed) == (True, 0)
    assert ends.arrived() == b"!"
    await ends.link.drained()
    assert not ends.link.busy


async def test_a_link_that_owes_nothing_is_drained() -> None:
    await Ends().link.drained()


async def test_somebody_may_be_woken_without_anything_being_owed() -> None:
    ends = Ends()
    ends.link.wake()
    assert ends.work == 1
    assert not ends.link.busy


async def test_a_broken_connection_is_noticed_by_who_drains_it() -> None:
    ends = Ends()
    ends.peer.reset()
    ends.link.say(b"hello?")
    assert ends.link.busy
    assert ends.work == 1
    ends.link.say(b"anybody?")
    with pytest.raises(PeerGoneError, match="the peer is gone") as caught:
        await ends.link.drained()
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_pieces_are_said_in_order_and_counted_and_the_rest_of_them_is_owed() -> None:
    ends = Ends(capacity=6)
    ends.link.say_all([b"ab", b"cd"])
    assert (ends.link.busy, ends.link.bytes_said) == (False, 4)
    ends.link.say_all([b"e", b"fgh", b"ij"])
    assert (ends.link.busy, ends.link.owed, ends.work) == (True, 4, 1)
    ends.link.say_all([b"kl"])
    assert ends.arrived() == b"abcdef"
    await ends.link.drained()
    assert ends.arrived() == b"ghijkl"
    full = Ends(capacity=1)
    full.link.say(b"a")
    full.link.say_all([b"b", b"c"])
    assert full.link.owed == 2
    ends.peer.reset()
    ends.link.say_all([b"x"])
    with pytest.raises(PeerGoneError, match="the peer is gone"):
        await ends.link.drained()


async def test_what_is_owed_of_a_file_is_read_when_there_is_room() -> None:
    ends = Ends(capacity=6)
    with OpenBytes(b"0123456789abcdef") as file:
        ends.link.say_all([b"head", FileSlice(file, 1, 14)])
        assert (ends.link.busy, ends.link.owed, ends.link.bytes_said) == (True, 11, 17)
        got = ends.arrived()
        ends.near.capacity = 100
        await ends.link.drained()
        assert got + ends.arrived() == b"head" + b"123456789abcd"


async def test_a_connection_that_breaks_while_something_is_owed_is_noticed() -> None:
    ends = Ends(capacity=3)
    ends.link.say(b"hello")
    ends.peer.reset()
    with pytest.raises(PeerGoneError, match="the peer is gone"):
        await ends.link.drained()


async def test_an_error_without_text_is_told_all_the_same() -> None:
    ends = Ends()
    ends.link.broke(OSError("in words"))
    with pytest.raises(PeerGoneError, match="in words"):
        await ends.link.drained()


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=12), st.integers(1, 20), st.data())
async def test_every_byte_arrives_in_order_whatever_is_taken(
    words: list[bytes], capacity: int, data: st.DataObject
) -> None:
    ends = Ends(capacity=capacity)
    heard = b""
    for word in words:
        if not ends.link.busy and data.draw(st.booleans()):
            taken = 0
            with suppress(BlockingIOError):
                taken = ends.link.offer(word)
            if taken < len(word):
                ends.link.owe((memoryview(word)[taken:],))
        elif data.draw(st.booleans()):
            ends.link.say_all((word[:1], memoryview(word)[1:]))
        else:
            ends.link.say(word)
        if ends.peer.unread and data.draw(st.booleans()):
            heard += ends.arrived()
            if ends.link.owed <= capacity:
                await ends.link.drained()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.link.drained)
        while len(heard) < len(b"".join(words)):
            heard += await ends.peer.receive_some()
    assert heard == b"".join(words)
    assert not ends.link.busy


# ----------------------------------------------------------------------- memory


async def test_a_session_that_is_over_leaves_no_cycle(autojump_clock: MockClock) -> None:
    async def session(broken: bool) -> None:
        near, peer = memory_transport_pair()
        owner: dict[str, Any] = {}

        def work() -> None:
            assert owner

        owner["link"] = link = Link(
            near, Talk(), buffer=memoryview(bytearray(100)), stalled_after=5.0, on_work=work
        )
        if broken:
            peer.reset()
        link.say(b"hello")
        await link.close(1.0)

    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await session(broken=False)
        await session(broken=True)
        gc.collect()
        assert [it for it in gc.garbage if isinstance(it, Link | MemoryTransport)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
