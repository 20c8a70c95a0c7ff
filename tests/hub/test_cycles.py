"""What is dropped is gone at once: no session leaves a reference cycle behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.scene import Scene
from tests.hub.stage import FORM, Stage
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.hub import Hub
from trio_srs.hub.participant import Participant, PublisherInfo
from trio_srs.hub.policy import Block, Lossless, Skip
from trio_srs.hub.settings import StreamSettings
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.units import Seconds

MUCH: Final = Lossless(most_bytes=2**30, most_s=3600.0)


@contextmanager
def no_cycles() -> Iterator[None]:
    """What is made inside, and still there when it is over, is not garbage of ours."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        ours = [it for it in gc.garbage if type(it).__module__.startswith("trio_srs.hub")]
        assert ours == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def test_a_stream_with_readers_of_every_temper_leaves_no_cycle() -> None:
    def whole_life() -> None:
        stage = Stage()
        stage.play()
        stage.publish()
        stage.say(header(), key(0))
        stage.play(room=30)
        stage.play(most=7)
        broken = stage.play()
        broken.outlet.is_broken = True
        paused = stage.play()
        paused.reader.pause()
        stage.run()
        cursors = [
            *(stage.live.feed.cursor(policy) for policy in (MUCH, Skip(1.0))),
            stage.live.feed.cursor(Block(lambda most: cursors[-1].take(most or 1000))),
        ]
        stage.say(inter(40), audio(50))
        stage.run()
        for player in stage.players:
            player.reader.detach()
        for cursor in cursors:
            cursor.take(2)
            cursor.close()
        assert stage.live.lease is not None
        stage.live.lease.give_back()

    with no_cycles():
        whole_life()


async def test_what_the_hub_has_forgotten_is_gone(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    hub = Hub(broadcaster)
    settings = StreamSettings(send_interval=Seconds(0.5))

    async def session() -> None:
        outlet = MemoryOutlet()
        with hub.subscribe("cam", settings, FORM, outlet) as reader:
            reader.next_span(1)
            async with hub.publish(
                "cam", settings, holder="one", revoke=lambda reason, detail: None
            ) as lease:
                lease.append(key(0), trio.current_time())
                await trio.sleep(1)
                lease.append(inter(40), trio.current_time())
        assert outlet.offers

    with no_cycles():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broadcaster.run)
            await session()
            await trio.sleep(1)
            await wait_all_tasks_blocked()
            assert len(hub) == 0
            nursery.cancel_scope.cancel()


async def test_a_publish_that_is_forgotten_is_gone(autojump_clock: MockClock) -> None:
    scene = Scene(HistoryConfig(reports=0))

    async def publish() -> None:
        publish_record = scene.come()
        scene.say(header(), key(0))
        await trio.sleep(60)
        scene.say(inter(40))
        assert publish_record.report().facts.messages == 3
        scene.go(publish_record)

    with no_cycles():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.reports.run)
            await publish()
            assert scene.reports.names() == ()
            await trio.sleep(60)
            nursery.cancel_scope.cancel()


async def test_a_publish_and_a_play_of_no_connection_leave_no_cycle(
    autojump_clock: MockClock,
) -> None:
    hub, settings = Hub(), StreamSettings()

    async def session() -> None:
        player = Participant(session="h1", peer="viewer", protocol="http")
        publisher = PublisherInfo(session="r1", peer="origin", protocol="relay")
        async with (
            hub.playing("cam", settings, FORM, MemoryOutlet(), player) as play,
            hub.publishing("cam", settings, publisher) as publish,
        ):
            publish.append_all([key(0)], trio.current_time())
            assert play.reader is not None
            play.reader.next_span(1)

    with no_cycles():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.broadcaster.run)
            await session()
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
