"""One picture in several messages: it is counted once, and begun at its first message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trio.testing import MockClock

from tests.hub.scene import Scene
from tests.hub.stage import Stage, heard, later
from trio_srs.testing.bodies import audio, audio_header, header
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.rtmp.message import Message, MessageType

Body = Callable[[bool, bytes], bytes]
"""A body with one NALU, marked as a keyframe or not."""


def _unit(nalu: bytes) -> bytes:
    return len(nalu).to_bytes(4, "big") + nalu


def legacy(codec: int) -> Body:
    def body(is_key: bool, nalu: bytes) -> bytes:
        return bytes(((1 if is_key else 2) << 4 | codec, 1, 0, 0, 0)) + _unit(nalu)

    return body


def enhanced(head: bytes) -> Body:
    """Coded frames behind whatever ``head`` is, its first byte without the frame type."""

    def body(is_key: bool, nalu: bytes) -> bytes:
        first = head[0] | 0x80 | (1 if is_key else 2) << 4
        return bytes((first,)) + head[1:] + _unit(nalu)

    return body


AVC = {
    "delimiter": b"\x09\xf0",
    "sets": b"\x67\x42\xc0\x1e",
    "sei": b"\x06\x05\x01\x80",
    "first": b"\x65\x88\x84\x84",
    "other": b"\x65\x4b\x84\x84",
    "inter": b"\x41\x9a\x24\x24",
    "inter other": b"\x41\x4b\x24\x24",
}
HEVC = {
    "delimiter": b"\x46\x01\x50",
    "sets": b"\x40\x01\x0c\x01",
    "sei": b"\x4e\x01\x05\x01",
    "first": b"\x26\x01\xaf\x09",
    "other": b"\x26\x01\x2f\x09",
    "inter": b"\x02\x01\xd0\x09",
    "inter other": b"\x02\x01\x50\x09",
}
FORMS = {
    "AVC": (legacy(7), AVC),
    "legacy HEVC": (legacy(12), HEVC),
    "enhanced AVC": (enhanced(b"\x01avc1\0\0\0"), AVC),
    "enhanced HEVC": (enhanced(b"\x03hvc1"), HEVC),
    "with a modifier": (enhanced(b"\x07\x02\x00\x00\x01\x03hvc1"), HEVC),
    "one track": (enhanced(b"\x06\x03hvc1\x00"), HEVC),
}


@pytest.fixture(params=FORMS)
def part(request: pytest.FixtureRequest) -> Callable[..., Message]:
    body, nalus = FORMS[request.param]

    def make(at: int, name: str, *, is_key: bool | None = None) -> Message:
        marked = name in ("first", "other") if is_key is None else is_key
        return Message(MessageType.VIDEO, 1, at, body(marked, nalus[name]))

    return make


Part = Callable[..., Message]


def on_stage(stage: Stage, *messages: Message) -> Stage:
    stage.publish()
    stage.say(*messages)
    return stage


def counted(stage: Stage) -> tuple[int, int, int, int]:
    counters = stage.live.counters
    return counters.pictures, counters.keyframes, counters.others, counters.sounds


async def test_who_joins_gets_a_picture_from_its_first_slice_on(part: Part) -> None:
    slices = [part(1000, "first"), part(1000, "other"), part(1000, "other")]
    stage = on_stage(Stage(), part(0, "first"), part(40, "inter"), *slices, part(1040, "inter"))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(*slices, part(1040, "inter"))
    assert counted(stage) == (4, 2, 2, 0)


@pytest.mark.parametrize("is_marked", [False, True])
@pytest.mark.parametrize(
    "ahead", [["delimiter"], ["sei"], ["sets"], ["delimiter", "sets", "sets", "sei"]]
)
async def test_who_joins_gets_what_stands_before_the_slices_of_a_picture(
    part: Part, ahead: list[str], is_marked: bool
) -> None:
    said = [part(1000, name, is_key=is_marked) for name in ahead]
    said += [part(1000, "first"), part(1000, "other")]
    stage = on_stage(Stage(), part(0, "first"), part(40, "inter"), *said, part(1040, "inter"))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(*said, part(1040, "inter"))
    assert counted(stage)[:2] == (4, 2)


async def test_sound_between_the_slices_does_not_part_them(part: Part) -> None:
    said = [part(1000, "sei"), audio(990), part(1000, "first"), audio(1010), part(1000, "other")]
    stage = on_stage(Stage(), audio_header(), part(0, "first"), *said)
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(audio_header(), at=1000), *heard(*said)]
    assert counted(stage) == (2, 2, 3, 2)


async def test_who_waits_for_a_keyframe_gets_all_of_it(part: Part) -> None:
    stage = on_stage(Stage(gop_cache=None), audio_header(), part(0, "first"), part(40, "inter"))
    player = stage.play()
    stage.play()  # has been sent all so far, and is not told twice
    stage.run()
    said = [part(1000, "delimiter"), part(1000, "sei"), part(1000, "first"), part(1000, "other")]
    for message in said:
        assert player.heard() == []
        stage.say(message)
        if message is not said[2]:
            continue
        assert not player.reader.awaits_keyframe
    stage.run()
    assert player.heard() == [*heard(audio_header(), at=1000), *heard(*said)]


async def test_headers_that_stand_inside_a_picture_are_given_in_their_place(
    part: Part,
) -> None:
    new = header(1000)
    said = [part(1000, "delimiter"), new, part(1000, "first")]
    stage = on_stage(Stage(), audio_header(), *said)
    player = stage.play()
    stage.run()
    assert player.heard() == [*heard(audio_header(), at=1000), *heard(*said)]


async def test_two_first_slices_are_two_pictures_also_at_one_time(part: Part) -> None:
    """Some senders stamp everything with 0: who joins them begins at the newest keyframe."""
    said = [part(0, "first"), part(0, "inter"), part(0, "first"), part(0, "other")]
    stage = on_stage(Stage(), *said, part(0, "inter"))
    player = stage.play()
    stage.run()
    assert player.heard() == heard(*said[2:], part(0, "inter"))
    assert counted(stage)[:2] == (4, 2)


async def test_slices_of_other_pictures_are_counted_once_too(part: Part) -> None:
    inter = [part(40, "sei"), part(40, "inter"), part(40, "inter other")]
    stage = on_stage(Stage(), part(0, "first"), *inter)
    assert counted(stage) == (2, 1, 2, 0)


@pytest.mark.parametrize("fourcc", [b"av01", b"vp09", b"vp08"])
async def test_every_message_of_a_codec_without_slices_is_a_picture(fourcc: bytes) -> None:
    said = [Message(MessageType.VIDEO, 1, 0, b"\x93" + fourcc + bytes((n,))) for n in range(3)]
    stage = on_stage(Stage(), *said)
    assert counted(stage) == (3, 3, 0, 0)


def tracked(track: int, at: int, nalu: bytes, *, is_key: bool) -> Message:
    body = enhanced(b"\x06\x03hvc1" + bytes((track,)))
    return Message(MessageType.VIDEO, 1, at, body(is_key, nalu))


async def test_tracks_whose_slices_come_in_turn_have_their_own_pictures() -> None:
    said = [
        tracked(1, 1000, HEVC["first"], is_key=True),
        tracked(0, 1000, HEVC["sei"], is_key=False),
        tracked(1, 1000, HEVC["other"], is_key=True),
        tracked(0, 1000, HEVC["first"], is_key=True),
    ]
    stage = on_stage(Stage(), tracked(0, 0, HEVC["first"], is_key=True), *said)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(*said[1:])  # from the default track's first on
    assert counted(stage) == (3, 2, 2, 0)


async def test_a_picture_whose_beginning_is_long_gone_is_begun_where_it_is() -> None:
    sei, first = (Message(MessageType.VIDEO, 1, 0, legacy(7)(k, AVC[n])) for k, n in
                  ((False, "sei"), (True, "first")))  # fmt: skip
    stage = on_stage(Stage(gop_cache=None), sei, *(audio(at) for at in range(400)), first)
    player = stage.play()
    assert player.reader.awaits_keyframe
    stage = on_stage(Stage(gop_cache_records=5000), sei, *(audio(at) for at in range(400)), first)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(first)
    assert len(stage.live.feed.log) < 500


async def test_a_picture_whose_beginning_the_log_has_lost_is_begun_where_it_is() -> None:
    sei, first = (Message(MessageType.VIDEO, 1, 0, legacy(7)(k, AVC[n])) for k, n in
                  ((False, "sei"), (True, "first")))  # fmt: skip
    stage = on_stage(Stage(log_bytes=Bytes(64 * 1024)), sei)
    stage.say(*(audio(at, 5000) for at in range(30)), first)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(first)


async def test_the_gop_in_the_cache_is_as_large_as_from_the_first_message_on(
    autojump_clock: MockClock,
) -> None:
    sei = Message(MessageType.VIDEO, 1, 0, legacy(7)(False, AVC["sei"] + bytes(60_000)))
    first = Message(MessageType.VIDEO, 1, 0, legacy(7)(True, AVC["first"]))
    stage = on_stage(Stage(gop_cache_bytes=Bytes(64 * 1024), gop_cache=Seconds(5)), sei, first)
    later(1.0)
    assert not stage.play().reader.awaits_keyframe
    stage.say(Message(MessageType.VIDEO, 1, 40, legacy(7)(False, AVC["inter"] + bytes(5000))))
    assert stage.play().reader.awaits_keyframe


async def test_the_next_publisher_begins_a_picture_of_its_own() -> None:
    first = Message(MessageType.VIDEO, 1, 0, legacy(7)(True, AVC["first"]))
    stage = Stage()
    stage.publish()
    stage.say(first)
    stage.live.publisher_left()
    stage.publish()
    stage.say(first)
    player = stage.play()
    stage.run()
    assert player.heard() == heard(first)
    assert counted(stage)[:2] == (2, 2)


async def test_a_publication_counts_pictures_and_not_messages(autojump_clock: MockClock) -> None:
    scene = Scene()
    with scene.listening():
        publish_record = scene.come()
        for at in (0, 40, 80):
            scene.say(*(Message(MessageType.VIDEO, 1, at, legacy(7)(True, AVC[name]))
                        for name in ("sei", "first", "other", "other")))  # fmt: skip
        assert (publish_record.frames, publish_record.keyframes) == (3, 3)
