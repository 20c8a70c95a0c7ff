"""Readers: handed over without a gap, skipping with a count, and leaving no trace."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.hub.outlets import EVERYTHING, serve
from tests.hub.stage import Player, Stage, heard, later
from trio_srs.errors import EndReason
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.policy import ReaderTooSlowError
from trio_srs.hub.settings import SlowPolicy
from trio_srs.testing.bodies import audio, audio_header, header, inter, key, metadata
from trio_srs.units import Bytes
from trio_srs.wire.rtmp.message import Message


def on_stage(*messages: Message, **settings: Any) -> Stage:
    stage = Stage(**settings)
    stage.publish()
    stage.say(*messages)
    return stage


def other(message: Message) -> Message:
    return attrs.evolve(message, payload=message.payload + b"another")


def slow_player(stage: Stage) -> Player:
    """Has everything so far, and then takes nothing more."""
    player = stage.play()
    stage.run()
    assert player.reader.fast_at == stage.live.feed.log.end
    player.heard()
    player.outlet.room = 0
    return player


def recover(stage: Stage, player: Player) -> None:
    player.outlet.room = EVERYTHING
    stage.run()


# ------------------------------------------------------------------- handover


async def test_a_burst_ends_exactly_where_the_next_span_begins() -> None:
    stage = on_stage(header(), key(0))
    player = stage.play()
    stage.say(inter(40))
    player.serve()
    assert player.heard() == heard(header(), key(0))
    assert player.reader.fast_at == 2
    stage.broadcast()
    assert player.reader.fast_at == stage.live.feed.log.end == 3
    assert player.heard() == heard(inter(40))


async def test_a_reader_that_joins_others_catches_up_with_them() -> None:
    stage = on_stage(key(0), inter(40))
    stage.play()
    stage.run()
    stage.say(inter(80))
    player = stage.play()
    player.serve()
    assert player.heard() == heard(key(0), inter(40))
    assert player.reader.fast_at == 2
    stage.broadcast()
    assert player.heard() == heard(inter(80))


async def test_a_reader_ahead_of_the_broadcaster_is_woken_when_it_has_come_so_far() -> None:
    stage = on_stage(key(0))
    stage.play()
    stage.run()
    stage.say(inter(40), key(80))
    player = stage.play()
    player.serve()
    assert player.reader.position == 2
    assert player.heard() == []
    wakes = player.outlet.wakes
    stage.broadcast()
    assert player.outlet.wakes == wakes + 1
    player.serve()
    assert player.heard() == heard(key(80))
    assert player.reader.fast_at == 3


async def test_a_reader_that_catches_up_while_others_are_served_is_not_served_twice() -> None:
    stage = on_stage(key(0))
    slow = slow_player(stage)
    fast = stage.play()
    stage.run()
    stage.say(inter(40))
    stage.broadcast()  # the slow one falls back
    stage.say(inter(80))
    [delivery] = stage.begin()
    slow.outlet.room = EVERYTHING
    slow.serve()
    assert slow.reader.fast_at == 3
    assert delivery.step(100)
    assert slow.heard() == heard(inter(40), inter(80))
    assert fast.heard() == heard(key(0), inter(40), inter(80))


@pytest.mark.parametrize("room", [0, 1, 12, 20, 31, 32, 33, 63, 64, 65, 95])
async def test_a_reader_that_took_a_part_goes_on_from_there(room: int) -> None:
    stage = on_stage(key(0))
    player = slow_player(stage)
    stage.say(inter(40, 20), inter(80, 20), inter(120, 20))
    player.outlet.room = room
    wakes = player.outlet.wakes
    stage.broadcast()
    assert player.reader.fast_at < 0
    assert player.outlet.wakes == wakes + 1
    assert player.outlet.busy == (room % 32 != 0)  # each is 32 bytes long
    assert len(player.outlet.owed) == -room % 32
    recover(stage, player)
    assert player.heard() == heard(inter(40, 20), inter(80, 20), inter(120, 20))
    assert player.reader.fast_at == stage.live.feed.log.end


async def test_a_busy_connection_is_offered_nothing() -> None:
    stage = on_stage(key(0))
    player = slow_player(stage)
    player.outlet.owe(())  # somebody says something else on it
    offers = player.outlet.offers
    stage.say(inter(40))
    stage.broadcast()
    assert player.outlet.offers == offers
    assert player.reader.fast_at < 0
    recover(stage, player)
    assert player.heard() == heard(inter(40))


async def test_a_broken_connection_ends_its_reader_only() -> None:
    stage = on_stage(key(0))
    players = [stage.play() for _ in range(3)]
    stage.run()
    players[1].outlet.is_broken = True
    stage.say(inter(40))
    stage.run()
    assert [len(player.heard()) for player in players] == [2, 1, 2]
    assert isinstance(players[1].outlet.error, ConnectionResetError)
    assert players[1].reader.fast_at < 0
    stage.say(inter(80))
    stage.run()
    assert players[1].outlet.offers == 2


async def test_two_readers_of_one_connection_share_it_message_by_message() -> None:
    stage = on_stage(header(), key(0), inter(40))
    first = stage.play(most=5)
    second = Player(
        stage.live.feed.attach(RtmpForm.of(4096, 2, True, True), first.outlet), first.outlet
    )
    for at in range(80, 400, 40):
        stage.say(inter(at))
        stage.broadcast()
        serve(first.outlet, [second.reader, first.reader])
        serve(first.outlet, [first.reader, second.reader])
    for _ in range(100):
        stage.broadcast()
        serve(first.outlet, [first.reader, second.reader])
    read = first.outlet.read()
    said = heard(key(0), inter(40), *(inter(at) for at in range(80, 400, 40)))
    for stream_id in (1, 2):
        mine = [(it.timestamp_ms, it.payload) for it in read if it.stream_id == stream_id]
        assert mine == [*heard(header()), *said]


async def test_headers_are_given_to_who_is_still_ahead_of_the_broadcaster() -> None:
    stage = on_stage(header(), key(0))
    stage.play()
    stage.run()
    stage.say(key(40))
    player = stage.play()
    player.serve()
    assert player.heard() == heard(header(), at=40)
    stage.run()
    assert player.heard() == heard(key(40))


async def test_a_long_burst_is_sent_a_little_at_a_time() -> None:
    stage = on_stage(key(0, 1000), *(inter(at, 1000) for at in range(40, 400, 40)))
    player = stage.play(most=0)
    stage.broadcast()
    span = player.reader.next_span(2500)
    assert span is not None
    assert len(span.records) == 3


# --------------------------------------------------------------------- counting


async def test_bytes_are_counted_however_they_were_sent() -> None:
    stage = on_stage(header(), key(0, 500), inter(40, 300))
    player = stage.play(most=100)
    stage.run()
    stage.say(inter(80, 300))
    stage.run()
    recover(stage, player)
    stage.say(inter(120, 300))
    stage.run()
    assert player.reader.bytes_sent == len(player.outlet.taken)
    player.reader.detach()
    assert player.reader.bytes_sent == len(player.outlet.taken)


async def test_bytes_of_a_span_that_is_not_offered_yet_are_not_counted() -> None:
    stage = on_stage(key(0))
    players = [stage.play() for _ in range(3)]
    stage.run()
    before = players[0].reader.bytes_sent
    stage.say(inter(40, 500))
    [delivery] = stage.begin()
    delivery.step(1)
    sent = sorted(player.reader.bytes_sent for player in players)
    assert sent == [before, before, before + 512]
    unserved = next(player for player in players if player.reader.bytes_sent == before)
    unserved.reader.detach()
    assert unserved.reader.bytes_sent == len(unserved.outlet.taken) == before


# -------------------------------------------------------------------- too slow


async def test_a_reader_too_far_behind_goes_on_at_the_newest_keyframe(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(header(), audio_header(), key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    for at in range(1000, 5000, 1000):
        later(1.0)
        stage.say(key(at), inter(at + 40))
        stage.broadcast()
    recover(stage, player)
    assert player.heard() == heard(key(4000), inter(4040))
    assert (player.reader.skipped, player.reader.skips) == (6, 1)


async def test_a_reader_exactly_as_far_behind_as_it_may_misses_nothing(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    stage.say(key(10))
    later(2.0)
    stage.say(key(2010))
    recover(stage, player)
    assert player.heard() == heard(key(10), key(2010))
    assert player.reader.skipped == 0


async def test_a_reader_that_skips_gets_the_headers_that_changed_meanwhile(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(metadata(), header(), audio_header(), key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    stage.say(inter(40), other(header(50)), key(60))
    later(3.0)
    stage.say(key(3000), other(audio_header(3010)), inter(3040))
    stage.broadcast()
    recover(stage, player)
    assert player.heard() == [
        *heard(other(header()), at=3000),
        *heard(key(3000), other(audio_header(3010)), inter(3040)),
    ]
    assert player.reader.skipped == 3


async def test_a_reader_that_skips_before_it_got_its_headers_gets_them_then(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(header(), audio_header(), key(0), slow_reader_after=2.0)
    player = stage.play(room=0)
    stage.run()
    later(3.0)
    stage.say(key(3000))
    stage.broadcast()
    recover(stage, player)
    assert player.heard() == [*heard(header(), audio_header(), at=3000), *heard(key(3000))]
    assert player.reader.skipped == 1


async def test_a_reader_that_has_the_newest_keyframe_waits_for_the_next(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(header(), key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    stage.say(inter(40))
    later(3.0)
    stage.say(inter(3000))
    stage.broadcast()
    recover(stage, player)
    assert player.heard() == []
    assert player.reader.awaits_keyframe
    stage.say(other(header(3040)), key(3040))
    stage.run()
    assert player.heard() == [*heard(other(header()), at=3040), *heard(key(3040))]
    assert player.reader.skipped == 3


async def test_what_the_log_has_let_go_of_is_skipped_too() -> None:
    stage = on_stage(key(0), log_bytes=Bytes(64 * 1024))
    player = slow_player(stage)
    for at in range(1000, 100_000, 1000):
        stage.say(key(at, 5000))
        stage.broadcast()
    recover(stage, player)
    assert player.heard() == heard(key(99_000, 5000))
    assert player.reader.skipped == 98


async def test_what_the_log_let_go_of_before_it_was_broadcast_is_skipped_by_everybody() -> None:
    stage = on_stage(key(0), log_bytes=Bytes(64 * 1024))
    players = [stage.play() for _ in range(3)]
    stage.run()
    stage.say(*(key(at, 5000) for at in range(1000, 100_000, 1000)), inter(99_040))
    assert stage.live.feed.log.base > 1
    stage.run()
    for player in players:
        assert player.heard() == heard(key(0), key(99_000, 5000), inter(99_040))
        assert player.reader.skipped == 98
        assert player.reader.fast_at == stage.live.feed.log.end


async def test_a_stream_without_video_is_entered_at_its_newest_record(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(audio_header(), audio(0), slow_reader_after=2.0)
    player = slow_player(stage)
    for at in range(1000, 6000, 1000):
        stage.say(audio(at))
        stage.broadcast()
        later(1.0)
    recover(stage, player)
    assert player.heard() == heard(audio(5000))
    assert player.reader.skipped == 4


async def test_who_skips_after_the_publisher_has_left_is_told_so(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    stage.say(inter(40))
    stage.broadcast()
    later(3.0)
    assert stage.live.lease is not None
    stage.live.lease.give_back()
    recover(stage, player)
    assert player.heard() == [(0, b"UnpublishNotify")]
    assert player.reader.skipped == 1


async def test_who_waits_after_a_skip_and_leaves_has_missed_all_since(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), slow_reader_after=2.0)
    player = slow_player(stage)
    stage.say(inter(40))
    later(3.0)
    stage.say(inter(3000))
    stage.broadcast()
    recover(stage, player)
    stage.say(inter(3040))
    player.reader.detach()
    assert player.reader.skipped == 3


async def test_with_the_drop_policy_a_reader_too_far_behind_is_ended(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(key(0), slow_reader_after=2.0, slow_reader=SlowPolicy.DROP)
    player = slow_player(stage)
    stage.say(inter(40))
    later(3.0)
    stage.say(inter(3000))
    stage.broadcast()
    player.outlet.room = EVERYTHING
    with pytest.raises(ReaderTooSlowError, match="a reader of cam is 2 messages behind") as caught:
        player.serve()
    assert caught.value.end is EndReason.READER_TOO_SLOW


# ------------------------------------------------------------- pause and resume


async def test_a_short_pause_loses_nothing_and_repeats_nothing() -> None:
    stage = on_stage(header(), key(0), inter(40))
    player = stage.play()
    stage.run()
    player.heard()
    player.reader.pause()
    stage.say(inter(80), audio(90))
    stage.run()
    assert player.heard() == []
    player.reader.resume()
    stage.run()
    assert player.heard() == heard(inter(80), audio(90))


async def test_after_a_long_pause_a_reader_goes_on_at_the_newest_keyframe() -> None:
    stage = on_stage(header(), audio_header(), key(0))
    player = stage.play()
    stage.run()
    player.heard()
    player.reader.pause()
    stage.say(inter(40), other(header(80)), key(80), inter(120))
    stage.run()
    player.reader.resume()
    stage.run()
    assert player.heard() == [*heard(other(header()), at=80), *heard(key(80), inter(120))]
    assert player.reader.skipped == 0  # it wanted no more


async def test_a_reader_that_pauses_keeps_nothing() -> None:
    stage = on_stage(key(0))
    player = stage.play()
    stage.run()
    player.reader.pause()
    for at in range(40, 40_000, 40):
        stage.say(key(at))
        stage.broadcast()
    assert len(stage.live.feed.log) < 130
    player.reader.resume()
    stage.run()
    assert player.heard() == heard(key(0), key(39_960))


async def test_after_a_pause_longer_than_the_log_a_reader_waits_for_a_keyframe() -> None:
    stage = on_stage(key(0), log_bytes=Bytes(64 * 1024))
    player = stage.play()
    stage.run()
    player.reader.pause()
    for at in range(40, 4000, 40):
        stage.say(inter(at, 5000))
        stage.broadcast()
    player.reader.resume()
    assert player.reader.awaits_keyframe
    stage.say(key(4000))
    stage.run()
    assert player.heard() == heard(key(0), key(4000))


async def test_a_keyframe_does_not_end_a_pause() -> None:
    stage = on_stage(key(0), inter(40), gop_cache=None)
    player = stage.play()
    assert player.reader.awaits_keyframe
    player.reader.pause()
    stage.say(key(80))
    stage.run()
    assert player.heard() == []
    assert player.reader not in stage.live.feed.slow
    player.reader.resume()
    stage.say(key(120))
    stage.run()
    assert player.heard() == heard(key(120))


async def test_pausing_before_anything_was_sent_loses_no_headers() -> None:
    stage = on_stage(header(), key(0))
    player = stage.play()
    player.reader.pause()
    stage.say(inter(40))
    stage.run()
    player.reader.resume()
    stage.run()
    assert player.heard() == [*heard(header(), at=0), *heard(key(0), inter(40))]


async def test_a_reader_that_paused_through_a_change_of_publishers_gets_the_new_headers() -> None:
    stage = on_stage(header(), key(0))
    player = stage.play()
    stage.run()
    player.heard()
    player.reader.pause()
    assert stage.live.lease is not None
    stage.live.lease.give_back()
    stage.run()
    player.reader.resume()
    player.reader.pause()
    stage.publish()
    stage.say(other(header()), audio(3), key(5))
    stage.run()
    player.reader.resume()
    stage.run()
    assert player.heard() == [*heard(other(header()), at=5), *heard(key(5))]


async def test_who_left_while_pausing_does_not_come_back() -> None:
    stage = on_stage(key(0), gop_cache=None)
    player = stage.play()
    player.reader.pause()
    player.reader.detach()
    player.reader.resume()
    stage.say(key(40))
    stage.run()
    assert player.heard() == []
    assert not stage.live.feed.slow


async def test_resuming_what_has_not_paused_does_nothing() -> None:
    stage = on_stage(key(0))
    player = stage.play()
    stage.run()
    wakes = player.outlet.wakes
    player.reader.resume()
    assert player.outlet.wakes == wakes
    assert player.reader.fast_at == 1


# ---------------------------------------------------------------------- leaving


async def test_a_reader_that_left_is_sent_nothing_more() -> None:
    stage = on_stage(key(0))
    players = [stage.play() for _ in range(3)]
    stage.run()
    stage.say(inter(40))
    [delivery] = stage.begin()
    for player in players:
        player.reader.detach()
        player.reader.detach()
    assert delivery.step(100)
    assert [len(player.heard()) for player in players] == [1, 1, 1]
    assert stage.live.feed.reader_count == 0
    assert not stage.live.feed.groups
    assert not stage.live.feed.slow


@given(
    st.lists(st.integers(10, 300), min_size=1, max_size=6),
    st.lists(st.integers(0, 400), max_size=12),
    st.sampled_from([128, 4096]),
)
async def test_whatever_a_connection_takes_it_gets_every_message_once_and_whole(
    sizes: list[int], rooms: list[int], chunk_size: int
) -> None:
    stage = on_stage(key(0))
    player = stage.play(RtmpForm.of(chunk_size, 1, True, True), chunk_size=chunk_size)
    stage.run()
    said = [key(0)]
    for number, room in enumerate(rooms):
        message = inter(40 * number + 40, sizes[number % len(sizes)])
        said.append(message)
        stage.say(message)
        player.outlet.room = room
        stage.broadcast()
        player.serve()
        player.outlet.read()
    recover(stage, player)
    player.outlet.read()
    assert [(it.timestamp_ms, it.payload) for it in player.outlet.messages] == heard(*said)
    assert player.outlet.unread == 0
    assert player.reader.bytes_sent == len(player.outlet.taken)
