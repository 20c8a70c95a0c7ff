"""Each reader has a policy of its own, and what is kept follows from those there are."""

from __future__ import annotations

import pytest
from trio.testing import MockClock

from tests.hub.outlets import EVERYTHING
from tests.hub.stage import Player, Stage, heard, later
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.policy import Drop, ReaderTooSlowError, Skip, policy_of
from trio_srs.hub.settings import SlowPolicy, StreamSettings
from trio_srs.testing.bodies import inter, key
from trio_srs.units import Seconds, Timeout


def on_stage(slow_reader_after: float = 2.0) -> Stage:
    stage = Stage(slow_reader_after=slow_reader_after, gop_cache=Seconds(0.0))
    stage.publish()
    return stage


def slow_player(stage: Stage, policy: Skip | Drop | None = None) -> Player:
    """Takes nothing, from the first record on."""
    return stage.play(policy=policy, room=0)


def go_on(stage: Stage, seconds: int) -> None:
    """A keyframe a second."""
    for at in range(seconds):
        stage.say(key(1000 * at))
        later(1.0)
        stage.broadcast()


@pytest.mark.parametrize(("word", "kind"), [(SlowPolicy.SKIP, Skip), (SlowPolicy.DROP, Drop)])
def test_settings_say_it_for_those_who_do_not(word: SlowPolicy, kind: type[Skip | Drop]) -> None:
    settings = StreamSettings(slow_reader=word, slow_reader_after=Timeout(7.0))
    assert policy_of(settings) == kind(7.0)


async def test_of_equally_slow_readers_each_meets_what_it_asked_for(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage()
    skipping, dropping = slow_player(stage), slow_player(stage, Drop(3.0))
    patient = slow_player(stage, Drop(60.0))
    go_on(stage, 6)
    for player in stage.players:
        player.outlet.room = EVERYTHING
    skipping.serve()
    patient.serve()
    with pytest.raises(ReaderTooSlowError, match="6 messages behind"):
        dropping.serve()
    assert (skipping.heard(), skipping.reader.skipped) == (heard(key(5000)), 5)
    assert patient.heard() == heard(*(key(1000 * at) for at in range(6)))


async def test_who_says_nothing_meets_what_holds_for_the_next_publisher(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage()
    slow, own = slow_player(stage), slow_player(stage, Skip(2.0))
    assert stage.live.lease is not None
    stage.live.lease.give_back()
    stage.publish(slow_reader=SlowPolicy.DROP)
    go_on(stage, 5)
    for player in stage.players:
        player.outlet.room = EVERYTHING
    own.serve()
    assert own.heard() == heard(key(4000))
    with pytest.raises(ReaderTooSlowError):
        slow.serve()


async def test_what_is_kept_follows_the_most_patient_reader_and_ends_with_it(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage()
    slow_player(stage, Skip(1.0))
    go_on(stage, 100)
    assert len(stage.live.feed.log) <= 3  # the settings would let it lag longer: it asked for less
    patient, other = slow_player(stage, Skip(50.0)), slow_player(stage, Drop(50.0))
    go_on(stage, 100)
    assert 45 <= len(stage.live.feed.log) <= 52
    patient.reader.detach()
    go_on(stage, 5)
    assert 45 <= len(stage.live.feed.log) <= 52
    other.reader.detach()
    go_on(stage, 5)
    assert len(stage.live.feed.log) <= 5
    assert stage.live.feed.log.bounds.seconds == 2.0


async def test_a_reader_that_changes_its_form_keeps_its_policy(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage()
    player = slow_player(stage, Drop(1.0))
    form = RtmpForm.of(4096, 1, False, True)
    reader = stage.live.feed.reform(player.reader, form, keep_position=True)
    go_on(stage, 3)
    player.outlet.room = EVERYTHING
    with pytest.raises(ReaderTooSlowError):
        reader.next_span(1000)
    reader.detach()
    assert stage.live.feed.log.bounds.seconds == 2.0


async def test_the_log_is_kept_for_the_broadcaster_as_long_as_for_the_most_patient(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage()
    player = stage.play(policy=Skip(30.0))
    stage.run()
    for at in range(10):  # it does not come round
        stage.say(inter(1000 * at))
        later(1.0)
    stage.run()
    assert player.heard() == heard(*(inter(1000 * at) for at in range(10)))
