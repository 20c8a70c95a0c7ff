"""A reader that changes what it wants: audio or video switched off and on, and what it is given."""

from __future__ import annotations

import attrs
from trio.testing import MockClock

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, Player, Stage, heard, later
from trio_srs.hub.forms import RtmpForm
from trio_srs.testing.bodies import audio, audio_header, data, header, inter, key
from trio_srs.wire.rtmp.message import Message


def other(message: Message, tail: bytes = b"another") -> Message:
    """A header like this one, but of another resolution or codec profile."""
    return attrs.evolve(message, payload=message.payload + tail)


def on_stage(stage: Stage, *messages: Message) -> Stage:
    stage.publish()
    stage.say(*messages)
    return stage


AUDIO_ONLY = RtmpForm.of(4096, 1, True, False)
VIDEO_ONLY = RtmpForm.of(4096, 1, False, True)


def reform(stage: Stage, player: Player, form: RtmpForm, *, keep_position: bool) -> None:
    player.reader = stage.live.feed.reform(player.reader, form, keep_position=keep_position)


async def test_audio_may_be_switched_off_and_on_without_a_gap() -> None:
    stage = on_stage(Stage(), header(), audio_header(), key(0), audio(10))
    player = stage.play()
    stage.run()
    player.heard()
    reform(stage, player, VIDEO_ONLY, keep_position=True)
    stage.say(audio(20), inter(40))
    stage.run()
    reform(stage, player, FORM, keep_position=True)
    stage.say(audio(60), inter(80))
    stage.run()
    assert player.heard() == [
        *heard(inter(40)),
        *heard(audio_header(), at=40),  # the newest there was
        *heard(audio(60), inter(80)),
    ]


async def test_headers_that_came_while_audio_was_off_are_given_when_it_is_on_again() -> None:
    stage = Stage()
    player = stage.play(VIDEO_ONLY)
    on_stage(stage, audio_header(), header(), key(0), other(audio_header()), inter(40))
    stage.run()
    player.heard()
    stage.say(inter(80))
    reform(stage, player, FORM, keep_position=True)
    stage.say(audio(90))
    stage.run()
    assert player.heard() == [
        *heard(other(audio_header()), at=80),
        *heard(inter(80), audio(90)),
    ]


async def test_video_that_is_switched_on_again_begins_with_headers_at_the_next_keyframe() -> None:
    stage = on_stage(Stage(), header(), audio_header(), key(0))
    player = stage.play(AUDIO_ONLY)
    stage.say(audio(10), other(header()), inter(40))
    stage.run()
    player.heard()
    reform(stage, player, FORM, keep_position=False)
    stage.say(inter(80), audio(90))
    stage.run()
    assert player.heard() == []
    stage.say(key(120), audio(130))
    stage.run()
    assert player.heard() == [
        *heard(other(header()), audio_header(), at=120),
        *heard(key(120), audio(130)),
    ]


async def test_video_switched_on_right_before_a_keyframe_begins_with_it() -> None:
    stage = on_stage(Stage(), header(), key(0))
    player = stage.play(AUDIO_ONLY)
    stage.run()
    stage.say(key(40), inter(80))
    reform(stage, player, FORM, keep_position=False)
    stage.run()
    assert player.heard() == [*heard(header(), at=40), *heard(key(40), inter(80))]


async def test_video_may_be_switched_on_where_there_is_none() -> None:
    stage = on_stage(Stage(), audio_header(), audio(0))
    player = stage.play(AUDIO_ONLY)
    stage.run()
    player.heard()
    reform(stage, player, FORM, keep_position=False)
    stage.say(audio(20), audio(40))
    stage.run()
    assert player.heard() == [*heard(audio_header(), at=20), *heard(audio(20), audio(40))]


async def test_a_reader_that_has_paused_stays_paused_whatever_it_switches() -> None:
    stage = on_stage(Stage(), header(), audio_header(), key(0))
    player = stage.play()
    stage.run()
    player.heard()
    player.reader.pause()
    for form, keep in ((VIDEO_ONLY, True), (FORM, True), (AUDIO_ONLY, True), (FORM, False)):
        reform(stage, player, form, keep_position=keep)
        stage.say(inter(40), audio(50))
        stage.run()
        assert player.reader.paused
        assert player.heard() == []
    stage.say(key(80))
    player.reader.resume()
    stage.run()
    assert player.heard() == [*heard(header(), audio_header(), at=80), *heard(key(80))]


async def test_headers_not_yet_sent_are_sent_in_the_new_form() -> None:
    stage = on_stage(Stage(), header(), audio_header(), key(0))
    player = stage.play(room=0)
    stage.run()
    reform(stage, player, VIDEO_ONLY, keep_position=True)
    player.outlet.room = 10_000
    stage.run()
    assert player.heard() == [*heard(header(), at=0), *heard(key(0))]


async def test_a_reader_that_waits_for_a_keyframe_goes_on_waiting_in_the_new_form() -> None:
    stage = on_stage(Stage(gop_cache=None), header(), audio_header(), key(0), inter(40))
    player = stage.play()
    reform(stage, player, VIDEO_ONLY, keep_position=True)
    stage.say(inter(80), audio(90), key(120))
    stage.run()
    assert player.heard() == [*heard(header(), at=120), *heard(key(120))]


async def test_what_a_reader_missed_is_not_forgotten_when_it_changes_its_form(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(Stage(gop_cache=None, slow_reader_after=1.0), key(0))
    player = stage.play()
    stage.say(key(10))
    stage.run()
    player.outlet.room = 0
    stage.say(inter(40), inter(80))
    stage.run()
    later(5.0)
    stage.say(inter(5000))
    player.outlet.room = 10**6
    stage.run()
    assert player.reader.awaits_keyframe
    old = player.reader
    reform(stage, player, VIDEO_ONLY, keep_position=True)
    stage.say(inter(5040), key(5080))
    stage.run()
    assert player.heard() == heard(key(10), key(5080))
    assert (old.skipped, player.reader.skipped) == (0, 4)


async def test_a_reader_of_another_form_has_its_own_place() -> None:
    """Forms change what is sent, not where anybody stands."""
    stage = on_stage(Stage(), header(), audio_header(), key(0))
    forms = [FORM, AUDIO_ONLY, VIDEO_ONLY, RtmpForm.of(4096, 1, False, False)]
    players = [stage.play(form) for form in forms]
    stage.run()
    stage.say(audio(10), inter(40), data("onTextData", 1.0))
    stage.run()
    assert [len(player.heard()) for player in players] == [6, 3, 4, 1]
    assert {player.reader.fast_at for player in players} == {stage.live.feed.log.end}
    assert stage.live.feed.reader_count == len(stage.live.feed.groups) == 4
    for player in players:
        player.reader.detach()
    assert stage.live.feed.reader_count == len(stage.live.feed.groups) == 0


async def test_an_outlet_that_is_attached_is_woken() -> None:
    stage = on_stage(Stage(), key(0))
    outlet = MemoryOutlet()
    stage.live.feed.attach(FORM, outlet)
    assert outlet.wakes == 1
