"""Whoever sends a great many small messages has its turn, and then the others have theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House
from tests.service.rtmp.test_pending_peers import dial, running
from trio_srs.hub.settings import StreamSettings
from trio_srs.net.shared_reader import REST_S, SharedReader
from trio_srs.testing.bodies import audio, command, header, key
from trio_srs.units import Seconds
from trio_srs.wire.rtmp.control import Acknowledgement
from trio_srs.wire.rtmp.message import Message, MessageType

MANY = 2000
IN_A_TURN = 64
TINY = {
    "media": Message(MessageType.AUDIO, 1, 0, b"\xaf\x01ab"),
    "acknowledgements": Message(MessageType.ACKNOWLEDGEMENT, 0, 0, Acknowledgement(1).encode()),
    "of no known type": Message(99, 1, 0, b"abcd"),
    "media that is nobody's": Message(MessageType.AUDIO, 0, 0, b"\xaf\x01ab"),
}


async def passes_until(happened: Callable[[], bool]) -> int:
    """In how many scheduler passes something comes true."""
    passes = 0
    with trio.fail_after(10):
        while not happened():
            await trio.lowlevel.checkpoint()
            passes += 1
    return passes


def messages(house: House) -> int:
    live = house.hub.find("live/a")
    return 0 if live is None else live.counters.messages


def keyframes(house: House) -> int:
    live = house.hub.find("live/a")
    return 0 if live is None else live.counters.keyframes


@pytest.mark.parametrize("kind", list(TINY))
async def test_others_have_their_turn_between_tiny_messages(house: House, kind: str) -> None:
    peer = house.dial()
    if kind == "media that is nobody's":
        await peer.connect()
        await peer.say(*[TINY[kind]] * MANY, command("publish", None, "a", stream_id=1), key(0))
    else:
        assert await peer.publish("a") == "NetStream.Publish.Start"
        await peer.say(*[TINY[kind]] * MANY, key(0))
    assert await passes_until(lambda: keyframes(house) == 1) >= MANY / IN_A_TURN - 2


async def test_what_lies_behind_a_decision_is_read_in_turns_as_well(house: House) -> None:
    peer = house.dial()
    await peer.connect()
    stream_id = await peer.create_stream()
    tiny = [audio(0, size=4)] * MANY
    await peer.say(command("publish", None, "a", stream_id=stream_id), header(), *tiny, key(1))
    assert await passes_until(lambda: keyframes(house) == 1) >= MANY / IN_A_TURN - 2
    assert messages(house) == MANY + 2


async def test_the_end_of_the_stream_waits_for_what_came_before_it(house: House) -> None:
    peer = await house.publisher()
    began, live = messages(house), house.hub.find("live/a")
    await peer.say(*[audio(0, size=4)] * MANY)
    peer.transport.shutdown_write()
    assert live is not None
    await house.reason_of(peer)
    assert live.counters.messages - began == MANY


async def test_with_merged_reading_what_is_unfinished_does_not_wait_for_the_rest(
    open_house: OpenHouse,
) -> None:
    house = await open_house(
        settings=StreamSettings(merge_read=Seconds(2.0), send_interval=Seconds(0.0))
    )
    peer = await house.publisher()
    await peer.say(*[audio(0, size=4)] * MANY)
    await trio.sleep(2 * 2.0 - 0.1)
    assert messages(house) == MANY + 2


@asynccontextmanager
async def sockets() -> AsyncIterator[House]:
    async with running(House()) as house:
        yield house


@pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")
async def test_the_shared_reader_goes_on_with_what_lies_behind_a_decision() -> None:
    async with sockets() as house:
        peer = dial(house)
        await peer.connect()
        stream_id = await peer.create_stream()
        tiny = [audio(0, size=4)] * MANY
        await peer.say(command("publish", None, "a", stream_id=stream_id), header(), *tiny, key(1))
        assert await passes_until(lambda: keyframes(house) == 1) >= 5
        assert messages(house) == MANY + 2
        peer.close()


@pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")
async def test_a_merged_reading_that_fills_the_buffer_is_gone_on_with_at_once() -> None:
    """Half a second of rest for each that fits into the socket would be twenty seconds."""
    async with sockets() as house:
        house.rules.settings = StreamSettings(merge_read=Seconds(0.5))
        peer = dial(house)
        assert await peer.publish("a") == "NetStream.Publish.Start"
        await wait_all_tasks_blocked()
        frame = Message(MessageType.VIDEO, 1, 0, b"\x27\x01\0\0\0" + bytes(32_768))
        with trio.fail_after(3):
            for _ in range(250):
                await peer.say(frame)
        await trio.sleep(0.1)
        assert messages(house) == 250
        peer.close()


@pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")
async def test_a_busy_reader_lets_a_publish_rest_that_nobody_reads_and_no_other() -> None:
    async with sockets() as house:
        peer = dial(house)
        await peer.publish("a")
        await peer.say(header(), key(0))
        await passes_until(lambda: keyframes(house) == 1)
        live, reader = house.hub.find("live/a"), house.reader
        assert live is not None
        assert reader is not None
        reader._load.is_high = True
        for at in range(1, 5):
            await peer.say(audio(at))
            await wait_all_tasks_blocked()
            await trio.sleep(REST_S / 2)
        assert reader._unhurried.sources
        assert not live.is_awaited
        with live.feed.cursor():
            assert live.is_awaited
            reader._load.is_high = True
            await peer.say(audio(5))
            await wait_all_tasks_blocked()
            await trio.sleep(2 * REST_S)
            assert messages(house) == 7
            assert not reader._unhurried.sources
        assert not live.is_awaited
        peer.close()
