"""A live stream: where readers begin, what they are given first, what is kept for whom."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.hub.stage import Heard, Stage, heard, later
from trio_srs.hub.settings import TimestampMode
from trio_srs.testing.bodies import audio, audio_header, data, header, inter, key, metadata
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray
from trio_srs.wire.flv.script import parse_metadata
from trio_srs.wire.rtmp.message import Message, MessageType

PUBLISHED: Heard = (0, b"PublishNotify")
UNPUBLISHED: Heard = (0, b"UnpublishNotify")
ABOUT = data("onMetaData", EcmaArray({"width": 320.0, "height": 240.0}))


def other(message: Message, tail: bytes = b"another") -> Message:
    """A header like this one, but of another resolution or codec profile."""
    return attrs.evolve(message, payload=message.payload + tail)


def on_stage(stage: Stage, *messages: Message) -> Stage:
    stage.publish()
    stage.say(*messages)
    return stage


# ---------------------------------------------------------------- late readers


async def test_a_late_reader_gets_headers_and_then_everything_from_the_keyframe() -> None:
    stage = on_stage(
        Stage(),
        *(metadata(), audio_header(), header()),
        *(key(40_000), inter(40_040), audio(40_050), key(41_000), audio(41_010), inter(41_040)),
    )
    player = stage.play()
    stage.run()
    assert player.heard() == [
        *heard(ABOUT),
        *heard(header(), audio_header(), at=41_000),
        *heard(key(41_000), audio(41_010), inter(41_040)),
    ]
    stage.say(inter(41_080))
    stage.run()
    assert player.heard() == heard(inter(41_080))


async def test_a_reader_that_was_first_gets_everything_as_it_came() -> None:
    stage = Stage()
    player = stage.play()
    said = (metadata(), header(5), audio_header(6), key(40_000), audio(40_010), inter(40_040))
    on_stage(stage, *said)
    stage.run()
    assert player.heard() == [PUBLISHED, *heard(ABOUT, *said[1:])]


async def test_a_reader_that_comes_with_the_publisher_gets_everything_as_it_came() -> None:
    stage = on_stage(Stage())
    player = stage.play()
    stage.say(header(), key(70), inter(110))
    stage.run()
    assert player.heard() == heard(header(), key(70), inter(110))


async def test_a_change_of_headers_in_the_middle_reaches_everybody_in_its_place() -> None:
    stage = on_stage(Stage(), header(), key(0), inter(40))
    before = stage.play()
    stage.run()
    before.heard()
    change = (other(header(80)), key(80), inter(120))
    stage.say(*change)
    after = stage.play()
    stage.run()
    assert before.heard() == heard(*change)
    assert after.heard() == heard(*change)


async def test_who_joins_a_gop_whose_headers_changed_later_gets_the_older_ones_first() -> None:
    """The picture before the change is decoded with the header before the change."""
    stage = on_stage(Stage(), header(), audio_header(), key(0), other(audio_header(40)), inter(40))
    player = stage.play()
    stage.run()
    assert player.heard() == [
        *heard(header(), audio_header(), at=0),
        *heard(key(0), other(audio_header(40)), inter(40)),
    ]


@pytest.mark.parametrize("first", [0x84, 0x94, 0xD4], ids=hex)
async def test_a_late_reader_gets_colour_information_of_any_frame_type(first: int) -> None:
    colour = Message(MessageType.VIDEO, 1, 0, bytes((first,)) + b"hvc1" + amf0.encode("colorInfo"))
    sequence = Message(MessageType.VIDEO, 1, 0, b"\x90hvc1\x01")
    picture = Message(MessageType.VIDEO, 1, 40, b"\x93hvc1\x01")
    stage = on_stage(Stage(), colour, sequence, picture)
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(colour, sequence, at=40), *heard(picture)]


async def test_after_a_change_of_codec_a_late_reader_gets_no_header_of_the_one_before() -> None:
    """AAC, then MP3, which has none; players that were there heard the change as it was."""
    mp3 = [Message(MessageType.AUDIO, 1, at, b"\x2f\xff\xfb\x90") for at in (50, 90)]
    stage = on_stage(Stage(), header(), audio_header(), key(0), audio(10), mp3[0], inter(40))
    within = stage.play()
    stage.say(key(80), mp3[1])
    after = stage.play()
    stage.run()
    assert within.heard() == [
        *heard(header(), audio_header(), at=0),
        *heard(key(0), audio(10), mp3[0], inter(40), key(80), mp3[1]),
    ]
    assert after.heard() == [*heard(header(), at=80), *heard(key(80), mp3[1])]


async def test_of_sound_alone_the_header_is_that_of_the_codec_there_is_now() -> None:
    opus = Message(MessageType.AUDIO, 1, 40, b"\x91Opus\xff")
    stage = on_stage(Stage(), audio_header(), audio(0), opus)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(opus)
    stage.say(audio_header(60), audio(80))
    again = stage.play()
    stage.run()
    assert again.heard() == [*heard(audio_header(), at=80), *heard(audio(80))]


async def test_after_a_change_of_video_codec_a_late_reader_gets_its_header_alone() -> None:
    colour = Message(MessageType.VIDEO, 1, 0, b"\x84hvc1\x02")
    hevc = Message(MessageType.VIDEO, 1, 0, b"\x90hvc1\x01")
    stage = on_stage(Stage(), colour, hevc, Message(MessageType.VIDEO, 1, 0, b"\x93hvc1\x01"))
    stage.say(header(40), key(40))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(header(40), key(40))


async def test_audio_before_video_is_an_entry_until_there_is_video() -> None:
    stage = on_stage(Stage(), audio_header(), audio(0), audio(20), header(30), inter(40))
    player = stage.play()
    stage.run()
    assert player.heard() == [
        *heard(audio_header(), at=20),
        *heard(audio(20), header(30), inter(40)),
    ]


async def test_with_audio_only_the_newest_record_is_the_entry() -> None:
    stage = on_stage(Stage(), metadata(), audio_header(), *(audio(at) for at in range(0, 2000, 20)))
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(ABOUT), *heard(audio_header(), at=1980), *heard(audio(1980))]


async def test_with_data_only_the_newest_record_is_the_entry() -> None:
    stage = on_stage(Stage(), data("onTextData", "one"), data("onTextData", "two"))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(data("onTextData", "two"))


UNDEFINED = (7, 10, 11, 12, 13, 14, 21, 23, 99, 255)
"""Message types that RTMP does not define."""


@pytest.mark.parametrize("type_id", UNDEFINED)
async def test_types_that_rtmp_does_not_define_are_counted_and_not_passed_on(type_id: int) -> None:
    stage = Stage()
    stage.publish()
    player = stage.play()
    stage.say(header(), key(0), Message(type_id, 1, 7, b"whatever"), inter(40))
    stage.run()
    assert player.heard() == heard(header(), key(0), inter(40))
    assert (stage.live.counters.messages, stage.live.counters.others) == (4, 2)


@pytest.mark.parametrize("type_id", UNDEFINED)
async def test_nobody_begins_at_a_message_that_is_not_passed_on(type_id: int) -> None:
    stage = on_stage(Stage(), audio_header(), audio(0), Message(type_id, 1, 7, b"whatever"))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(audio_header(), audio(0))


@pytest.mark.parametrize("type_id", UNDEFINED)
async def test_undefined_types_are_passed_on_if_asked_and_are_entries_then(type_id: int) -> None:
    unknown = Message(type_id, 1, 7, b"whatever")
    stage = on_stage(Stage(pass_unknown_types=True), audio(0), unknown)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(unknown)


async def test_with_video_only_the_keyframe_is_the_entry() -> None:
    stage = on_stage(Stage(), header(), key(0), inter(40), key(80), inter(120))
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(header(), at=80), *heard(key(80), inter(120))]


async def test_a_stream_that_begins_in_the_middle_of_a_gop_may_be_joined_all_the_same() -> None:
    stage = on_stage(Stage(), header(), inter(40), inter(80))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(header(), inter(40), inter(80))


async def test_video_that_has_stopped_does_not_keep_readers_waiting_for_ever(
    autojump_clock: MockClock,
) -> None:
    stage = on_stage(Stage(gop_cache=Seconds(5.0)), audio_header(), header(), key(0))
    for at in range(20, 9_020, 100):
        later(0.1)
        stage.say(audio(at))
    early = stage.play()
    assert early.reader.awaits_keyframe
    for at in range(9_020, 10_120, 100):
        later(0.1)
        stage.say(audio(at))
    stage.run()
    assert early.heard()[:3] == [*heard(header(), audio_header(), at=10_020), *heard(audio(10_020))]
    late = stage.play()
    stage.run()
    assert late.heard() == [*heard(header(), audio_header(), at=10_020), *heard(audio(10_020))]
    stage.say(key(10_200))
    stage.run()
    assert late.heard() == heard(key(10_200))


@pytest.mark.parametrize(
    "settings",
    [
        {"gop_cache": None},
        {"gop_cache": Seconds(3.0)},
        {"gop_cache_records": 3},
        {"gop_cache_bytes": Bytes(64 * 1024)},
    ],
    ids=["off", "too long", "too many", "too large"],
)
async def test_a_reader_of_a_gop_that_is_not_cached_waits_for_the_next_keyframe(
    settings: dict[str, Any], autojump_clock: MockClock
) -> None:
    stage = on_stage(Stage(**settings), metadata(), header(), audio_header(), key(0, 40_000))
    for at in (1000, 2000, 3000, 4000):
        later(1.0)
        stage.say(inter(at, 10_000))
    player = stage.play()
    stage.run()
    assert player.reader.awaits_keyframe
    assert player.heard() == []
    stage.say(audio(4010), key(5000), inter(5040))
    assert not player.reader.awaits_keyframe
    stage.run()
    assert player.heard() == [
        *heard(ABOUT),
        *heard(header(), audio_header(), at=5000),
        *heard(key(5000), inter(5040)),
    ]


async def test_a_gop_exactly_within_the_bounds_is_cached(autojump_clock: MockClock) -> None:
    stage = on_stage(Stage(gop_cache=Seconds(3.0), gop_cache_records=4), header(), key(0))
    for at in (1000, 2000, 3000):
        later(1.0)
        stage.say(inter(at))
    player = stage.play()
    stage.run()
    assert len(player.heard()) == 5
    stage.say(inter(3001))
    assert stage.play().reader.awaits_keyframe


async def test_a_reader_that_waits_keeps_nothing() -> None:
    stage = on_stage(Stage(gop_cache=None), key(0))
    stage.play()
    for at in range(1000):
        stage.say(inter(at))
        stage.broadcast()
    assert len(stage.live.feed.log) < 130


# -------------------------------------------------------------------- metadata


@pytest.mark.parametrize("type_id", [MessageType.DATA_AMF0, MessageType.DATA_AMF3])
async def test_the_publishers_word_to_the_server_is_cut_off_and_no_other_byte(type_id: int) -> None:
    rest = amf0.encode("onMetaData", EcmaArray({"odd": float("nan")})) + b"\x05\x05"
    switch = b"\0" if type_id == MessageType.DATA_AMF3 else b""
    said = Message(type_id, 1, 0, switch + amf0.encode("@setDataFrame") + rest)
    stage = on_stage(Stage(), said, key(0))
    player = stage.play()
    stage.run()
    assert player.heard()[0] == (0, switch + rest)


async def test_metadata_may_be_cleared() -> None:
    stage = on_stage(Stage(), metadata(), data("@clearDataFrame", "onMetaData"), key(0))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(key(0))


@pytest.mark.parametrize("type_id", [MessageType.DATA_AMF0, MessageType.DATA_AMF3])
async def test_the_servers_name_is_added_if_wanted(type_id: int) -> None:
    amf3 = type_id == MessageType.DATA_AMF3
    said = metadata()
    said.type_id, said.payload = type_id, b"\0" * amf3 + said.payload
    stage = Stage()
    stage.publish(metadata_server_name=True)
    stage.say(said, key(0))
    player = stage.play()
    stage.run()
    [(_, body), _] = player.heard()
    about = parse_metadata(body, amf3=amf3)
    assert (about.server, about.width) == ("our server", 320)


# ------------------------------------------------------------------ timestamps


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (TimestampMode.KEEP, [(0, 2**32 - 20), (2**32 - 20, 20), (500, 540)]),
        (TimestampMode.REBASE, [(0, 0), (0, 40), (0, 40)]),
        (TimestampMode.CONTINUE, [(0, 0), (0, 40), (41, 81)]),
    ],
)
async def test_timestamps_are_corrected_as_the_settings_say(
    mode: TimestampMode, expected: list[tuple[int, int]]
) -> None:
    """The header is stamped 0, the first frame comes just before the 32 bits wrap."""
    stage = Stage(publish_notify=False)
    player = stage.play()
    lease = stage.publish(timestamps=mode)
    stage.say(header(0), key(2**32 - 20), inter(20))
    lease.give_back()
    stage.publish(timestamps=mode)
    stage.say(key(500), inter(540))
    stage.run()
    times = [time for time, _ in player.heard()]
    assert [(times[0], times[1]), (times[1], times[2]), (times[3], times[4])] == expected


async def test_a_late_reader_gets_headers_with_the_corrected_time() -> None:
    stage = Stage()
    stage.publish(timestamps=TimestampMode.REBASE)
    stage.say(header(0), key(7000), inter(7040), key(7080))
    player = stage.play()
    stage.run()
    assert [time for time, _ in player.heard()] == [80, 80]


# ------------------------------------------------------- publishers come and go


async def test_readers_are_told_when_publishers_come_and_go() -> None:
    stage = Stage()
    player = stage.play()
    lease = stage.publish()
    stage.say(key(0))
    lease.give_back()
    stage.publish()
    stage.say(other(header()), key(7))
    stage.run()
    assert player.heard() == [
        *(PUBLISHED, *heard(key(0)), UNPUBLISHED),
        *(PUBLISHED, *heard(other(header()), key(7))),
    ]


async def test_readers_are_not_told_if_that_is_switched_off() -> None:
    stage = Stage(publish_notify=False)
    player = stage.play()
    stage.publish().give_back()
    stage.publish()
    stage.say(key(0))
    stage.run()
    assert player.heard() == heard(key(0))


async def test_nobody_begins_in_what_a_publisher_left_behind() -> None:
    """Not even in what the others are still being sent."""
    stage = Stage()
    stage.play(room=0)
    lease = stage.publish()
    stage.say(header(), key(0), inter(40))
    lease.give_back()
    player = stage.play()
    stage.run()
    assert player.heard() == []
    stage.publish()
    stage.say(key(100))
    stage.run()
    assert player.heard() == [PUBLISHED, *heard(key(100))]


async def test_headers_of_the_last_publisher_are_not_given_to_readers_of_the_next() -> None:
    stage = Stage()
    lease = stage.publish()
    stage.say(metadata(), header(), audio_header(), key(0))
    lease.give_back()
    on_stage(stage, audio_header(), audio(5))
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(audio_header(), at=5), *heard(audio(5))]


async def test_who_waits_for_a_keyframe_is_told_that_the_publisher_left_and_nothing_else() -> None:
    stage = Stage(gop_cache=None)
    stage.play()  # has not been sent the last GOP
    lease = stage.publish()
    stage.say(key(0), inter(40))
    waiting = stage.play()
    assert waiting.reader.awaits_keyframe
    stage.say(inter(80))
    lease.give_back()
    stage.run()
    assert waiting.heard() == [UNPUBLISHED]
    on_stage(stage, key(9))
    stage.run()
    assert waiting.heard() == [PUBLISHED, *heard(key(9))]


async def test_counters_count_what_came_in_and_no_notices() -> None:
    stage = Stage()
    stage.play()
    lease = stage.publish()
    said = (metadata(), header(), key(0, 100), inter(40), audio(50), Message(99, 1, 0, b"abc"))
    stage.say(*said)
    lease.give_back()
    counters = stage.live.counters
    assert counters.messages == len(said)
    assert counters.bytes == sum(len(message.payload) for message in said)
    assert (counters.keyframes, counters.publishes) == (1, 1)


async def test_who_waits_for_a_change_is_woken_by_each(autojump_clock: MockClock) -> None:
    stage = Stage()
    came = stage.live.changed
    later(3.0)
    lease = stage.publish()
    assert came.is_set()
    assert stage.live.publishing
    left = stage.live.changed
    assert not left.is_set()
    later(4.0)
    lease.give_back()
    assert left.is_set()
    assert not stage.live.publishing
    assert stage.live.idle_since == trio.current_time()


async def test_the_name_is_free_also_if_the_one_who_observes_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Observing:
        def see_keyframe(self) -> None: ...

        def see_header_change(self) -> None: ...

        def left(self) -> None:
            raise KeyError("a bug in leaving")

    stage = Stage()
    lease = stage.publish()
    stage.live.observer = Observing()
    lease.give_back()
    assert stage.live.lease is None
    assert "a bug ended the observation of cam" in caplog.text
    caplog.clear()
