"""Cursors: records as they came, in order and once; each with a policy, each at its own pace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, Heard, Stage, heard, later
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.hub import Hub
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.policy import Block, Drop, Lossless, ReaderTooSlowError, Skip
from trio_srs.hub.record import Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.testing.bodies import audio_header, header, inter, key, metadata
from trio_srs.units import Bytes, Seconds

MUCH: Final = Lossless(most_bytes=2**30, most_s=3600.0)
SMALL: Final = {"log_bytes": Bytes(64 * 1024), "gop_cache_bytes": Bytes(64 * 1024)}


def on_stage(*messages: Any, **settings: Any) -> Stage:
    stage = Stage(**settings)
    stage.publish()
    stage.say(*messages)
    return stage


def of(records: list[Record]) -> list[Heard]:
    return [(record.timestamp_ms, record.body) for record in records]


def take(cursor: Cursor) -> list[Heard]:
    """Everything that there is."""
    return of(cursor.take())


class Room:
    """A hub whose broadcaster runs, and one publisher after the other."""

    def __init__(self, hub: Hub, settings: StreamSettings) -> None:
        self.hub, self.settings = hub, settings

    @asynccontextmanager
    async def publish(self) -> AsyncIterator[PublishLease]:
        async with self.hub.publish(
            "cam", self.settings, holder="a test", revoke=lambda reason, detail: None
        ) as lease:
            yield lease

    def say(self, lease: PublishLease, *messages: Any) -> None:
        for message in messages:
            lease.append(message, trio.current_time())
        self.hub.broadcaster.push(lease.stream.feed)


@pytest.fixture
async def room(nursery: trio.Nursery, autojump_clock: MockClock) -> Room:
    hub = Hub()
    nursery.start_soon(hub.broadcaster.run)
    return Room(hub, StreamSettings(send_interval=Seconds(0.02)))


# ------------------------------------------------------------ where it begins


async def test_it_begins_with_the_next_record_behind_the_headers_that_hold() -> None:
    stage = on_stage(header(), key(0), inter(40))
    cursor = stage.live.feed.cursor(MUCH, Begin.NOW)
    assert cursor.take() == []
    stage.say(inter(80))
    assert take(cursor) == heard(header(), at=40) + heard(inter(80))
    stage.say(inter(120))
    assert take(cursor) == heard(inter(120))


async def test_it_begins_at_the_newest_keyframe_as_players_do() -> None:
    stage = on_stage(metadata(), header(), key(0), inter(40), key(80), inter(120))
    player = stage.play()
    player.serve()
    cursor = stage.live.feed.cursor(MUCH, Begin.ENTRY)
    assert take(cursor) == player.heard()


async def test_with_no_keyframe_kept_it_begins_at_the_next() -> None:
    stage = on_stage(header(), key(0), inter(40), gop_cache=None)
    cursor = stage.live.feed.cursor(MUCH)
    assert (cursor.take(), cursor.behind) == ([], 0)
    stage.say(inter(80), key(120), inter(160))
    assert take(cursor) == heard(header(), at=120) + heard(key(120), inter(160))


async def test_it_begins_with_the_first_record_that_is_kept() -> None:
    stage = Stage()
    stage.publish()
    with stage.live.feed.cursor(MUCH):  # which keeps everything
        stage.say(header(), key(0), inter(40), key(80))
        with stage.live.feed.cursor(MUCH, Begin.OLDEST) as cursor:
            assert take(cursor) == heard(header(), key(0), inter(40), key(80))
    stage.say(audio_header(100), *(inter(120 + at) for at in range(300)))
    stage.say(header(500), key(600))
    log = stage.live.feed.log
    kept = take(stage.live.feed.cursor(MUCH, Begin.OLDEST))
    assert log.base > 4
    assert kept[:2] == heard(header(), audio_header(), at=log.at(log.base).timestamp_ms)
    assert kept[2:] == of(log.between(log.base, log.end))


@pytest.mark.parametrize("begin", Begin)
async def test_before_anybody_writes_it_begins_with_the_first_record_of_all(begin: Begin) -> None:
    stage = Stage()
    cursor = stage.live.feed.cursor(MUCH, begin)
    stage.play()
    stage.publish()
    stage.say(header(), key(0))
    assert take(cursor) == heard(header(), key(0))


# ------------------------------------------------------- one writer, the next


async def test_what_players_are_told_between_two_publishes_is_in_none_of_them() -> None:
    stage = Stage()
    stage.play()
    cursor = stage.live.feed.cursor(MUCH)
    for at in (0, 1000):
        lease = stage.publish()
        stage.say(header(), key(at))
        lease.give_back()
    assert (take(cursor), cursor.ended, cursor.take()) == (heard(header(), key(0)), True, [])
    cursor.advance()
    assert (cursor.ended, take(cursor)) == (False, heard(header(), key(1000)))
    assert cursor.ended
    cursor.advance()
    cursor.advance()
    assert (cursor.ended, cursor.closed, cursor.take()) == (False, False, [])


async def test_one_that_does_not_follow_is_over_with_the_publish() -> None:
    stage = on_stage(key(0))
    caught_up = stage.live.feed.cursor(MUCH, follow=False)
    behind = stage.live.feed.cursor(MUCH, follow=False)
    assert take(caught_up) == heard(key(0))
    assert stage.live.lease is not None
    stage.live.lease.give_back()
    assert (caught_up.closed, behind.closed) == (True, False)
    stage.publish()
    stage.say(key(1000))
    assert (take(behind), take(caught_up)) == (heard(key(0)), [])
    assert (behind.closed, behind.ended, stage.live.feed.cursors) == (True, True, {})


async def test_a_publish_that_left_nothing_is_an_end_for_who_waited_in_it_only() -> None:
    stage = Stage()
    waiting, behind = stage.live.feed.cursor(MUCH), stage.live.feed.cursor(MUCH)
    stage.publish().give_back()
    assert waiting.ended
    waiting.advance()
    for _ in range(3):
        stage.publish().give_back()
        waiting.advance()
    assert (waiting.ended, len(behind._written)) == (False, 1)
    stage.publish()
    stage.say(key(0))
    behind.advance()
    assert take(behind) == take(waiting) == heard(key(0))


async def test_who_has_enough_gets_what_there_is_and_no_more() -> None:
    stage = on_stage(key(0), inter(40))
    cursor = stage.live.feed.cursor(MUCH)
    cursor.finish()
    stage.say(inter(80))
    assert (take(cursor), cursor.closed) == (heard(key(0), inter(40)), True)
    waiting = stage.live.feed.cursor(MUCH, Begin.NOW)
    waiting.finish()
    assert waiting.closed


# ------------------------------------------------------------------- policies


async def test_what_the_log_cannot_keep_waits_for_one_that_loses_nothing() -> None:
    stage = on_stage(header(), key(0), **SMALL)
    cursor = stage.live.feed.cursor(MUCH, Begin.OLDEST)
    messages = [inter(40 * at, 10_000, fill=at) for at in range(1, 60)]
    stage.say(*messages)
    assert stage.live.feed.log.size <= 64 * 1024
    assert 500_000 < cursor.held_bytes + stage.live.feed.log.size < 700_000
    assert of(cursor.take(4)) == heard(header(), key(0), *messages[:3])
    assert of(cursor.take(size=20_000)) == heard(*messages[3:5])
    later_ones = inter(4000)
    stage.say(later_ones)
    got: list[Heard] = []
    while records := take(cursor):
        got += records
    assert got == heard(*messages[5:], later_ones)
    assert cursor.held_bytes == 0


async def test_headers_that_were_not_taken_wait_as_well() -> None:
    stage = on_stage(header(), key(0), **SMALL)
    cursor = stage.live.feed.cursor(MUCH, Begin.NOW)
    stage.say(*(inter(40 * at, 10_000) for at in range(1, 20)))
    assert take(cursor)[:2] == heard(header(), at=0) + heard(inter(40, 10_000))


async def test_beyond_its_bytes_it_ends_and_says_so() -> None:
    stage = on_stage(key(0), **SMALL)
    cursor = stage.live.feed.cursor(Lossless(most_bytes=200_000, most_s=60.0), Begin.NOW)
    stage.say(*(inter(at, 10_000) for at in range(19)))
    assert len(cursor.take(3)) == 3
    stage.say(*(inter(at, 10_000) for at in range(100)))
    assert (cursor.closed, cursor.held_bytes, stage.live.feed.cursors) == (True, 0, {})
    for _ in range(2):
        with pytest.raises(
            ReaderTooSlowError,
            match=r"a cursor of cam is behind by 2\d messages, \S+ s and 2\d{5} bytes, "
            r"and may be 60 s and 200000 bytes",
        ):
            cursor.take()


async def test_one_record_may_be_larger_than_its_bound() -> None:
    stage = on_stage(key(0))
    cursor = stage.live.feed.cursor(Lossless(most_bytes=1000, most_s=60.0), Begin.NOW)
    for at in range(3):
        stage.say(inter(at, 100_000))
        assert len(cursor.take()) == 1


async def test_beyond_its_seconds_it_ends_and_says_so(autojump_clock: MockClock) -> None:
    stage = on_stage(key(0))
    cursor = stage.live.feed.cursor(Lossless(most_bytes=2**30, most_s=2.0), Begin.NOW)
    stage.say(inter(40))
    later(2.0)
    stage.say(inter(80))
    assert len(cursor.take(1)) == 1
    later(2.5)
    stage.say(inter(120))
    with pytest.raises(ReaderTooSlowError, match=r"by 2 messages, 2.5 s and .*, and may be 2 s"):
        cursor.take()
    assert cursor.closed


async def test_one_that_skips_goes_on_at_a_keyframe_with_the_headers_it_does_not_know(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(header(), key(0), inter(40))
    cursor = stage.live.feed.cursor(Skip(2.0))
    assert len(cursor.take()) == 3
    stage.say(inter(80), audio_header(80))
    later(3.0)
    stage.say(inter(3000), key(3040), inter(3080))
    assert take(cursor) == heard(audio_header(), at=3040) + heard(key(3040), inter(3080))
    assert (cursor.skips, cursor.skipped) == (1, 3)


async def test_one_that_skips_into_the_next_publish_sees_the_end_of_the_one_before(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), gop_cache=None)
    cursor = stage.live.feed.cursor(Skip(2.0), Begin.NOW)
    stage.say(inter(40))
    assert stage.live.lease is not None
    stage.live.lease.give_back()
    stage.publish()
    stage.say(inter(1000))
    later(3.0)
    stage.say(inter(4000))
    assert (cursor.take(), cursor.ended) == ([], True)
    cursor.advance()
    assert (cursor.take(), cursor.ended) == ([], False)
    stage.say(key(5000))
    assert take(cursor) == heard(key(5000))


async def test_one_that_drops_ends_and_says_so(autojump_clock: MockClock) -> None:
    stage = on_stage(key(0))
    cursor = stage.live.feed.cursor(Drop(2.0), Begin.NOW)
    stage.say(inter(40))
    later(3.0)
    stage.say(inter(3000))
    with pytest.raises(ReaderTooSlowError, match="by 2 messages, 3 s, and may be 2 s"):
        cursor.take()
    assert (cursor.closed, stage.live.feed.log.bounds.seconds) == (True, 30.0)


async def test_without_a_policy_the_settings_say_what_becomes_of_it(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), slow_reader_after=2.0)
    cursor = stage.live.feed.cursor()
    later(3.0)
    stage.say(key(3000))
    assert take(cursor) == heard(key(3000))
    cursor.close()
    assert not stage.live.feed.slow


async def test_what_a_cursor_keeps_alive_is_let_go_of_when_it_is_closed() -> None:
    stage = on_stage(gop_cache=Seconds(0.0))
    with stage.live.feed.cursor(MUCH, Begin.NOW):
        stage.say(*(inter(40 * at) for at in range(200)))
        assert len(stage.live.feed.log) == 200
    stage.say(*(inter(40 * at) for at in range(65)))
    assert len(stage.live.feed.log) < 128


@pytest.mark.parametrize("size", [10, 200, 5000])
async def test_who_sends_more_than_a_blocking_one_has_time_for_waits_for_it(size: int) -> None:
    """So the end of a publish never has much left to be taken at once."""
    stage = on_stage(key(0))
    seen, furthest, was_seen = 0, 0, 0

    def catch_up(most: int | None) -> None:
        nonlocal seen
        seen += len(cursor.take(most))

    cursor = stage.live.feed.cursor(Block(catch_up), Begin.OLDEST)
    for number in range(5000):
        stage.say(inter(40 * number, size=size))
        furthest = max(furthest, cursor.behind)
        assert seen - was_seen <= 128
        was_seen = seen
    assert furthest <= 1024 + 64
    assert seen + len(cursor.take()) == 5001


async def test_a_blocking_one_is_made_to_take_what_the_log_cannot_keep() -> None:
    stage, got = on_stage(**SMALL), list[Heard]()
    cursor = stage.live.feed.cursor(Block(lambda most: got.extend(take(cursor))), Begin.NOW)
    messages = [inter(40 * at, 10_000, fill=at) for at in range(50)]
    stage.say(*messages)
    assert 30 < len(got) < 50
    assert (cursor.held_bytes, got + take(cursor)) == (0, heard(*messages))


@pytest.mark.parametrize("fails", ["by a bug", "to take everything"])
async def test_a_blocking_one_that_fails_ends_alone(
    caplog: pytest.LogCaptureFixture, fails: str
) -> None:
    def catch_up(most: int | None) -> None:
        if fails == "by a bug":
            raise KeyError("a bug")

    stage = on_stage(**SMALL)
    cursor = stage.live.feed.cursor(Block(catch_up), Begin.NOW)
    other = stage.live.feed.cursor(MUCH, Begin.NOW)
    stage.say(*(inter(40 * at, 10_000) for at in range(50)))
    assert (cursor.closed, len(other.take()) + len(other.take())) == (True, 50)
    [record] = caplog.records
    assert record.exc_info is not None
    caplog.clear()


# -------------------------------------------------------------------- in tasks


async def test_who_iterates_is_woken_with_all_that_came_in_an_interval(
    room: Room, autojump_clock: MockClock
) -> None:
    got: list[tuple[float, int]] = []

    async def read(feed_cursor: Cursor) -> None:
        async for records in feed_cursor:
            got.append((trio.current_time(), len(records)))  # noqa: PERF401 - it would not be clearer

    async with room.publish() as lease, trio.open_nursery() as nursery:
        with lease.stream.feed.cursor(MUCH, Begin.NOW) as cursor:
            nursery.start_soon(read, cursor)
            await wait_all_tasks_blocked()
            began = trio.current_time()
            for at in range(6):
                room.say(lease, inter(at))
                await trio.sleep(0.006)
            await trio.sleep(1.0)
            cursor.finish()
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert [count for _, count in got] == [1, 4, 1]
    assert [at - began for at, _ in got] == pytest.approx([0, 0.024, 0.05])


async def test_an_iteration_is_one_publish_and_the_next_one_is_the_next(room: Room) -> None:
    publishes: list[list[Heard]] = []

    async def record() -> None:
        with room.hub.cursor("cam", room.settings, MUCH) as cursor:
            while True:
                got: list[Heard] = []
                async for records in cursor:
                    got += of(records)
                publishes.append(got)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(record)
        for at in (0, 1000, 2000):
            async with room.publish() as lease:
                room.say(lease, header(), key(at))
                await trio.sleep(0.01 if at else 1.0)
                room.say(lease, inter(at + 40))
        await trio.sleep(1.0)
        nursery.cancel_scope.cancel()
    assert publishes == [heard(header(), key(at), inter(at + 40)) for at in (0, 1000, 2000)]
    assert len(room.hub) == 0


async def test_a_batch_counts_until_the_next_one_is_asked_for(room: Room) -> None:
    async with room.publish() as lease:
        room.say(lease, *(inter(at, 50_000) for at in range(10)))
        policy = Lossless(most_bytes=700_000, most_s=60.0)
        with lease.stream.feed.cursor(policy, Begin.OLDEST) as cursor:
            records = await anext(cursor)
            assert len(records) == 10
            room.say(lease, *(inter(at, 50_000) for at in range(8)))
            assert cursor.closed
            with pytest.raises(ReaderTooSlowError):
                await anext(cursor)


async def test_large_backlogs_come_in_parts(room: Room) -> None:
    async with room.publish() as lease:
        room.say(lease, *(inter(at, 300_000) for at in range(8)))
        with lease.stream.feed.cursor(MUCH, Begin.OLDEST) as cursor:
            assert [len(await anext(cursor)) for _ in range(2)] == [4, 4]


async def test_two_tasks_cannot_wait_at_one_cursor(room: Room) -> None:
    async with room.publish() as lease, trio.open_nursery() as nursery:
        with lease.stream.feed.cursor(MUCH) as cursor:
            nursery.start_soon(cursor.__anext__)
            await wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError):
                await anext(cursor)
            nursery.cancel_scope.cancel()
        assert lease.stream.feed.has_listeners is False


async def test_who_is_cancelled_while_it_waits_misses_nothing(room: Room) -> None:
    async with room.publish() as lease:
        with lease.stream.feed.cursor(MUCH) as cursor:
            for at in range(3):
                with trio.CancelScope() as scope:
                    room.say(lease, key(at))
                    scope.cancel()
                    await anext(cursor)
            assert of(await anext(cursor)) == heard(key(0), key(1), key(2))


async def test_a_cursor_that_is_closed_ends_who_waits_and_whoever_comes_after(room: Room) -> None:
    async with room.publish() as lease, trio.open_nursery() as nursery:
        cursor = lease.stream.feed.cursor(MUCH)

        async def read() -> None:
            async for _ in cursor:
                raise AssertionError("nothing came")

        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        cursor.close()
        cursor.close()
        await read()


async def test_a_cursor_is_no_player(room: Room) -> None:
    with room.hub.cursor("cam", room.settings, MUCH):
        stream = room.hub.find("cam")
        assert stream is not None
        assert (stream.feed.reader_count, stream.feed.has_listeners) == (0, False)
        with room.hub.subscribe("cam", room.settings, FORM, MemoryOutlet()):
            assert stream.feed.reader_count == 1
    assert len(room.hub) == 0


async def test_a_feed_that_is_discarded_has_nothing_for_anybody() -> None:
    stage = on_stage(key(0))
    cursor = stage.live.feed.cursor(MUCH)
    stage.live.feed.discard()
    stage.say(key(40))
    assert (cursor.closed, cursor.take(), stage.live.feed.cursors) == (True, [], {})


async def test_one_that_was_failed_says_so_to_who_waits_and_whoever_comes_after(
    room: Room,
) -> None:
    async with room.publish() as lease, trio.open_nursery() as nursery:
        cursor = lease.stream.feed.cursor(MUCH)

        async def read() -> None:
            with pytest.raises(KeyError):
                await anext(cursor)

        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        cursor.fail(KeyError)
        cursor.fail(ValueError)  # it has failed
        await read()


async def test_one_that_waits_misses_nothing_of_a_publish_behind_an_empty_one() -> None:
    stage = Stage(**SMALL)
    stage.play()  # so that there are notices between publishes
    stage.publish().give_back()
    with stage.live.feed.cursor(MUCH) as cursor:
        for _ in range(2):
            stage.publish().give_back()
        stage.publish()
        messages = [inter(at, 1000) for at in range(400)]  # more than the log keeps
        stage.say(key(0), *messages)
        got: list[Heard] = []
        for _ in range(5):
            got += take(cursor)
            cursor.advance()  # behind what an empty one has ended
    assert got == heard(key(0), *messages)


async def test_what_came_behind_its_last_publish_does_not_wait_for_it() -> None:
    stage = Stage(**SMALL)
    lease = stage.publish()
    policy = Lossless(most_bytes=2_000, most_s=3600.0)
    with stage.live.feed.cursor(policy, Begin.NOW, follow=False) as cursor:
        stage.say(key(0))
        lease.give_back()
        stage.publish()
        stage.say(*(inter(at, 1000) for at in range(400)))
        assert cursor.held_bytes <= policy.most_bytes
        assert take(cursor) == heard(key(0))
        assert cursor.closed


async def test_what_waits_of_the_next_publish_is_within_the_bounds_too() -> None:
    stage = Stage(**SMALL)
    policy = Lossless(most_bytes=50_000, most_s=3600.0)
    with stage.live.feed.cursor(policy) as cursor:
        stage.publish().give_back()
        stage.publish()
        stage.say(key(0), *(inter(at, 1000) for at in range(400)))
        assert cursor.held_bytes <= policy.most_bytes
        with pytest.raises(ReaderTooSlowError, match="and may be 3600 s and 50000 bytes"):
            cursor.take()
