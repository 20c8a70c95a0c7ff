"""A publish as a block: lease, report, events and counters, with no connection anywhere."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM
from trio_srs.errors import EndReason, ProtocolError
from trio_srs.hub.bus import Event, PublishBegan, PublishEnded
from trio_srs.hub.end import End, told_later
from trio_srs.hub.hub import Hub
from trio_srs.hub.lease import LeaseLostError, StreamBusyError
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.publishing import FirstPacketTimeoutError, PublishIdleTimeoutError, Publishing
from trio_srs.hub.session_requests import Request, RequestCounters
from trio_srs.hub.settings import BusyPolicy, StreamSettings
from trio_srs.testing.bodies import header, inter, key
from trio_srs.units import Seconds, Timeout

ORIGIN = "rtmp://origin.example/live/cam"
SETTINGS = StreamSettings(
    send_interval=Seconds(0.0), first_packet_timeout=Timeout(3.0), publish_idle_timeout=Timeout(2.0)
)
REPLACE = attrs.evolve(SETTINGS, publish_busy=BusyPolicy.REPLACE)


def relay() -> PublisherInfo:
    return PublisherInfo(session="r1", peer=ORIGIN, protocol="relay")


def publishing(hub: Hub, settings: StreamSettings = SETTINGS, **more: Any) -> Any:
    return hub.publishing("live/cam", settings, relay(), **more)


def said(publish: Publishing, *messages: Any) -> None:
    publish.append_all(messages, trio.current_time())


async def test_a_relay_publishes_with_all_that_belongs_to_it() -> None:
    hub, events, outlet = Hub(), list[Event](), MemoryOutlet()
    with hub.bus.listening(events.append), hub.subscribe("live/cam", SETTINGS, FORM, outlet) as it:
        async with publishing(hub) as publish:
            while (span := it.next_span(2**16)) is not None:
                it.took(span, outlet.offer(span.blob))
            assert (publish.going_on, publish.name) == (True, "live/cam")
            said(publish, header(), key(0), inter(40))
            assert outlet.read()[-2:] == [key(0), inter(40)]  # nobody had to push
            assert publish.counters().messages == 3
            report = hub.reports.find("live/cam")
            assert report is not None
            assert (report.peer, report.facts.messages, report.end) == (ORIGIN, 3, None)
            assert (report.timeline[0].what, report.timeline[0].detail) == (
                "accepted",
                f"relay from {ORIGIN}",
            )
        assert not publish.going_on
    who = {"session": "r1", "peer": ORIGIN, "stream": "live/cam"}
    counters = publish.counters()
    assert (events[0], events[-1]) == (
        PublishBegan(**who, flow=""),
        PublishEnded(
            **who,
            reason=EndReason.STREAM_CLOSED,
            detail="",
            messages=3,
            bytes=counters.bytes,
        ),
    )
    report = hub.reports.find("live/cam")
    assert report is not None
    assert report.end is EndReason.STREAM_CLOSED


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (ProtocolError("torn"), End(EndReason.PROTOCOL_ERROR, "torn")),
        (KeyError("a bug"), End(EndReason.INTERNAL_ERROR, "KeyError('a bug')")),
        (
            ExceptionGroup("of a nursery", [ProtocolError("torn")]),
            End(EndReason.PROTOCOL_ERROR, "torn"),
        ),
    ],
    ids=repr,
)
async def test_what_leaves_the_block_says_how_it_ended(error: Exception, end: End) -> None:
    hub = Hub()
    with pytest.raises(type(error)):
        async with publishing(hub) as publish:
            raise error
    assert (publish.request.end, publish.request.end_detail) == (end.reason, end.detail)
    assert len(hub) == 0


async def test_a_publish_that_is_cancelled_has_ended(autojump_clock: MockClock) -> None:
    hub = Hub()
    with trio.move_on_after(1.0):
        async with publishing(hub) as publish:
            await trio.sleep_forever()
    assert (publish.request.end, publish.request.end_detail) == (
        EndReason.STREAM_CLOSED,
        "cancelled",
    )


async def test_a_kick_ends_the_block_and_is_told_before_it_returns() -> None:
    hub, events, outcome = Hub(), list[Event](), list[str]()

    async def pull() -> None:
        with pytest.raises(LeaseLostError) as lost:
            async with publishing(hub):
                await trio.sleep_forever()
        outcome.append(str(lost.value))

    with hub.bus.listening(events.append):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pull)
            await wait_all_tasks_blocked()
            assert hub.kick("live/cam", "enough")
            [ended] = [event for event in events if isinstance(event, PublishEnded)]
            assert (ended.reason, ended.detail) == (EndReason.KICKED, "enough")
    assert outcome == ["live/cam was taken away: kicked: enough"]


async def test_who_hears_that_it_begins_may_end_it() -> None:
    hub = Hub()

    def kick(event: Event) -> None:
        if isinstance(event, PublishBegan):
            hub.kick(event.stream)

    async def publish() -> None:
        async with publishing(hub) as it:
            assert not it.going_on
            await trio.sleep_forever()

    with hub.bus.listening(kick), pytest.raises(LeaseLostError, match="kicked"):
        await publish()


async def test_what_comes_after_the_end_is_refused() -> None:
    hub = Hub()
    async with publishing(hub) as publish:
        publish.finish(End(EndReason.PEER_FIN, "the file is at its end"))
        publish.finish(End(EndReason.KICKED, "too late"))
        async with publishing(hub):
            """The name is free."""
        with pytest.raises(LeaseLostError, match="the publish of live/cam is over"):
            said(publish, key(0))
        await publish.watch()  # there is nothing to wait for
    assert publish.request.end_detail == "the file is at its end"


async def test_what_came_before_a_loss_is_read_and_counted() -> None:
    hub, outlet = Hub(), MemoryOutlet()

    async def taker() -> None:
        async with hub.publishing("live/cam", REPLACE, relay()) as other:
            said(other, key(0), key(40))
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        with hub.subscribe("live/cam", SETTINGS, FORM, outlet):
            async with publishing(hub, end_of=told_later, revoke=lambda *_: None) as first:
                said(first, key(0))
                nursery.start_soon(taker)
                await wait_all_tasks_blocked()
                assert first.counters().messages == 1
                with pytest.raises(LeaseLostError):
                    said(first, key(40))
            assert first.request.end is EndReason.REPLACED
        nursery.cancel_scope.cancel()


async def test_a_connection_says_the_end_itself_when_it_knows_it() -> None:
    hub, events = Hub(), list[Event]()
    request = Request("publish", "live/cam?secret", 1, 0.0)
    with hub.bus.listening(events.append):
        async with publishing(hub, request=request, end_of=told_later) as publish:
            said(publish, key(0))
            assert request.counters_so_far().messages == 1
        assert not publish.going_on  # the name is free, and nobody was told yet
        assert request.going_on
        assert not any(isinstance(event, PublishEnded) for event in events)
        publish.finish(End(EndReason.PEER_RST, "reset"))
    assert (request.stream, request.end, request.counters) == (
        "live/cam",
        EndReason.PEER_RST,
        RequestCounters(messages=1, bytes=len(key(0).payload)),
    )
    assert isinstance(events[-1], PublishEnded)


async def test_a_name_that_is_taken_is_refused_and_nobody_hears_of_it() -> None:
    hub, events = Hub(), list[Event]()
    async with publishing(hub):
        with hub.bus.listening(events.append), pytest.raises(StreamBusyError):
            async with publishing(hub):
                raise AssertionError("not entered")
    assert events == []


async def test_a_publisher_that_sends_nothing_is_found_out(autojump_clock: MockClock) -> None:
    async with publishing(Hub()) as publish:
        with pytest.raises(FirstPacketTimeoutError, match="no media within 3 s"):
            await publish.watch()
        assert trio.current_time() == 3.0


async def test_a_publisher_that_falls_silent_is_found_out(autojump_clock: MockClock) -> None:
    async with publishing(Hub()) as publish, trio.open_nursery() as nursery:

        async def send() -> None:
            await trio.sleep(1.5)
            said(publish, key(0))

        nursery.start_soon(send)
        with pytest.raises(PublishIdleTimeoutError, match="no media for 2 s"):
            await publish.watch()
        assert trio.current_time() == 3.5
