"""The broadcaster: queues, a budget, turns; and no work where nobody listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, heard
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.feed import Feed
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import audio, inter, key
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.rtmp.message import Message


class Channel:
    """One published stream and its readers, who note when they are offered something."""

    def __init__(self, broadcaster: Broadcaster, interval: float, readers: int = 1) -> None:
        self.settings = StreamSettings(send_interval=Seconds(interval))
        self.broadcaster = broadcaster
        self.live = Stream("cam", self.settings, broadcaster)
        self.publish()
        self.times: list[float] = []
        self.outlets = [
            MemoryOutlet(before_offer=lambda: self.times.append(trio.current_time()))
            for _ in range(readers)
        ]
        for outlet in self.outlets:
            self.join(outlet)

    def publish(self, **settings: Any) -> None:
        lease = PublishLease(self.live, "a test", lambda reason, detail: None)
        self.live.publisher_came(lease, StreamSettings(**settings) if settings else self.settings)

    def join(self, outlet: MemoryOutlet) -> None:
        """It stands where the broadcaster begins, so nothing but the broadcaster sends to it."""
        reader = self.live.feed.attach(FORM, outlet)
        assert reader.next_span(1) is None
        assert reader.fast_at == self.live.feed.log.end

    def say(self, *messages: Message) -> None:
        assert self.live.lease is not None
        for message in messages:
            self.live.lease.append(message, trio.current_time())
        if self.live.feed.dirty:
            self.broadcaster.news(self.live.feed)

    def heard(self) -> list[list[tuple[int, bytes]]]:
        return [[(it.timestamp_ms, it.payload) for it in outlet.read()] for outlet in self.outlets]


@asynccontextmanager
async def broadcasting(broadcaster: Broadcaster) -> AsyncIterator[None]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(broadcaster.run)
        await wait_all_tasks_blocked()
        yield
        nursery.cancel_scope.cancel()


async def timed(channel: Channel, *said: tuple[float, Message]) -> None:
    for at, message in said:
        await trio.sleep_until(at)
        channel.say(message)
    await trio.sleep(3)


async def test_a_stream_that_has_rested_is_due_at_once(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(channel, (10.125, key(0)), (10.625, inter(40)), (20, inter(80)))
    assert channel.times == [10.125, 10.625, 20]
    assert channel.heard() == [heard(key(0), inter(40), inter(80))]


async def test_news_before_that_waits_for_more_or_one_interval(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(channel, (1, key(0)), (1.25, inter(40)), (1.375, inter(80)))
        assert channel.times == [1, 1.75]
        await timed(channel, (5, inter(0)), (5.25, inter(40)), (5.625, inter(80)))
        assert channel.times == [1, 1.75, 5, 5.625]  # it has rested with the last one
    assert channel.heard()[0][3:] == heard(inter(0), inter(40), inter(80))


async def test_after_one_that_waited_in_vain_none_waits(autojump_clock: MockClock) -> None:
    """What comes hardly more often than once in an interval is not to be late for ever."""
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        said = [(1 + at * 0.5625, inter(at)) for at in (0, 1, 2, 3)]
        await timed(channel, (0.75, key(0)), *said)
    assert channel.times == [0.75, 1.5, *(at for at, _ in said[1:])]


async def test_sound_waits_for_pictures_but_not_for_ever(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(
            channel,
            *((1, key(0)), (1.25, audio(20)), (1.5, inter(40)), (1.75, audio(60))),
            *((2.5, audio(80)), (2.75, inter(100))),
        )
    assert channel.times == [1, 1.5, 2.5, 2.75]  # the sound of 1.75 for one and a half intervals


async def test_sound_that_goes_alone_makes_no_picture_late(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(channel, (1, key(0)), (1.5, audio(20)), (2.375, inter(40)))
    assert channel.times == [1, 2.25, 2.375]


async def test_sound_does_not_wait_when_nothing_was_sent_for_a_while(
    autojump_clock: MockClock,
) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(channel, (1, key(0)), (1.25, audio(20)), (1.625, audio(40)), (1.75, audio(60)))
    assert channel.times == [1, 1.625, 2.5]


async def test_without_pictures_sound_is_sent_at_once(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5)
    async with broadcasting(broadcaster):
        await timed(channel, (1, audio(0)), (1.75, audio(23)))
    assert channel.times == [1, 1.75]


async def test_the_rest_begins_when_the_last_reader_was_served(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=3)

    def take_long() -> None:
        channel.times.append(trio.current_time())
        autojump_clock.jump(0.125)

    for outlet in channel.outlets:
        outlet.before_offer = take_long
    async with broadcasting(broadcaster):
        await timed(channel, (1, key(0)), (1.75, inter(40)))
    assert channel.times == [1, 1.125, 1.25, 2.25, 2.375, 2.5]


async def test_streams_that_are_nearly_due_go_along(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    first, along, later = (Channel(broadcaster, 0.5) for _ in range(3))
    async with broadcasting(broadcaster):
        for channel in (first, along, later):
            channel.say(key(0))
        await wait_all_tasks_blocked()
        for at, channel in ((0.125, first), (0.25, along), (0.375, later)):
            await trio.sleep_until(at)
            channel.say(inter(40))
        await trio.sleep_until(2)
    assert first.times == along.times == [0, 0.625]
    assert later.times == [0, 0.875]


async def test_intervals_have_queues_of_their_own(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    quick, slow = Channel(broadcaster, 0.25), Channel(broadcaster, 2.0)
    async with broadcasting(broadcaster):
        for at in (20.0, 20.125, 20.5):
            await trio.sleep_until(at)
            quick.say(audio(0))
            slow.say(audio(0))
        await trio.sleep_until(30)
    assert quick.times == [20, 20.375, 20.5]
    assert slow.times == [20, 22.125]


async def test_without_an_interval_it_is_sent_at_once(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.0)
    async with broadcasting(broadcaster):
        for at in (1.5, 1.75):
            await trio.sleep_until(at)
            channel.say(audio(0), audio(20))
            await wait_all_tasks_blocked()
    assert channel.times == [1.5, 1.75]


async def test_what_is_pushed_is_sent_without_a_task_switch(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.0, readers=16)
    channel.say(key(0))
    broadcaster.push(channel.live.feed)
    assert channel.heard() == [heard(key(0))] * 16
    broadcaster.push(channel.live.feed)
    assert len(channel.times) == 16


async def test_after_a_push_the_broadcaster_is_not_woken_for_nothing(
    autojump_clock: MockClock,
) -> None:
    passes = 0

    class Counting(Broadcaster):
        def _collect(self, now: float) -> None:
            nonlocal passes
            passes += 1
            super()._collect(now)

    broadcaster = Counting()
    channel = Channel(broadcaster, 0.0)
    async with broadcasting(broadcaster):
        assert channel.live.lease is not None
        for at in range(10):
            channel.live.lease.append(audio(at), trio.current_time())
            broadcaster.push(channel.live.feed)
            await trio.sleep(1)
        assert passes == 0
        channel.say(audio(99))
        await trio.sleep(1)
        assert passes == 1
    assert len(channel.heard()[0]) == 11


async def test_a_push_leaves_it_to_the_task_where_it_would_take_long(
    autojump_clock: MockClock,
) -> None:
    broadcaster = Broadcaster()
    at_intervals, crowded = Channel(broadcaster, 0.5), Channel(broadcaster, 0.0, readers=17)
    for channel in (at_intervals, crowded):
        for message in (key(0), inter(40)):
            assert channel.live.lease is not None
            channel.live.lease.append(message, trio.current_time())
            broadcaster.push(channel.live.feed)
    assert (at_intervals.times, crowded.times) == ([0], [])  # the first had rested
    async with broadcasting(broadcaster):
        await trio.sleep(1)
    assert at_intervals.times == [0, 0.5]
    assert len(crowded.times) == 17


async def test_a_push_waits_its_turn_behind_what_is_under_way(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    crowded, small = Channel(broadcaster, 0.0, readers=40), Channel(broadcaster, 0.0)
    crowded.outlets[0].before_offer = lambda: autojump_clock.jump(0.005)
    crowded.say(key(0))
    async with broadcasting(broadcaster):
        assert crowded.times  # the budget was spent before it was done
        small.say(key(0))
        broadcaster.push(small.live.feed)
        await wait_all_tasks_blocked()
    assert small.heard() == [heard(key(0))]
    assert crowded.heard() == [heard(key(0))] * 40


async def test_a_push_after_the_interval_was_changed_is_sent_once(
    autojump_clock: MockClock,
) -> None:
    """The next publisher's settings hold while news of the last one is still due."""
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 2.0)
    async with broadcasting(broadcaster):
        channel.say(key(0))
        assert channel.live.lease is not None
        channel.live.lease.give_back()
        channel.publish(send_interval=Seconds(0.0))
        channel.say(key(7))
        broadcaster.push(channel.live.feed)
        assert len(channel.times) == 1
        await trio.sleep(5)
        assert len(channel.times) == 1
    assert [time for time, _ in channel.heard()[0]] == [0, 0, 0, 7]


async def test_news_during_a_job_is_sent_by_the_next(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=3)
    said = iter([inter(40)])

    def go_on() -> None:
        channel.times.append(trio.current_time())
        for message in said:
            channel.say(message)

    for outlet in channel.outlets:
        outlet.before_offer = go_on
    async with broadcasting(broadcaster):
        await trio.sleep_until(2.25)
        channel.say(key(0))
        await trio.sleep_until(4)
    assert channel.times == [2.25] * 3 + [2.75] * 3
    assert channel.heard() == [heard(key(0), inter(40))] * 3


class Paced(Broadcaster):
    """Marks each of its turns."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def _work(self) -> None:
        self.order.append("|")
        super()._work()

    def turns(self) -> list[str]:
        return [turn for turn in "".join(self.order).split("|") if turn]


async def test_news_that_is_due_during_a_job_is_made_up_for(autojump_clock: MockClock) -> None:
    """The delivery takes longer than the budget; there is news before it is done."""
    broadcaster = Paced()
    channel = Channel(broadcaster, 0.0, readers=40)
    for outlet in channel.outlets:
        outlet.before_offer = lambda: autojump_clock.jump(0.0001)
    async with broadcasting(broadcaster):
        channel.say(key(0))
        while not channel.live.feed.log.end or not any(it.offers for it in channel.outlets):
            await trio.lowlevel.checkpoint()
        assert not all(it.offers for it in channel.outlets)
        channel.say(inter(40))
        await wait_all_tasks_blocked()
    assert channel.heard() == [heard(key(0), inter(40))] * 40


async def test_it_lets_others_run_when_its_budget_is_spent(autojump_clock: MockClock) -> None:
    """Each send takes 100 us here; a turn is 1 ms, and at most one slice more."""
    broadcaster = Paced()
    channels = [Channel(broadcaster, 0.5, readers=64) for _ in range(2)]
    for name, channel in zip("ab", channels, strict=True):

        def send(name: str = name) -> None:
            broadcaster.order.append(name)
            autojump_clock.jump(0.0001)

        for outlet in channel.outlets:
            outlet.before_offer = send
    switches = 0
    async with broadcasting(broadcaster):
        for channel in channels:
            channel.say(key(0))
        autojump_clock.jump(1)
        while len("".join(broadcaster.turns())) < 128:
            await trio.lowlevel.checkpoint()
            switches += 1
    turns = broadcaster.turns()
    assert sorted(turns) == ["a" * 16] * 4 + ["b" * 16] * 4
    leads = [turns[:count].count("a" * 16) * 2 - count for count in range(1, 9)]
    assert all(-2 <= lead <= 2 for lead in leads)  # and streams take turns
    assert switches >= 8  # it let go of the loop after each


async def test_beginning_many_streams_keeps_to_the_budget_too(autojump_clock: MockClock) -> None:
    broadcaster = Paced()

    def send() -> None:
        broadcaster.order.append("x")
        autojump_clock.jump(0.0004)

    channels = [Channel(broadcaster, 0.5) for _ in range(50)]
    for channel in channels:
        channel.outlets[0].before_offer = send
    async with broadcasting(broadcaster):
        for channel in channels:
            channel.say(key(0))
        autojump_clock.jump(1)
        await wait_all_tasks_blocked()
    assert broadcaster.turns() == ["xxx"] * 16 + ["xx"]


async def test_streams_without_readers_are_no_work(autojump_clock: MockClock) -> None:
    class Refusing(Broadcaster):
        def news(self, feed: Feed) -> None:
            raise AssertionError("there is nobody to send it to")

    broadcaster = Refusing()
    channels = [Channel(broadcaster, 0.02, readers=0) for _ in range(1000)]
    for channel in channels:
        channel.say(key(0), audio(10))
        broadcaster.push(channel.live.feed)
        assert not channel.live.feed.dirty


async def test_a_broken_connection_does_not_end_the_broadcaster(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=3)
    channel.outlets[1].is_broken = True
    async with broadcasting(broadcaster):
        for at in (0, 40):
            channel.say(audio(at))
            await trio.sleep(1)
    said = heard(audio(0), audio(40))
    assert channel.heard() == [said, [], said]


async def test_readers_that_leave_during_a_job_leave_nothing_to_do(
    autojump_clock: MockClock,
) -> None:
    broadcaster = Broadcaster()
    live = Stream("cam", StreamSettings(send_interval=Seconds(0.0)), broadcaster)
    lease = PublishLease(live, "a test", lambda reason, detail: None)
    live.publisher_came(lease, live.settings)
    outlets = [MemoryOutlet() for _ in range(40)]
    readers = [live.feed.attach(FORM, outlet) for outlet in outlets]
    for reader in readers:
        reader.next_span(1)

    def all_leave() -> None:
        for reader in readers:
            reader.detach()

    outlets[1].before_offer = all_leave
    lease.append(key(0), 0.0)
    broadcaster.news(live.feed)
    async with broadcasting(broadcaster):
        await wait_all_tasks_blocked()
        lease.append(inter(40), 0.0)
        broadcaster.news(live.feed)
        await wait_all_tasks_blocked()
    assert sum(outlet.offers for outlet in outlets) == 1


async def test_groups_of_one_stream_are_served_one_after_the_other(
    autojump_clock: MockClock,
) -> None:
    """Each has a span of its own, and only one of them is held at a time."""
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=40)
    other = MemoryOutlet(before_offer=lambda: offered.append("other"))
    offered: list[str] = []
    for outlet in channel.outlets:
        outlet.before_offer = lambda: offered.append("first")
    reader = channel.live.feed.attach(RtmpForm.of(4096, 2, True, True), other)
    assert reader.next_span(1) is None
    async with broadcasting(broadcaster):
        channel.say(key(0), inter(40))
        await trio.sleep(2)
    assert offered == ["first"] * 40 + ["other"]


async def test_a_stream_that_goes_on_while_it_is_sent_goes_on_being_sent(
    autojump_clock: MockClock,
) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=40)
    more = [inter(40, 3000), inter(80, 3000), inter(120)]

    def say_more() -> None:
        if more:
            channel.say(more.pop(0))

    channel.outlets[0].before_offer = say_more
    async with broadcasting(broadcaster):
        channel.say(key(0))
        await trio.sleep(10)
    assert channel.heard() == [heard(key(0), inter(40, 3000), inter(80, 3000), inter(120))] * 40


async def test_a_log_that_holds_little_is_sent_in_parts_and_at_once(
    autojump_clock: MockClock,
) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=2)
    channel.publish(log_bytes=Bytes(64 * 1024), send_interval=Seconds(0.5))
    said = [key(at, 1500) for at in range(20)]
    async with broadcasting(broadcaster):
        channel.say(*said)
        await trio.sleep(0.6)
    assert channel.heard()[0][-20:] == heard(*said)


async def test_a_group_that_everybody_leaves_is_passed_over(autojump_clock: MockClock) -> None:
    broadcaster = Broadcaster()
    channel = Channel(broadcaster, 0.5, readers=40)
    readers = [
        channel.live.feed.attach(RtmpForm.of(4096, 2, True, True), MemoryOutlet()) for _ in range(2)
    ]
    for reader in readers:
        assert reader.next_span(1) is None

    def leave() -> None:
        for reader in readers:
            reader.detach()

    channel.outlets[39].before_offer = leave
    async with broadcasting(broadcaster):
        channel.say(key(0))
        await trio.sleep(2)
    assert channel.heard() == [heard(key(0))] * 40
    assert len(channel.live.feed.groups) == 1
