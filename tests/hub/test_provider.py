"""Providers: asked by the first reader, cancelled after the last one, and no worse than nobody."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet, serve
from tests.hub.running import running_hub
from tests.hub.stage import FORM
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event, PublishBegan, PublishEnded
from trio_srs.hub.hub import Hub
from trio_srs.hub.participant import Participant, PublisherInfo
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.provider import Provider, ProviderNameError
from trio_srs.hub.reader import Reader
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.hub.supervisor import Body, TaskState
from trio_srs.net.link import PeerGoneError
from trio_srs.testing.bodies import header, inter, key
from trio_srs.units import Seconds, Timeout

WAIT = StreamSettings(
    send_interval=Seconds(0.0), provide_linger=Seconds(5.0), provide_timeout=Timeout(3.0)
)
REFUSE = attrs.evolve(WAIT, play_missing=MissingPolicy.REFUSE)
CAMERA = PublisherInfo(session="c2", peer="10.0.0.2:5", protocol="rtmp", accepted_at=0.0)
VIEWER = Participant(session="c1", peer="10.0.0.1:5", protocol="rtmp")


@attrs.define(eq=False)
class Origin:
    """Brings a stream after a while, or fails, as often as it is asked to."""

    hub: Hub
    after_s: float = 0.0
    error: Exception | None = None
    asked: list[str] = attrs.field(factory=list)
    pulls: int = 0
    pulling: int = 0

    def provide(self, name: str, settings: StreamSettings) -> Body | None:
        self.asked.append(name)
        return None if name == "unknown" else lambda: self.pull(name, settings)

    async def pull(self, name: str, settings: StreamSettings) -> None:
        self.pulls += 1
        self.pulling += 1
        try:
            await trio.sleep(self.after_s)
            if self.error is not None:
                raise self.error
            origin = PublisherInfo(session="r1", peer=f"rtmp://origin/{name}", protocol="relay")
            async with self.hub.publishing(name, settings, origin) as publish:
                publish.append_all([header(), key(0), inter(40)], trio.current_time())
                await trio.sleep_forever()
        finally:
            self.pulling -= 1


def origin_of(hub: Hub, name: str = "edge", **more: Any) -> Origin:
    origin = Origin(hub, **more)
    hub.providers.add(Provider(name=name, provide=origin.provide))
    return origin


def reading(hub: Hub, outlet: MemoryOutlet | None = None) -> AbstractContextManager[Reader]:
    return hub.subscribe("live/cam", WAIT, FORM, outlet or MemoryOutlet())


def playing(hub: Hub, settings: StreamSettings = REFUSE, name: str = "live/cam") -> Any:
    return hub.playing(name, settings, FORM, MemoryOutlet(), VIEWER)


def heard(outlet: MemoryOutlet, readers: Sequence[Reader]) -> list[int]:
    while serve(outlet, readers):
        pass
    outlet.read()
    return [message.timestamp_ms for message in outlet.messages if message.type_id == 9]


async def test_two_readers_at_once_ask_once(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin, events = origin_of(hub), list[Event]()
        with hub.bus.listening(events.append), reading(hub), reading(hub):
            await wait_all_tasks_blocked()
            assert (origin.asked, origin.pulls) == (["live/cam"], 1)
            with reading(hub):
                await wait_all_tasks_blocked()
        assert [type(event) for event in events].count(PublishBegan) == 1
        assert origin.pulls == 1


async def test_a_waiting_reader_is_served_from_the_first_keyframe(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        origin_of(hub, after_s=1.0)
        outlet = MemoryOutlet()
        with reading(hub, outlet) as reader:
            await trio.sleep(2.0)
            assert heard(outlet, [reader]) == [0, 0, 40]  # header, keyframe, what follows


async def test_nobody_is_asked_for_what_is_there(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub)
        async with hub.publishing("live/cam", WAIT, CAMERA):
            with reading(hub):
                await wait_all_tasks_blocked()
        assert origin.asked == []


async def test_it_ends_a_while_after_the_last_reader_has_gone(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin, events = origin_of(hub), list[Event]()
        with hub.bus.listening(events.append):
            with reading(hub):
                await trio.sleep(1.0)
            await trio.sleep(4.9)
            assert origin.pulling == 1
            with reading(hub):  # in time
                await trio.sleep(10.0)
            await trio.sleep(4.9)
            assert (origin.pulls, origin.pulling) == (1, 1)
            await trio.sleep(0.2)
            assert (origin.pulling, len(hub)) == (0, 0)
        [ended] = [event for event in events if isinstance(event, PublishEnded)]
        assert (ended.reason, ended.detail) == (EndReason.STREAM_CLOSED, "cancelled")


async def test_who_comes_while_it_ends_has_it_brought_again(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        slow = trio.Event()

        async def pull() -> None:
            try:
                await trio.sleep_forever()
            finally:
                slow.set()
                with trio.CancelScope(shield=True):
                    await trio.sleep(1.0)  # takes leave of its origin

        pulls = list[str]()

        def provide(name: str, settings: StreamSettings) -> Body:
            pulls.append(name)
            return pull

        hub.providers.add(Provider(name="edge", provide=provide))
        with reading(hub):
            await wait_all_tasks_blocked()
        await slow.wait()
        with reading(hub):
            await trio.sleep(2.0)
            assert pulls == ["live/cam"] * 2


@pytest.mark.parametrize("error", [PeerGoneError("no route to host"), KeyError("a bug")], ids=repr)
async def test_a_provider_that_fails_leaves_its_players_refused(
    error: Exception, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub, after_s=1.0, error=error)
        with pytest.raises(StreamNotFoundError):
            async with playing(hub):
                raise AssertionError("not entered")
        assert trio.current_time() == 1.0
        await wait_all_tasks_blocked()
        assert (len(hub), origin.pulls) == (0, 1)
        is_bug = isinstance(error, KeyError)
        assert hub.supervisor.internal_errors == is_bug
        assert caplog.text.count("Traceback") == is_bug
        assert "provider edge of live/cam" in caplog.text


async def test_a_provider_that_fails_leaves_its_players_waiting(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin, outlet = origin_of(hub, error=PeerGoneError("gone")), MemoryOutlet()
        with reading(hub, outlet) as reader:
            await trio.sleep(100.0)
            assert 5 < origin.pulls < 15  # again, later each time
            [task] = hub.find("live/cam").tasks  # type: ignore[union-attr]  # somebody reads it
            assert (task.name, task.state) == ("provider edge", TaskState.BACKING_OFF)
            origin.error = None
            await trio.sleep(31.0)
            assert heard(outlet, [reader]) == [0, 0, 40]
            origin.error = PeerGoneError("gone again")
        await trio.sleep(6.0)
        assert len(hub) == 0


async def test_who_leaves_between_two_tries_ends_them(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub, error=PeerGoneError("gone"))
        with reading(hub):
            await trio.sleep(0.1)
        await wait_all_tasks_blocked()
        assert (len(hub), origin.pulls) == (0, 1)
        with reading(hub):
            await trio.sleep(0.1)
        assert origin.pulls == 2


async def test_what_fails_when_nobody_reads_any_more_is_not_tried_again(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub, after_s=1.0, error=PeerGoneError("gone"))
        with reading(hub):
            await wait_all_tasks_blocked()
        await trio.sleep(60.0)
        assert (len(hub), origin.pulls) == (0, 1)


async def test_who_has_left_before_it_began_ends_it_as_well(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub)
        with reading(hub):
            pass
        await trio.sleep(5.1)
        assert (origin.pulls, origin.pulling, len(hub)) == (1, 0, 0)


async def test_providers_have_their_turn_in_order(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:

        def broken(name: str, settings: StreamSettings) -> Body:
            raise KeyError("a bug")

        hub.providers.add(Provider(name="broken", provide=broken))
        hub.providers.add(Provider(name="another", provide=lambda name, settings: None))
        first = origin_of(hub, "first", error=PeerGoneError("gone"))
        second, third = origin_of(hub, "second"), origin_of(hub, "third")
        async with playing(hub):
            assert (first.pulls, second.pulling, third.pulls) == (1, 1, 0)
        assert hub.supervisor.internal_errors == 1


async def test_who_is_faster_than_a_provider_has_the_name(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        first, second = origin_of(hub, "first", after_s=1.0), origin_of(hub, "second")
        with reading(hub):
            await wait_all_tasks_blocked()
            async with hub.publishing("live/cam", WAIT, CAMERA):
                await trio.sleep(20.0)
                assert (first.pulls, first.pulling, second.pulls) == (1, 0, 0)


async def test_a_publisher_that_comes_between_two_tries_ends_them(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub, error=PeerGoneError("gone"))
        with reading(hub):
            await trio.sleep(0.1)
            async with hub.publishing("live/cam", WAIT, CAMERA):
                await trio.sleep(60.0)
        assert origin.pulls == 1


async def test_what_nobody_has_is_refused_at_once() -> None:
    async with running_hub() as hub:
        origin = origin_of(hub)
        with pytest.raises(StreamNotFoundError):
            async with playing(hub, name="unknown"):
                raise AssertionError("not entered")
        assert (origin.asked, origin.pulls) == (["unknown"], 0)


async def test_a_provider_that_takes_too_long_leaves_its_players_refused(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        origin_of(hub, after_s=60.0)
        with pytest.raises(StreamNotFoundError):
            async with playing(hub):
                raise AssertionError("not entered")
        assert trio.current_time() == 3.0


async def test_a_source_that_is_at_its_end_is_not_brought_again_by_itself(
    autojump_clock: MockClock,
) -> None:
    async with running_hub() as hub:
        pulls = list[str]()

        async def short() -> None:
            pulls.append("short")

        hub.providers.add(Provider(name="clip", provide=lambda name, settings: short))
        with reading(hub):
            await trio.sleep(60.0)
            assert pulls == ["short"]
            with pytest.raises(StreamNotFoundError):
                async with playing(hub):
                    raise AssertionError("not entered")
            assert pulls == ["short", "short"]


async def test_a_stop_ends_what_is_brought_first(autojump_clock: MockClock) -> None:
    async with running_hub() as hub:
        origin = origin_of(hub)
        with reading(hub):
            await wait_all_tasks_blocked()
            await hub.finish_tasks(1.0)
            await trio.sleep(60.0)
            assert (origin.pulls, origin.pulling) == (1, 0)


async def test_without_anybody_to_run_it_nothing_is_brought() -> None:
    hub = Hub()
    origin = origin_of(hub)
    with reading(hub):
        await wait_all_tasks_blocked()
    assert origin.pulls == 0


def test_two_providers_of_one_name_are_a_mistake() -> None:
    hub = Hub()
    hub.providers.add(Provider(name="edge", provide=lambda name, settings: None))
    with pytest.raises(ProviderNameError, match="edge"):
        hub.providers.add(Provider(name="edge", provide=lambda name, settings: None))
