"""The hub: one publisher a name, whoever is waiting; and nothing is left of who is gone."""

from __future__ import annotations

import math

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM
from trio_srs.errors import EndReason
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.hub import Hub
from trio_srs.hub.lease import LeaseLostError, PublishLease, StreamBusyError
from trio_srs.hub.settings import BusyPolicy, StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import key
from trio_srs.units import Timeout

REJECT = StreamSettings()
REPLACE = StreamSettings(publish_busy=BusyPolicy.REPLACE)
WAIT = StreamSettings(publish_busy=BusyPolicy.WAIT, publish_busy_wait=Timeout(5.0))
WAIT_LONG = attrs.evolve(WAIT, publish_busy_wait=Timeout(math.inf))


@attrs.define(eq=False)
class Publisher:
    """Holds a name until it is told to go, or is cancelled as a connection is."""

    hub: Hub
    name: str
    settings: StreamSettings = REJECT
    lease: PublishLease | None = None
    since: float | None = None
    error: StreamBusyError | None = None
    revoked: list[tuple[EndReason, str]] = attrs.field(factory=list)
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    async def run(self) -> None:
        with self.scope:
            try:
                async with self.hub.publish(
                    "cam", self.settings, holder=self.name, revoke=self.revoke
                ) as self.lease:
                    self.since = trio.current_time()
                    await trio.sleep_forever()
            except StreamBusyError as error:
                self.error = error

    def revoke(self, reason: EndReason, detail: str) -> None:
        self.revoked.append((reason, detail))
        self.scope.cancel()


def quiet(reason: EndReason, detail: str) -> None:
    """A holder who is told nothing, because nothing happens to it."""
    raise AssertionError("nobody takes this name")


async def start(nursery: trio.Nursery, *publishers: Publisher) -> None:
    for publisher in publishers:
        nursery.start_soon(publisher.run)
        await wait_all_tasks_blocked()


# -------------------------------------------------------------------- one name


async def test_a_name_is_published_by_one() -> None:
    hub = Hub()
    async with hub.publish("cam", REJECT, holder="one", revoke=quiet) as lease:
        live = hub.find("cam")
        assert live is lease.stream
        assert list(hub) == [live]
        assert live.lease is lease
        with pytest.raises(StreamBusyError, match=r"^cam is already published by one$"):
            async with hub.publish("cam", REJECT, holder="two", revoke=quiet):
                pass
        assert lease.held
    assert hub.find("cam") is None
    assert len(hub) == 0


async def test_names_do_not_disturb_each_other() -> None:
    hub = Hub()
    async with (
        hub.publish("one", REJECT, holder="1", revoke=quiet) as first,
        hub.publish("two", REJECT, holder="2", revoke=quiet) as second,
    ):
        assert first.held
        assert second.held
        assert len(hub) == 2
    assert len(hub) == 0


async def test_a_stream_is_forgotten_when_nobody_publishes_or_reads_it() -> None:
    hub = Hub()
    with hub.subscribe("cam", REJECT, FORM, MemoryOutlet()) as reader:
        live = hub.find("cam")
        assert live is not None
        assert live.feed is reader.feed
        async with hub.publish("cam", REJECT, holder="one", revoke=quiet) as lease:
            assert lease.stream is live
        assert hub.find("cam") is live
        with hub.subscribe("cam", REJECT, FORM, MemoryOutlet()):
            assert live.feed.reader_count == 2
        assert live.feed.reader_count == 1
    assert hub.find("cam") is None
    assert not reader.attached


async def test_a_reader_is_detached_whatever_ends_it() -> None:
    hub = Hub()
    with pytest.raises(KeyError), hub.subscribe("cam", REJECT, FORM, MemoryOutlet()) as reader:
        raise KeyError
    assert not reader.attached
    assert len(hub) == 0


async def test_a_thousand_publishes_of_a_thousand_names_leave_nothing() -> None:
    hub = Hub()
    for number in range(1000):
        name = f"cam {number}"
        with hub.subscribe(name, REJECT, FORM, MemoryOutlet()):
            async with hub.publish(name, REJECT, holder="one", revoke=quiet) as lease:
                lease.append(key(0), 0.0)
    assert len(hub) == 0


# --------------------------------------------------------------------- replace


async def test_a_publisher_may_take_over(autojump_clock: MockClock) -> None:
    hub = Hub()
    old, new = Publisher(hub, "old"), Publisher(hub, "new", REPLACE)
    async with trio.open_nursery() as nursery:
        await start(nursery, old, new)
        assert old.revoked == [(EndReason.REPLACED, "cam was taken over by new")]
        assert old.lease is not None
        assert new.lease is not None
        assert not old.lease.held
        assert new.lease.held
        with pytest.raises(LeaseLostError):
            old.lease.append(key(0), 0.0)
        new.lease.append(key(0), 0.0)
        nursery.cancel_scope.cancel()
    assert len(hub) == 0


async def test_taking_over_needs_no_task_switch() -> None:
    """What the old publisher has yet to notice, it can no longer send."""
    hub = Hub()
    told: list[bool] = []
    async with hub.publish(
        "cam", REJECT, holder="old", revoke=lambda reason, detail: told.append(old.held)
    ) as old:
        async with hub.publish("cam", REPLACE, holder="new", revoke=quiet) as new:
            assert told == [False]
            with pytest.raises(LeaseLostError):
                old.append(key(0), 0.0)
            assert new.held
        assert hub.find("cam") is old.stream  # the old one has not left yet
        assert not old.stream.publishing


async def test_publishers_that_race_to_take_over_leave_one(autojump_clock: MockClock) -> None:
    hub = Hub()
    first = Publisher(hub, "first")
    racers = [Publisher(hub, f"racer {number}", REPLACE) for number in range(5)]
    async with trio.open_nursery() as nursery:
        await start(nursery, first)
        for racer in racers:
            nursery.start_soon(racer.run)
        await wait_all_tasks_blocked()
        everybody = [first, *racers]
        holding = [it for it in everybody if it.lease is not None and it.lease.held]
        assert len(holding) == 1
        assert all(len(it.revoked) == (it not in holding) for it in everybody)
        nursery.cancel_scope.cancel()
    assert len(hub) == 0


# ------------------------------------------------------------------------ wait


async def test_a_publisher_may_wait_until_the_name_is_free(autojump_clock: MockClock) -> None:
    hub = Hub()
    first, second = Publisher(hub, "first"), Publisher(hub, "second", WAIT)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        await start(nursery, first, second)
        await trio.sleep(4.0)
        assert second.lease is None
        first.scope.cancel()
        await wait_all_tasks_blocked()
        assert second.since == began + 4
        assert second.lease is not None
        assert second.lease.held
        nursery.cancel_scope.cancel()
    assert len(hub) == 0


async def test_a_publisher_that_waits_too_long_is_refused(autojump_clock: MockClock) -> None:
    hub = Hub()
    first, second = Publisher(hub, "first"), Publisher(hub, "second", WAIT)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        await start(nursery, first)
        await second.run()
        assert trio.current_time() == began + 5
        assert str(second.error) == "cam is already published by first, also after 5 s"
        assert first.lease is not None
        assert first.lease.held
        nursery.cancel_scope.cancel()


async def test_a_publisher_that_may_wait_no_time_is_refused_at_once(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()
    no_time = attrs.evolve(WAIT, publish_busy_wait=Timeout(0.0))
    first, second = Publisher(hub, "first"), Publisher(hub, "second", no_time)
    async with trio.open_nursery() as nursery:
        await start(nursery, first)
        await second.run()
        assert str(second.error) == "cam is already published by first, also after 0 s"
        nursery.cancel_scope.cancel()


async def test_of_three_that_wait_one_wins_and_the_others_go_on_waiting(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()
    first = Publisher(hub, "first")
    waiting = [Publisher(hub, f"waiter {number}", WAIT) for number in range(3)]
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        await start(nursery, first, *waiting)
        await trio.sleep(1.0)
        first.scope.cancel()
        await trio.sleep(1.0)
        [winner] = [it for it in waiting if it.lease is not None]
        assert winner.since == began + 1
        assert all(it.error is None for it in waiting)
        winner.scope.cancel()
        await trio.sleep(1.0)
        [second] = [it for it in waiting if it.lease is not None and it is not winner]
        assert second.since == began + 2
        await trio.sleep(3.0)
        [loser] = [it for it in waiting if it.error is not None]
        assert str(loser.error) == f"cam is already published by {second.name}, also after 5 s"
        nursery.cancel_scope.cancel()
    assert len(hub) == 0


async def test_a_publisher_may_wait_for_ever(autojump_clock: MockClock) -> None:
    hub = Hub()
    first, second = Publisher(hub, "first"), Publisher(hub, "second", WAIT_LONG)
    async with trio.open_nursery() as nursery:
        await start(nursery, first, second)
        await trio.sleep(80_000)
        first.scope.cancel()
        await wait_all_tasks_blocked()
        assert second.lease is not None
        nursery.cancel_scope.cancel()


async def test_a_waiter_keeps_the_stream_and_lets_go_of_it(autojump_clock: MockClock) -> None:
    hub = Hub()
    first, second = Publisher(hub, "first"), Publisher(hub, "second", WAIT)
    async with trio.open_nursery() as nursery:
        await start(nursery, first, second)
        second.scope.cancel()
        await wait_all_tasks_blocked()
        assert second.lease is None
        assert hub.find("cam") is not None
        first.scope.cancel()
    assert len(hub) == 0


# ---------------------------------------------------------------------- kicked


async def test_kicking_frees_the_name_at_once(autojump_clock: MockClock) -> None:
    hub = Hub()
    publisher = Publisher(hub, "one")
    async with trio.open_nursery() as nursery:
        await start(nursery, publisher)
        assert hub.kick("cam", "by a test")
        assert publisher.revoked == [(EndReason.KICKED, "by a test")]
        assert publisher.lease is not None
        assert not publisher.lease.held
        assert not hub.kick("cam")
        assert len(publisher.revoked) == 1
    assert not hub.kick("cam")
    assert len(hub) == 0


# ------------------------------------------------------------------ every path


class CancelAt(trio.abc.Instrument):
    """Cancels a scope right before the given number of steps of one task."""

    def __init__(self, scope: trio.CancelScope, steps: int) -> None:
        self.scope = scope
        self.steps = steps
        self.task: trio.lowlevel.Task | None = None

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is self.task:
            self.steps -= 1
            if self.steps == 0:
                self.scope.cancel()


async def publish_and_read(hub: Hub, settings: StreamSettings) -> None:
    """All that may wait: for the name, while holding it, while reading."""
    async with hub.publish("cam", settings, holder="new", revoke=lambda *_: None) as lease:
        await trio.lowlevel.checkpoint()
        lease.append(key(0), 0.0)
        with hub.subscribe("cam", settings, FORM, MemoryOutlet()):
            await trio.lowlevel.checkpoint()
        await trio.sleep(1)


@pytest.mark.parametrize("settings", [REJECT, REPLACE, WAIT], ids=["free", "replace", "wait"])
@pytest.mark.parametrize("steps", range(1, 9))
async def test_the_name_is_given_back_wherever_the_publisher_is_cancelled(
    settings: StreamSettings, steps: int, autojump_clock: MockClock
) -> None:
    hub = Hub()
    old = Publisher(hub, "old")
    async with trio.open_nursery() as nursery:
        if settings is not REJECT:
            await start(nursery, old)

        async def leave() -> None:
            await trio.sleep(0.5)
            old.scope.cancel()

        nursery.start_soon(leave)
        scope = trio.CancelScope()
        cancel = CancelAt(scope, steps)

        async def run() -> None:
            cancel.task = trio.lowlevel.current_task()
            with scope:
                await publish_and_read(hub, settings)

        trio.lowlevel.add_instrument(cancel)
        nursery.start_soon(run)
    trio.lowlevel.remove_instrument(cancel)
    assert len(hub) == 0


async def test_a_bug_while_a_publish_begins_leaves_the_name_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(live: Stream) -> None:
        raise ZeroDivisionError

    hub = Hub()
    monkeypatch.setattr(Stream, "tell_changed", fail)
    with hub.subscribe("cam", REJECT, FORM, MemoryOutlet()) as reader:
        with pytest.raises(ZeroDivisionError):
            async with hub.publish("cam", REJECT, holder="one", revoke=quiet):
                pass
        assert not reader.feed.is_open


async def test_hubs_share_nothing() -> None:
    first, second = Hub(), Hub()
    assert first.broadcaster is not second.broadcaster
    async with first.publish("cam", REJECT, holder="one", revoke=quiet):
        assert second.find("cam") is None
        async with second.publish("cam", REJECT, holder="one", revoke=quiet):
            pass
    own = Broadcaster()
    assert Hub(own).broadcaster is own


async def test_who_waits_for_a_name_gets_it_in_the_order_in_which_they_came(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()
    first = Publisher(hub, "first")
    waiting = [Publisher(hub, str(number), WAIT_LONG) for number in range(20)]
    async with trio.open_nursery() as nursery:
        await start(nursery, first)
        for each in waiting:
            nursery.start_soon(each.run)
            await wait_all_tasks_blocked()
        waiting[7].scope.cancel()  # hung up
        await wait_all_tasks_blocked()
        holder = first
        for each in waiting[:7] + waiting[8:]:
            holder.scope.cancel()
            await wait_all_tasks_blocked()
            assert [it.name for it in waiting if it.lease is not None][-1:] == [each.name]
            assert each.lease is not None
            assert each.lease.held
            holder = each
        nursery.cancel_scope.cancel()
    assert (len(hub), hub._lines) == (0, {})


async def test_who_comes_when_the_name_is_just_free_does_not_push_in(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()
    first = Publisher(hub, "first")
    waits, late = Publisher(hub, "waits", WAIT_LONG), Publisher(hub, "late", WAIT_LONG)
    hasty = Publisher(hub, "hasty", WAIT_LONG)
    async with trio.open_nursery() as nursery:
        await start(nursery, first, waits)
        await wait_all_tasks_blocked()
        hub.kick("cam")
        assert first.lease is not None
        assert not first.lease.held
        with trio.CancelScope() as scope:  # in this very moment, before the one who waits
            scope.cancel()
            await hasty.run()
        assert hasty.lease is None
        nursery.start_soon(late.run)
        await wait_all_tasks_blocked()
        assert (waits.lease is not None, late.lease) == (True, None)
        nursery.cancel_scope.cancel()


async def test_when_the_first_in_line_gives_up_the_next_one_is_the_first(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()
    first, short = Publisher(hub, "first"), Publisher(hub, "short", WAIT)
    long = Publisher(hub, "long", WAIT_LONG)
    async with trio.open_nursery() as nursery:
        await start(nursery, first, short, long)
        await trio.sleep(6)
        assert str(short.error) == "cam is already published by first, also after 5 s"
        first.scope.cancel()
        await wait_all_tasks_blocked()
        assert long.lease is not None
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("settings", [REJECT, attrs.evolve(WAIT, publish_busy_wait=Timeout(0.0))])
async def test_a_name_that_is_just_free_goes_to_one_who_waits(
    autojump_clock: MockClock, settings: StreamSettings
) -> None:
    hub = Hub()
    first, waits = Publisher(hub, "first"), Publisher(hub, "waits", WAIT_LONG)
    late = Publisher(hub, "late", settings)
    async with trio.open_nursery() as nursery:
        await start(nursery, first, waits)
        await wait_all_tasks_blocked()
        hub.kick("cam")
        with trio.CancelScope() as scope:  # in this very moment
            scope.cancel()
            await late.run()
        assert late.lease is None
        await wait_all_tasks_blocked()
        assert waits.lease is not None
        nursery.cancel_scope.cancel()
