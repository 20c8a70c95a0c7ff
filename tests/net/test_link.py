"""Links: what is said goes out whole and in order, or the connection is reset."""

from __future__ import annotations

import gc
import math
from contextlib import suppress
from typing import Any

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.net.test_tls import client_side, server_side, shake_hands
from trio_srs.errors import EndReason, ProtocolError
from trio_srs.net.link import Link, PeerGoneError, PeerStalledError
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair


@attrs.define(eq=False)
class Talk:
    """A session that says what it is told to, and notes what it hears."""

    heard: list[tuple[bytes, float]] = attrs.field(factory=list)
    queued: bytearray = attrs.field(factory=bytearray)
    refuses: bool = False

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        if self.refuses:
            raise ProtocolError("byte 0: not what was expected")
        self.heard.append((bytes(data), now))

    def keep(self) -> None:
        pass

    def data_to_send(self) -> bytes:
        data = bytes(self.queued)
        self.queued.clear()
        return data

    def next_deadline(self) -> float:
        return math.inf

    def on_time(self, now: float) -> None:
        pass


class Ends:
    """A link, its peer, and how often somebody was told to drain it."""

    def __init__(self, *, capacity: int = 65_536, stalled_after: float = 10.0) -> None:
        self.near, self.peer = memory_transport_pair(capacity=capacity)
        self.work = 0
        self.link: Link[Talk] = Link(
            self.near,
            Talk(),
            buffer=memoryview(bytearray(4096)),
            stalled_after=stalled_after,
            on_work=self.note_work,
        )

    def note_work(self) -> None:
        self.work += 1

    def arrived(self) -> bytes:
        """What the peer can read now."""
        buffer = bytearray(100_000)
        return bytes(buffer[: self.peer.receive_into(memoryview(buffer))])


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


# --------------------------------------------------------------------- stalling


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


# ------------------------------------------------------------------------- TLS


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


# ---------------------------------------------------------------------- closing


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
