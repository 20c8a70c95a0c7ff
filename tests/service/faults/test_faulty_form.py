"""What one player gets of a stream when a fault is done to its frames."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House
from trio_srs.hub.bus import FaultTaken
from trio_srs.testing.bodies import audio, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.wire.rtmp.message import Message, MessageType

FRAMES = [key(at) if at % 400 == 0 else inter(at) for at in range(40, 1000, 40)]


async def watch(house: House, *faults: str) -> list[Message]:
    """Have a stream played under faults: the frames that came, without the beginning."""
    for text in faults:
        house.fault(text)
    publisher, player = await house.publisher(), await house.player()
    began = await heard(player)
    assert [each.timestamp_ms for each in began if is_video(each)]
    for message in FRAMES:
        await publisher.say(message, audio(message.timestamp_ms))
        await wait_all_tasks_blocked()
    return await heard(player)


def is_video(message: Message) -> bool:
    return message.type_id == MessageType.VIDEO


async def heard(player: Peer) -> list[Message]:
    """All media that has come so far."""
    found: list[Message] = []
    with trio.move_on_after(0.1):
        while True:
            found += await player.hear_media()
    return found


def times(messages: list[Message]) -> list[int]:
    """When each picture is said to be."""
    return [each.timestamp_ms for each in messages if is_video(each)]


ALL = [each.timestamp_ms for each in FRAMES]


async def test_without_a_fault_all_come_in_order(house: House) -> None:
    assert times(await watch(house)) == ALL


async def test_one_frame_is_dropped_and_one_comes_twice(house: House) -> None:
    got = times(await watch(house, "drop play after=2frames", "repeat play after=4frames"))
    assert got == [*ALL[:1], *ALL[2:4], *ALL[3:]]  # the keyframe it began with counts
    details = [event.detail for event in house.told(FaultTaken)]
    assert details == ["from 80 ms on", "from 160 ms on"]


async def test_every_fifth_frame_and_its_next_are_dropped(house: House) -> None:
    got = times(await watch(house, "drop play after=1frames every=5 frames=2"))
    assert got == [at for number, at in enumerate(ALL) if number % 5 > 1]


async def test_sound_may_be_dropped_alone(house: House) -> None:
    got = await watch(house, "drop play every=1 track=audio")
    assert times(got) == ALL
    assert len(got) == len(ALL)


async def test_a_frame_comes_behind_the_next(house: House) -> None:
    got = await watch(house, "reorder play after=3frames")
    places = [each.timestamp_ms for each in got if is_video(each)]
    assert places[:5] == [40, 80, 120, 160, 200]
    assert [(each.type_id, each.timestamp_ms) for each in got][4:7] == [
        (MessageType.AUDIO, 120),
        (MessageType.VIDEO, 120),
        (MessageType.VIDEO, 160),
    ]


@pytest.mark.parametrize(("by", "shift"), [("1h", 3_600_000), ("-100ms", -100)])
async def test_timestamps_jump_for_good(house: House, by: str, shift: int) -> None:
    got = times(await watch(house, f"jump play after=3frames by={by}"))
    assert got == [*ALL[:2], *(at + shift for at in ALL[2:])]


async def test_media_stop_at_a_keyframe_and_the_connection_stays(house: House) -> None:
    got = times(await watch(house, "freeze play after=2s", "freeze play after=3frames"))
    assert got == [at for at in ALL if at < 400]


async def test_bits_are_flipped_in_one_frame_and_always_the_same(house: House) -> None:
    big = Message(MessageType.VIDEO, 1, 2000, inter(0).payload[:5] + bytes(500))
    house.fault("corrupt play after=1s bytes=3")
    publisher, player = await house.publisher(), await house.player()
    other = await house.player()
    await heard(player)
    await trio.sleep(2)
    await publisher.say(big, big)
    first, second = await heard(player)
    assert sum(a != b for a, b in zip(first.payload, big.payload, strict=True)) == 3
    assert second.payload == big.payload
    assert [each.payload for each in await heard(other)][-2:] == [first.payload, big.payload]


async def test_other_players_get_what_was_sent(house: House) -> None:
    house.fault("drop play nth=1 every=1")
    publisher, harmed, other = await house.publisher(), await house.player(), await house.player()
    await publisher.say(*FRAMES)
    assert times(await heard(harmed)) == [0]  # the header
    assert times(await heard(other)) == [0, 0, *ALL]


async def test_media_may_be_held_back_and_then_come_at_once(house: House) -> None:
    house.fault("stall play after=1s for=5s direction=out")
    publisher, player = await house.publisher(), await house.player()
    await heard(player)
    await trio.sleep(1)
    await publisher.say(*FRAMES)
    assert times(await heard(player)) == []
    await trio.sleep(5)
    assert times(await heard(player)) == ALL
