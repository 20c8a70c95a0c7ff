"""Streams: there while somebody uses them, and a while longer if they are to linger."""

from __future__ import annotations

import gc
import weakref

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.running import publish, running_hub, say
from tests.hub.stage import FORM
from trio_srs.hub.hub import Hub
from trio_srs.hub.settings import StreamSettings, TimestampMode
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import TaskKind
from trio_srs.testing.bodies import inter, key
from trio_srs.units import Seconds

PLAIN = StreamSettings()
LINGER = StreamSettings(linger=Seconds(5.0), timestamps=TimestampMode.CONTINUE)


async def test_a_stream_that_is_not_to_linger_is_forgotten_at_once(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        with hub.subscribe("cam", PLAIN, FORM, MemoryOutlet()):
            async with publish(hub, PLAIN):
                pass
            assert hub.names() == ("cam",)
        assert hub.names() == ()


async def test_a_stream_lingers_after_the_last_who_used_it(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        async with publish(hub, LINGER) as lease:
            stream = lease.stream
            say(hub, lease, key(0), inter(1000))
        await trio.sleep(4.9)
        assert hub.find("cam") is stream
        async with publish(hub, LINGER) as lease:
            assert lease.stream is stream
            await trio.sleep(20)
            outlet = MemoryOutlet()
            with hub.subscribe("cam", LINGER, FORM, outlet) as reader:
                say(hub, lease, key(0))
                assert reader.feed.log.at(reader.feed.log.end - 1).timestamp_ms > 1000
        await trio.sleep(4.9)
        assert hub.find("cam") is stream
        await trio.sleep(0.2)
        assert hub.find("cam") is None


async def test_its_linger_is_what_the_last_publisher_had(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        async with publish(hub, LINGER):
            pass
        async with publish(hub, PLAIN):
            pass
        assert len(hub) == 0


async def test_where_nobody_runs_it_nothing_lingers(autojump_clock: MockClock) -> None:
    hub = Hub()
    async with publish(hub, LINGER):
        pass
    assert len(hub) == 0


async def test_what_is_left_of_its_tasks_ends_with_it(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        async with publish(hub, LINGER) as lease:
            relay = lease.stream.tasks.start("relay", trio.sleep_forever, kind=TaskKind.SOURCE)
        await trio.sleep(4.9)
        assert not relay.is_ending
        await trio.sleep(0.2)
        assert relay.is_ending
        assert relay.ended.is_set()


async def test_a_hundred_streams_that_lingered_leave_nothing(autojump_clock: MockClock) -> None:
    seen: list[weakref.ref[Stream]] = []
    async with running_hub() as hub:
        for number in range(100):
            for _ in range(3):
                async with publish(hub, LINGER, f"cam {number}") as lease:
                    say(hub, lease, key(0))
            seen.append(weakref.ref(lease.stream))
        del lease
        assert len(hub) == 100
        await trio.sleep(6)
        await wait_all_tasks_blocked()
        assert len(hub) == 0
        gc.collect()
        assert [ref for ref in seen if ref() is not None] == []
