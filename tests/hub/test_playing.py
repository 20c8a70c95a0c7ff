"""A play as a block: reader, events and counters, with no connection anywhere."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.hub.outlets import MemoryOutlet, serve
from tests.hub.stage import FORM
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event, PlayBegan, PlayEnded
from trio_srs.hub.end import End, told_later
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.hub import Hub
from trio_srs.hub.participant import Participant, PublisherInfo
from trio_srs.hub.playing import NoPublisherError, StreamNotFoundError
from trio_srs.hub.session_requests import Request, RequestCounters
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.testing.bodies import header, inter, key
from trio_srs.units import Seconds, Timeout

SETTINGS = StreamSettings(send_interval=Seconds(0.0), play_missing_timeout=Timeout(5.0))
REFUSE = attrs.evolve(SETTINGS, play_missing=MissingPolicy.REFUSE)
VIEWER = Participant(session="h1", peer="10.0.0.1:5", protocol="http")
CAMERA = PublisherInfo(session="c1", peer="10.0.0.2:5", protocol="rtmp", accepted_at=0.0)
WHO: dict[str, str] = {"session": "h1", "peer": "10.0.0.1:5", "stream": "live/cam"}


def playing(
    hub: Hub, outlet: MemoryOutlet, settings: StreamSettings = SETTINGS, **more: Any
) -> Any:
    return hub.playing("live/cam", settings, FORM, outlet, VIEWER, **more)


async def test_a_viewer_plays_with_all_that_belongs_to_it() -> None:
    hub, events, outlet = Hub(), list[Event](), MemoryOutlet()
    async with hub.publishing("live/cam", SETTINGS, CAMERA) as publish:
        publish.append_all([header(), key(0), inter(40)], trio.current_time())
        with hub.bus.listening(events.append):
            async with playing(hub, outlet) as play:
                assert outlet.offers == 0  # a peer is told yes first
                while serve(outlet, [play.reader]):
                    continue
                sent = len(outlet.taken)
                assert (
                    play.counters() == play.request.counters_so_far() == RequestCounters(bytes=sent)
                )
                publish.append_all([inter(80)], trio.current_time())
            assert outlet.read()[-1] == inter(80)
    sent = len(outlet.taken)
    assert events == [
        PlayBegan(**WHO),
        PlayEnded(**WHO, reason=EndReason.STREAM_CLOSED, detail="", bytes=sent, skipped=0),
    ]
    assert play.request.counters == RequestCounters(bytes=sent)


async def test_what_another_form_was_sent_counts_as_well() -> None:
    hub, outlet = Hub(), MemoryOutlet()
    async with hub.publishing("live/cam", SETTINGS, CAMERA) as publish:
        publish.append_all([header(), key(0)], trio.current_time())
        async with playing(hub, outlet) as play:
            while serve(outlet, [play.reader]):
                continue
            before, old = play.counters().bytes, play.reader
            changed = play.reform(RtmpForm.of(4096, 1, False, True), keep_position=True)
            assert play.reader is changed
            assert not old.attached
            while serve(outlet, [changed]):
                continue
            publish.append_all([inter(40)], trio.current_time())
            assert play.counters().bytes == len(outlet.taken) > before > 0


async def test_who_may_not_wait_is_refused_and_nobody_hears_of_it() -> None:
    hub, events = Hub(), list[Event]()
    with hub.bus.listening(events.append), pytest.raises(StreamNotFoundError, match="live/cam"):
        async with playing(hub, MemoryOutlet(), REFUSE):
            raise AssertionError("not entered")
    assert events == []
    assert len(hub) == 0


async def test_who_waits_for_a_publisher_waits_so_long(autojump_clock: MockClock) -> None:
    hub = Hub()
    with pytest.raises(NoPublisherError, match="nobody published live/cam within 5 s"):
        async with playing(hub, MemoryOutlet()) as play:
            await play.watch()
    assert trio.current_time() == 5.0
    assert play.request.end is EndReason.NO_PUBLISHER


async def test_a_publisher_that_was_there_gives_the_whole_time_again(
    autojump_clock: MockClock,
) -> None:
    hub = Hub()

    async def publish() -> None:
        await trio.sleep(4.0)
        async with hub.publishing("live/cam", SETTINGS, CAMERA):
            await trio.sleep(10.0)

    async with trio.open_nursery() as nursery, playing(hub, MemoryOutlet()) as play:
        nursery.start_soon(publish)
        with pytest.raises(NoPublisherError):
            await play.watch()
        assert trio.current_time() == 19.0


async def test_a_connection_says_the_end_itself_when_it_knows_it() -> None:
    hub, events = Hub(), list[Event]()
    request = Request("play", "live/cam?secret", 1, 0.0)
    with hub.bus.listening(events.append):
        with pytest.raises(KeyError):
            async with playing(hub, MemoryOutlet(), request=request, end_of=told_later) as play:
                raise KeyError
        assert play.reader is None
        assert len(hub) == 0
        assert events == [PlayBegan(**WHO)]
        play.finish(End(EndReason.PLAYER_STALLED, "stuck"))
        play.finish(End(EndReason.KICKED, "too late"))
    assert [type(event) for event in events] == [PlayBegan, PlayEnded]
    assert (request.stream, request.end) == ("live/cam", EndReason.PLAYER_STALLED)
