"""The shared reader: real socket pairs, deadlines, and no task for each."""

from __future__ import annotations

import contextlib
import gc
import select
import socket
import weakref

import pytest
import trio
import trio.testing

from tests.net.readers import Crowd, a_pair, collecting, raised
from trio_srs.net.read_source import After
from trio_srs.net.reading import watching
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.tcp import SocketTransport

pytestmark = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")


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

    def broken(now: float) -> After:
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


@pytest.mark.parametrize("breaks", [True, False])
async def test_what_is_read_may_cancel_who_waits_for_it_and_be_over_as_well(
    reader: SharedReader, breaks: bool
) -> None:
    got: list[bytes] = []
    scope = trio.CancelScope()

    def look_up(now: float) -> After:
        scope.cancel()
        if breaks:
            raise ConnectionResetError("reset")
        return After.OVER

    with a_pair() as (bad, bad_far), a_pair() as (good, good_far), trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.reading, good.fileno(), collecting(good, got))
            bad_far.send(b"x")
            expected = pytest.raises(ConnectionResetError) if breaks else contextlib.nullcontext()
            with expected, scope:
                await reader.reading(bad.fileno(), look_up)
            assert scope.cancelled_caught is not breaks
            good_far.send(b"still here")
            good_far.shutdown(socket.SHUT_WR)
    assert got == [b"still here", b""]


class Broken(Exception):
    """Weak references to it are possible, unlike to Python's own."""


async def test_what_was_raised_is_freed_when_nobody_wants_it_any_more(
    reader: SharedReader,
) -> None:
    def broken(now: float) -> After:
        raise Broken

    async def told(fileno: int) -> weakref.ref[Broken] | None:
        try:
            await reader.reading(fileno, broken)
        except Broken as error:
            return weakref.ref(error)
        return None

    gc.disable()  # with all of the session that it ended
    try:
        with a_pair() as (bad, far), trio.fail_after(5):
            far.send(b"x")
            error = await told(bad.fileno())
        assert error is not None
        assert error() is None
    finally:
        gc.enable()


async def test_a_reading_that_was_over_can_begin_again(reader: SharedReader) -> None:
    got: list[bytes] = []

    def once(now: float) -> After:
        got.append(near.recv(1))
        return After.OVER

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
        await reader.reading(near.fileno(), lambda _: After.OVER)
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

    def bug(now: float) -> After:
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


# ------------------------------------------------------------------------ turns


@pytest.mark.parametrize("count", [2, 7, 64, 700])
@pytest.mark.parametrize("after", [After.WAIT, After.AGAIN])
async def test_full_sockets_are_all_read_equally_often(
    crowd: Crowd, after: After, count: int
) -> None:
    with crowd:
        names = [str(number) for number in range(count)]
        for name in names:
            crowd.join(name, after=after)
        await crowd.settle()
        turns = await crowd.watch_turns(4 * count)
    assert all(3 <= turns.count(name) <= 5 for name in names)


@pytest.mark.parametrize("takes_s", [0.00001, 0.0005, 0.1])
async def test_one_that_sends_little_waits_for_none_of_those_that_send_much(
    crowd: Crowd, takes_s: float
) -> None:
    slow: list[bytes] = []
    with crowd, a_pair() as (near, far):
        for number in range(64):
            crowd.join(str(number), after=After.AGAIN, takes_s=takes_s)
        crowd.shared.watch(near.fileno(), collecting(near, slow), raised)
        await crowd.settle()
        for number in range(5):
            far.send(b"%d" % number)
            before, began_s = len(crowd.turns), crowd.work_s
            with trio.fail_after(10):
                while len(slow) <= number:
                    await trio.lowlevel.checkpoint()
            passes = 2  # as Trio shuffles tasks
            assert crowd.work_s - began_s <= passes * (0.002 + 2 * takes_s)
            assert len(crowd.turns) > before
    assert slow == [b"0", b"1", b"2", b"3", b"4"]


async def test_many_that_send_little_leave_half_of_the_time_to_those_that_send_much(
    crowd: Crowd,
) -> None:
    with crowd:
        for number in range(200):
            crowd.join(f"little {number}")
        for number in range(3):
            crowd.join(f"much {number}", after=After.AGAIN)
        await crowd.settle()
        turns = await crowd.watch_turns(1200)
    much = [turns.count(f"much {number}") for number in range(3)]
    assert 500 <= sum(much) <= 700
    assert max(much) - min(much) <= 2


async def test_media_waits_for_one_of_those_that_ask_for_something(crowd: Crowd) -> None:
    with crowd:
        for number in range(40):
            crowd.join(f"asks {number}")
        crowd.shared.set_live(crowd.join("media", takes_s=0.00001))
        await crowd.settle()
        turns = await crowd.watch_turns(200)
    between = "".join("m" if turn == "media" else "a" for turn in turns).split("m")
    assert max(map(len, between)) <= 1
    assert len({*turns}) == 41  # and nobody is left out


async def test_many_that_bring_media_leave_half_of_the_time_to_others(crowd: Crowd) -> None:
    with crowd:
        for number in range(40):
            crowd.shared.set_live(crowd.join(f"media {number}", takes_s=0.0002))
        for number in range(4):
            crowd.join(f"asks {number}", takes_s=0.0002)
        await crowd.settle()
        turns = await crowd.watch_turns(400)
    asked = sum(turn.startswith("asks") for turn in turns)
    assert asked >= 400 // 8


async def test_media_is_read_by_who_is_about_to_take_long(crowd: Crowd) -> None:
    with crowd:
        crowd.join("asks")
        crowd.shared.set_live(crowd.join("media", takes_s=0.0001))
        await crowd.settle()
        crowd.turns.clear()
        crowd.work_s += 0.01
        crowd.shared.read_live()
        assert crowd.turns == ["media"]
        crowd.shared.read_live()
        assert crowd.turns == ["media"]  # it was looked for a moment ago
    SharedReader().read_live()  # of one that does not run


async def test_what_live_ones_have_more_is_read_without_their_sockets(crowd: Crowd) -> None:
    turns: list[float] = []

    def twice(now: float) -> After:
        turns.append(crowd.work_s)
        near.recv(4) if len(turns) == 1 else None
        return After.AGAIN if len(turns) == 1 else After.WAIT

    with crowd, a_pair() as (near, far):
        crowd.shared.watch(near.fileno(), twice, raised)
        crowd.shared.set_live(near.fileno())
        await trio.testing.wait_all_tasks_blocked()
        far.send(b"more")
        crowd.work_s += 0.01
        crowd.shared.read_live()
        assert len(turns) == 1
        await trio.testing.wait_all_tasks_blocked()
    assert len(turns) == 2


async def test_other_tasks_have_a_turn_between_two_passes_of_reading(crowd: Crowd) -> None:
    with crowd:
        for number in range(64):
            crowd.join(str(number), after=After.AGAIN)
        await crowd.settle()
        for _ in range(20):
            began_s = crowd.work_s
            await trio.lowlevel.checkpoint()
            assert crowd.work_s - began_s <= 2 * 0.0025  # two passes, as Trio shuffles tasks


@pytest.mark.parametrize(("takes_s", "is_same"), [(0.0005, True), (0.00001, False)])
async def test_what_came_while_others_were_read_for_long_is_read_in_the_same_pass(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch, takes_s: float, is_same: bool
) -> None:
    passes, read_at, one_pass = 0, list[int](), crowd.shared._pass

    def counted(epoll: select.epoll) -> None:
        nonlocal passes
        passes += 1
        one_pass(epoll)

    monkeypatch.setattr(crowd.shared, "_pass", counted)
    with crowd, a_pair() as (first, to_first), a_pair() as (second, to_second):

        def read_first(_now: float) -> After:
            first.recv(10)
            crowd.work_s += takes_s
            read_at.append(passes)
            to_second.send(b"meanwhile")
            return After.WAIT

        def read_second(_now: float) -> After:
            second.recv(10)
            read_at.append(passes)
            return After.WAIT

        crowd.shared.watch(first.fileno(), read_first, raised)
        crowd.shared.watch(second.fileno(), read_second, raised)
        to_first.send(b"x")
        with trio.fail_after(5):
            while len(read_at) < 2:
                await trio.lowlevel.checkpoint()
    assert (read_at[0] == read_at[1]) is is_same


async def test_what_is_over_while_it_stands_in_line_is_not_read(crowd: Crowd) -> None:
    late: list[bytes] = []
    with crowd, a_pair() as (near, far):
        for number in range(64):
            crowd.join(str(number), takes_s=0.01)  # one turn is more than a pass has
        crowd.shared.watch(near.fileno(), collecting(near, late), raised)
        far.send(b"late")
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        crowd.shared.unwatch(near.fileno())
        await crowd.watch_turns(200)
    assert late == []


async def test_one_that_cannot_say_all_is_called_when_there_is_room_and_for_nothing_else(
    reader: SharedReader,
) -> None:
    turns: list[str] = []
    room = trio.Event()

    def read(_now: float) -> After:
        if turns[-1:] != ["drains"]:
            turns.append("reads" if near.recv(10) != b"end" else "ends")
            if turns[-1] == "ends":
                return After.OVER
            near.send(bytes(2**22))  # of which it takes a part
            turns.append("drains")
            return After.DRAIN
        turns.append("drained")
        room.set()
        return After.WAIT

    with a_pair() as (near, far), trio.fail_after(5):
        reader.watch(near.fileno(), read, raised)
        far.send(b"ask")
        await trio.testing.wait_all_tasks_blocked(0.01)
        far.send(b"end")
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert turns == ["reads", "drains"]
        far.setblocking(False)
        while not room.is_set():
            with contextlib.suppress(BlockingIOError):  # all that was taken has been read
                far.recv(2**20)
            await trio.lowlevel.checkpoint()
        await trio.testing.wait_all_tasks_blocked(0.01)
    assert turns == ["reads", "drains", "drained", "ends"]


async def test_a_reading_may_begin_with_what_was_read_before(reader: SharedReader) -> None:
    calls = 0

    def held(now: float) -> After:
        nonlocal calls
        calls += 1
        return After.OVER if calls == 3 else After.AGAIN

    with a_pair() as (near, _), trio.fail_after(5):
        await trio.testing.wait_all_tasks_blocked()
        await reader.reading(near.fileno(), held, at_once=True)
    assert calls == 3


async def test_merged_reading_rests_only_when_nothing_more_is_there(
    reader: SharedReader,
) -> None:
    """Ten reads in one rest: otherwise these would take five seconds."""
    got: list[bytes] = []

    def read(now: float) -> After:
        got.append(near.recv(1000))
        return After.OVER if got[-1] == b"" else After.AGAIN

    with a_pair() as (near, far):
        far.send(bytes(10_000))
        far.shutdown(socket.SHUT_WR)
        with trio.fail_after(2):
            await reader.reading(near.fileno(), read, every_s=0.5)
    assert list(map(len, got)) == [1000] * 10 + [0]


async def test_merged_readings_wait_for_each_other_in_turn(crowd: Crowd) -> None:
    """One of them has so much that it never rests."""
    with crowd, a_pair() as (near, far), a_pair() as (endless, _):
        got: list[bytes] = []

        def read(now: float) -> After:
            crowd.work_s += 0.001
            crowd.turns.append("endless")
            return After.AGAIN

        async with trio.open_nursery() as nursery:
            with trio.fail_after(5):
                nursery.start_soon(
                    lambda: crowd.shared.reading(endless.fileno(), read, every_s=0.01)
                )
                far.shutdown(socket.SHUT_WR)
                await crowd.shared.reading(near.fileno(), collecting(near, got), every_s=0.01)
            nursery.cancel_scope.cancel()
    assert got == [b""]
    assert crowd.turns


@pytest.mark.parametrize("is_shared", [True, False], ids=["with a shared reader", "without"])
async def test_a_peer_is_watched_beside_a_block(reader: SharedReader, is_shared: bool) -> None:
    shared = reader if is_shared else None
    failed: list[Exception] = []
    with a_pair() as (near, far):
        transport, got = SocketTransport(near, "peer"), []

        def look(now: float) -> After:
            got.append(near.recv(1000))
            if got[-1] == b"wrong":
                raise ConnectionResetError("wrong")
            return After.WAIT

        def tasks() -> int:
            return trio.lowlevel.current_statistics().tasks_living

        before = tasks()
        async with watching(transport, shared, look, failed.append):
            await trio.testing.wait_all_tasks_blocked()
            assert tasks() - before == (0 if is_shared else 1)
            for said in (b"one", b"wrong", b"unheard"):
                far.send(said)
                await trio.testing.wait_all_tasks_blocked(0.01)
        assert got == [b"one", b"wrong"]
        assert [str(error) for error in failed] == ["wrong"]
        with pytest.raises(KeyError, match="of the block"):
            async with watching(transport, shared, look, failed.append):
                raise KeyError("of the block")
        if is_shared:
            assert not reader._sources
