"""What a stream keeps, and for whom: within its bounds, whoever wants it."""

from __future__ import annotations

import attrs
import pytest
from trio.testing import MockClock

from tests.hub.stage import Stage, heard, later
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.record import RECORD_BYTES
from trio_srs.testing.bodies import audio_header, data, header, inter, key
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.rtmp.message import Message


def other(message: Message, tail: bytes) -> Message:
    """A header like this one, but another."""
    return attrs.evolve(message, payload=message.payload + tail)


def on_stage(stage: Stage, *messages: Message) -> Stage:
    stage.publish()
    stage.say(*messages)
    return stage


async def test_with_no_reader_only_the_gop_is_kept() -> None:
    stage = on_stage(Stage())
    for number in range(50):
        stage.say(key(number * 1000))
        for at in range(20):
            stage.say(inter(number * 1000 + at * 40 + 40))
    assert 21 <= len(stage.live.feed.log) <= 21 + 64


async def test_a_slow_reader_keeps_records_within_the_bounds_only() -> None:
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024), slow_reader_after=1000.0))
    slow = stage.play(room=0)
    for at in range(1000):
        stage.say(key(at, 1000))
        stage.broadcast()
        log = stage.live.feed.log
        assert log.size <= 64 * 1024
    assert log.base > slow.reader.position
    assert len(log) > 40  # and it does use them


async def test_a_slow_reader_keeps_records_no_longer_than_it_may_lag(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(Stage(slow_reader_after=5.0, gop_cache=Seconds(1.0)))
    stage.play(room=0)
    for at in range(0, 20_000, 100):
        stage.say(key(at))
        stage.broadcast()
        later(0.1)
    assert 45 <= len(stage.live.feed.log) <= 52


async def test_a_slow_reader_keeps_no_more_where_the_gop_cache_may_be_longer(
    autojump_clock: MockClock,
) -> None:
    """Each is a bound for what it is about."""
    stage = on_stage(Stage(slow_reader_after=3.0, gop_cache=Seconds(10.0)))
    stage.play(RtmpForm.of(60_000, 1, True, True), room=0)
    for number in range(500):
        stage.say((inter if number % 50 else key)(number * 40, 160_000))
        stage.broadcast()
        later(0.04)
        if number > 100:
            assert stage.live.feed.log.size < 85 * 160_000, number


async def test_the_gop_cache_keeps_no_more_where_a_reader_may_be_slower(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(Stage(slow_reader_after=30.0, gop_cache=Seconds(2.0)), key(0))
    stage.play()
    for number in range(1, 300):
        stage.say(inter(number * 40, 10_000))
        stage.run()
        later(0.04)
    assert len(stage.live.feed.log) < 64
    assert stage.play().reader.awaits_keyframe


async def test_records_that_are_few_and_large_are_let_go_of_at_once(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(Stage(slow_reader_after=1.0, gop_cache=None))
    stage.play(room=0)
    for number in range(100):
        stage.say(key(number * 100, 500_000))
        later(0.1)
        assert len(stage.live.feed.log) <= 12


async def test_kept_headers_are_held_within_the_bounds() -> None:
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024)))
    for number in range(64):
        text = f"{number}" * 1000
        stage.say(data("@setDataFrame", f"name {number}", text))
    stage.say(header(), key(0), *(key(at, 1000) for at in range(40, 4000, 40)))
    late = stage.play()
    stage.run()
    [*headers, last] = late.heard()
    assert sum(len(body) for _, body in headers) < 8 * 1024
    assert headers[-1] == (3960, header().payload)
    assert last == (3960, key(3960, 1000).payload)


async def test_what_the_log_may_hold_is_less_by_what_headers_take() -> None:
    for text, least in (("", 0), ("x" * 7000, 7000)):
        stage = on_stage(Stage(log_bytes=Bytes(64 * 1024), slow_reader_after=1000.0))
        stage.play(room=0)
        stage.say(data("@setDataFrame", "onMetaData", text))
        for at in range(200):
            stage.say(key(at, 1000))
            stage.broadcast()
            assert stage.live.feed.log.size <= 64 * 1024 - least
    stage.publish(log_bytes=Bytes(256 * 1024))
    for at in range(400):
        stage.say(key(at, 1000))
    assert stage.live.feed.log.size > 200 * 1024


async def test_a_reader_that_has_lost_its_place_keeps_no_headers_alive() -> None:
    """It is given those that hold when it goes on."""
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024)), other(header(), bytes(3000)), key(0))
    slow = stage.play(room=0)
    stage.run()
    assert slow.reader.prologue
    stage.say(other(header(), b"new"))
    for at in range(40, 4000, 40):
        stage.say(key(at, 2000))
        stage.broadcast()
    assert not slow.reader.prologue
    slow.outlet.room = 10**6
    stage.run()
    assert slow.heard() == [
        *heard(other(header(), b"new"), at=3960),
        *heard(key(3960, 2000)),
    ]


@pytest.mark.parametrize("what", ["pauses", "waits"])
async def test_a_reader_that_rests_keeps_no_headers_alive(
    what: str, autojump_clock: MockClock
) -> None:
    stage = on_stage(Stage(slow_reader_after=2.0), header(), audio_header(), key(0))
    player = stage.play(room=20)
    stage.run()
    assert player.reader.prologue
    player.outlet.room = 10**6
    if what == "pauses":
        player.reader.pause()
    else:
        later(5.0)
        stage.say(inter(5000))
        stage.run()
        assert player.reader.awaits_keyframe
    assert not player.reader.prologue
    stage.say(key(6000))
    if what == "pauses":
        player.reader.resume()
    stage.run()
    assert player.heard()[-3:] == [
        *heard(header(), audio_header(), at=6000),
        *heard(key(6000)),
    ]


async def test_a_full_log_keeps_no_copies_beside_it() -> None:
    """Whoever is sent small chunks of all of it makes none that last."""
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024)), key(0, 5000))
    for at in range(40, 440, 40):
        stage.say(inter(at, 5000))
    assert stage.live.feed.log.size > 60_000
    small = RtmpForm.of(128, 1, True, True)
    late = stage.play(small, chunk_size=128)
    stage.run()
    assert stage.live.feed.log.size <= 64 * 1024
    assert len(late.heard()) == 11
    stage.say(inter(440, 5000))
    stage.run()
    assert late.heard() == heard(inter(440, 5000))


async def test_many_small_messages_are_within_the_bytes_kept_for_new_players() -> None:
    stage = on_stage(Stage(gop_cache_bytes=Bytes(64 * 1024)), key(0))
    for at in range(1, 200):
        stage.say(inter(at))
    assert len(stage.live.feed.log) < 140
    assert stage.play().reader.awaits_keyframe


async def test_forms_count_against_the_bounds() -> None:
    """In small chunks a record is held twice: as it came, and as it goes out."""
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024), slow_reader_after=1000.0))
    small = RtmpForm.of(128, 1, True, True)
    stage.play(small, chunk_size=128, room=0)
    for at in range(200):
        stage.say(key(at, 2000))
        stage.broadcast()
    held = stage.live.feed.log.between(stage.live.feed.log.base, stage.live.feed.log.end)
    assert sum(len(it.body) + it.copied + RECORD_BYTES for it in held) <= 64 * 1024 + 2100
    assert len(held) < 20


async def test_the_memory_does_not_grow_with_the_readers() -> None:
    stage = on_stage(Stage(), header(), key(0, 2000), inter(40, 2000))
    before = stage.live.feed.log.size
    for _ in range(100):
        stage.play(room=0)
    stage.run()
    assert stage.live.feed.log.size == before


async def test_an_unpublished_stream_keeps_nothing_once_its_readers_have_it() -> None:
    stage = Stage()
    fast, slow = stage.play(), stage.play(room=10)
    lease = stage.publish()
    stage.say(*(key(at) for at in range(100)))
    lease.give_back()
    stage.run()
    assert len(stage.live.feed.log) > 90  # for the slow one
    slow.outlet.room = 10**6
    stage.run()
    assert len(slow.heard()) == len(fast.heard()) == 102
    assert len(stage.live.feed.log) == 0


async def test_an_unpublished_stream_keeps_nothing_for_who_left() -> None:
    stage = Stage()
    slow = stage.play(room=0)
    lease = stage.publish()
    stage.say(*(key(at) for at in range(100)))
    lease.give_back()
    stage.run()
    assert len(stage.live.feed.log) > 90
    slow.reader.detach()
    assert len(stage.live.feed.log) == 0


async def test_an_unpublished_stream_keeps_nothing_that_was_broadcast() -> None:
    stage = Stage()
    player = stage.play()
    stage.run()
    lease = stage.publish()
    stage.say(*(key(at) for at in range(10)))
    lease.give_back()
    assert len(stage.live.feed.log) == 12
    stage.broadcast()
    assert len(player.heard()) == 12
    assert len(stage.live.feed.log) == 0


async def test_forms_are_kept_while_anybody_reads_in_them() -> None:
    stage = on_stage(Stage(), key(0, 10_000), inter(40, 10_000))
    log = stage.live.feed.log
    bare = log.size
    forms = [RtmpForm.of(128, stream_id, True, True) for stream_id in (1, 2)]
    first, second, other = (stage.play(form, chunk_size=128) for form in (*forms, forms[0]))
    stage.run()
    assert log.size > bare + 4 * 10_000  # two copies of both
    first.reader.detach()
    assert log.size > bare + 4 * 10_000
    other.reader.detach()
    assert bare + 2 * 10_000 < log.size < bare + 3 * 10_000
    second.reader.detach()
    assert log.size == bare
