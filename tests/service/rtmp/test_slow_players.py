"""Sending by oneself: what becomes of readers that are too slow, and of connections that break."""

from __future__ import annotations

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House, ask
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayEnded, SessionEnded
from trio_srs.hub.settings import SlowPolicy, StreamSettings
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import audio, command, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.rtmp.message import Message

STARTED = "NetStream.Play.Start"
SLOW = attrs.evolve(
    FAST,
    slow_reader_after=Timeout(5.0),
    stalled_timeout=NEVER,
    publish_idle_timeout=NEVER,
)


async def playing(house: House) -> tuple[Peer, Peer]:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    return publisher, player


async def fall_behind(house: House) -> tuple[Peer, Peer]:
    """A player whose network takes nothing for longer than it may be behind."""
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    await publisher.say(*[inter(n, 10_000, fill=n) for n in range(1, 20)])
    await trio.sleep(6)
    await publisher.say(key(6000, 10_000, fill=101), inter(6040, 10_000, fill=102))
    await wait_all_tasks_blocked()
    return publisher, player


async def test_a_player_too_far_behind_skips_to_a_keyframe(open_house: OpenHouse) -> None:
    house = await open_house(settings=SLOW)
    _publisher, player = await fall_behind(house)
    heard: list[Message] = []
    while not heard or heard[-1].timestamp_ms != 6040:
        heard += await player.hear_media()
    assert 3 < len(heard) < 19
    assert heard[-2:] == [key(6000, 10_000, fill=101), inter(6040, 10_000, fill=102)]
    assert [m.payload for m in heard[:4]] == [inter(0, 10_000, fill=n).payload for n in range(1, 5)]
    player.close()
    await house.end_of(player)
    assert house.told(PlayEnded)[0].skipped == 21 - len(heard)


async def test_a_player_too_far_behind_is_dropped_if_that_is_the_policy(
    open_house: OpenHouse,
) -> None:
    house = await open_house(settings=attrs.evolve(SLOW, slow_reader=SlowPolicy.DROP))
    _publisher, player = await fall_behind(house)
    said = []
    while True:
        try:
            said.append(await player.hear_command())
        except EOFError:
            break
    assert said[-1].name == "onStatus"
    assert "reader_too_slow" in str(said[-1].args)
    end = await house.end_of(player)
    assert end.reason is EndReason.READER_TOO_SLOW
    assert "a reader of live/a is" in end.detail


async def test_a_player_that_breaks_in_the_middle_of_a_burst_ends_alone(house: House) -> None:
    publisher, other = await house.publisher(), await house.player()
    await other.hear_media(3)
    await publisher.say(key(40, 60_000))
    await other.hear_media()
    player = house.dial(capacity=4096)
    await player.connect()
    await player.create_stream()
    await player.say(command("play", None, "a", -2.0, stream_id=1))
    await wait_all_tasks_blocked()  # part of the burst is on its way
    player.reset()
    assert await house.reason_of(player) is EndReason.PEER_RST
    await publisher.say(inter(80))
    assert await other.hear_media() == [inter(80)]


async def test_a_player_that_wants_nothing_of_a_burst_gets_nothing(house: House) -> None:
    publisher = await house.publisher()
    await publisher.say(*[inter(n) for n in range(10)])
    player = await house.player()
    await player.hear_media(13)
    await player.say(command("receiveVideo", None, False, stream_id=1))
    await publisher.say(*[inter(n) for n in range(10)])
    await wait_all_tasks_blocked()
    assert transport_of(player).unread == 0
    await publisher.say(audio(50))
    assert await player.hear_media() == [audio(50)]


async def test_two_plays_over_one_slow_connection_share_it(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, slow_reader_after=Timeout(1000.0)))
    a, b = await house.publisher("a"), await house.publisher("b")
    player = house.dial(capacity=8192)
    await player.connect()
    for name in "ab":
        assert (await ask(player, "play", name))[0] == STARTED
    heard: dict[int, int] = {1: 0, 2: 0}

    async def publish(peer: Peer) -> None:
        for n in range(1, 2000):
            await peer.say(inter(n * 40, 2000))
            await trio.sleep(0.001)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(publish, a)
        nursery.start_soon(publish, b)
        for _ in range(100):
            [message] = await player.hear_media()
            heard[message.stream_id] += 1
            await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert min(heard.values()) > 20, heard


async def test_a_slow_player_of_large_frames_is_still_listened_to(open_house: OpenHouse) -> None:
    settings = attrs.evolve(
        FAST,
        slow_reader_after=NEVER,
        stalled_timeout=Timeout(500.0),
        publish_idle_timeout=NEVER,
    )
    house = await open_house(settings=settings)
    publisher, player = await playing(house)
    async with trio.open_nursery() as nursery:
        # The player always owes us the most of a frame of 600 kB, and reads a little at a time.
        nursery.start_soon(publisher.say, *(key(n * 40, 600_000) for n in range(1, 10)))
        nursery.start_soon(read_slowly, player, 1000)
        for _ in range(100):
            await trio.sleep(2)
            await player.say(command("getStreamLength", None, "a", transaction_id=9))
        assert not house.told(SessionEnded)
        nursery.cancel_scope.cancel()


async def read_slowly(peer: Peer, size: int) -> None:
    buffer = memoryview(bytearray(size))
    while True:
        await peer.transport.readable()
        peer.transport.receive_into(buffer)
        await trio.sleep(0.05)


async def test_a_player_that_reads_slowly_is_not_a_stalled_one(open_house: OpenHouse) -> None:
    settings = StreamSettings(
        send_interval=Seconds(0.0), stalled_timeout=Timeout(2.0), publish_idle_timeout=Timeout(1e6)
    )
    config = RtmpConfig(command_idle_timeout=NEVER)
    house = await open_house(settings=settings, config=config)
    publisher, player = await playing(house)
    await publisher.say(key(40, 400_000))
    for _ in range(60):
        await trio.sleep(1.9)
        await player.transport.receive_some(8000)  # type: ignore[attr-defined]  # a memory one
    assert not house.told(SessionEnded)
