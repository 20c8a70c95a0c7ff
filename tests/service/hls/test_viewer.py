"""Viewers of HLS are sessions as others: counted, asked for, kicked, and gone in the end."""

from __future__ import annotations

import pytest
import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, PlayEnded, RequestRefused, SessionBegan, SessionEnded
from trio_srs.hub.gate import AccessRequest, AllowAll, Grant
from trio_srs.hub.sessions import session_facts
from trio_srs.service.hls.config import HlsConfig
from trio_srs.units import Seconds, Timeout


async def test_a_viewer_is_one_session_however_much_it_asks_for(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        whole = await watcher.file(listed.segments[0].uri)
        (entry,) = house.registry
        facts = session_facts(entry, trio.current_time(), 0.0)
        assert (facts.protocol, facts.app) == ("hls", "live")
        (request,) = facts.requests
        assert (request.what, request.stream, request.outcome) == ("play", "live/a", "accepted")
        assert request.bytes == len(whole.body) == facts.bytes_out
        assert (request.segments, request.stalls) == (1, 0)
        assert len(house.told(SessionBegan)) == len(house.told(PlayBegan, stream="live/a")) == 1


async def test_a_viewer_that_asks_for_parts_too_late_has_stood_still(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        (entry,) = house.registry
        await watcher.file((await watcher.playlist()).segments[-1].parts[0].uri)
        await trio.sleep(3)
        await watcher.file((await watcher.playlist()).segments[-1].uri)
        (request,) = session_facts(entry, trio.current_time(), 0.0).requests
        assert (request.segments, request.stalls) == (2, 1)


async def test_a_viewer_that_asks_for_nothing_is_gone_after_a_while(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        other = await house.watch()
        for _ in range(4):
            await trio.sleep(10)
            await watcher.playlist()
        (end,) = house.told(SessionEnded)
        assert (end.reason, end.detail) == (EndReason.PEER_FIN, "it asked for nothing for 30 s")
        assert len(house.told(PlayEnded)) == 1
        assert len(house.registry) == 1
        await trio.sleep(31)
        assert len(house.registry) == 0
        other = Watcher(house.dial(), other.all)
        assert (await other.playlist()).segments, "who comes back is another session"
        assert len(house.told(PlayBegan)) == 3


async def test_a_viewer_that_is_kicked_stays_out(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        (entry,) = house.registry
        entry.end(EndReason.KICKED, "enough")
        answer = await watcher.file("video.m3u8")
        assert (answer.status, answer.json["error"]) == (403, "session_over")
        assert house.told(SessionEnded, reason=EndReason.KICKED)
        assert (await house.watch()).all.variants, "by name it may ask again, and the gate decides"


class Doorkeeper(AllowAll):
    """Lets nobody in who does not know the word."""

    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []

    async def play(self, request: AccessRequest, /) -> Grant | None:
        self.asked.append(request)
        if request.params.get("token") != "yes":
            raise RefusedError("no token")
        return Grant(name="b", account="acme")


async def test_the_gate_is_asked_and_what_it_grants_holds(open_house: OpenHlsHouse) -> None:
    gate = Doorkeeper()
    house = await open_house(gate=gate)
    async with house.live("live/b"):
        refused = await Watcher(house.dial()).get("/live/a.m3u8")
        assert refused.status == RefusedError.http_status
        assert house.told(RequestRefused, code="refused")
        watcher = await house.watch("/live/a.m3u8?token=yes")
        assert (await watcher.playlist()).segments
        assert [each.name for each in gate.asked] == ["a", "a"]
        assert gate.asked[1].protocol == "hls"
        assert house.told(PlayBegan, stream="live/b")
        (entry,) = house.registry
        assert session_facts(entry, 0.0, 0.0).requests[0].account == "acme"


async def test_what_a_viewer_says_in_authorization_reaches_the_gate(
    open_house: OpenHlsHouse,
) -> None:
    gate = Doorkeeper()
    house = await open_house(gate=gate)
    await Watcher(house.dial()).get("/live/a.m3u8", Authorization="Basic YTpi")
    assert [each.authorization for each in gate.asked] == ["Basic YTpi"]


async def test_who_comes_back_is_asked_for_again(open_house: OpenHlsHouse) -> None:
    gate = Doorkeeper()
    config = HlsConfig(viewer_timeout=Seconds(5.0))
    house = await open_house(gate=gate, hls_config=config)
    async with house.live("live/b"):
        watcher = await house.watch("/live/a.m3u8?token=yes")
        await trio.sleep(6)
        assert (await watcher.file("video.m3u8")).status == RefusedError.http_status
        assert (await watcher.file("video.m3u8?token=yes")).status == 200
        assert (await watcher.file("video.m3u8?_HLS_msn=1")).status == 200


@pytest.mark.parametrize("limit", ["max_viewers", "max_viewers_per_ip"])
async def test_viewers_are_limited(open_house: OpenHlsHouse, limit: str) -> None:
    house = await open_house(hls_config=HlsConfig(**{limit: 1}))  # type: ignore[arg-type]  # by name
    async with house.live():
        await house.watch()
        refused = await Watcher(house.dial()).get("/live/a.m3u8")
        assert (refused.status, refused.json["error"]) == (503, "too_many_connections")


async def test_who_leaves_before_it_is_answered_is_told_of(house: HlsHouse) -> None:
    watcher = Watcher(house.dial())
    await watcher.client.ask("/live/a.m3u8")
    assert len(house.registry) == 1
    watcher.client.transport.close()
    await trio.sleep(0.1)
    assert len(house.registry) == 0
    assert house.told(SessionEnded)


async def test_head_is_no_viewer(house: HlsHouse) -> None:
    async with house.live():
        answer = await Watcher(house.dial()).get("/live/a.m3u8", "HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert len(house.registry) == 0


async def test_the_end_of_the_server_ends_all(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await house.hls.stop(1.0)
        (end,) = house.told(SessionEnded)
        assert end.reason is EndReason.SHUTDOWN
        assert (await watcher.file("video.m3u8")).status == 403


class Limiting(AllowAll):
    """Lets one viewer in at a time, for five seconds."""

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return Grant(settings={"max_players": 1, "max_play_time": "5s"})


async def test_viewers_are_as_many_and_stay_as_long_as_they_may(open_house: OpenHlsHouse) -> None:
    house = await open_house(gate=Limiting())
    async with house.live():
        watcher = await house.watch()
        refused = await Watcher(house.dial()).get("/live/a.m3u8")
        assert (refused.status, refused.json["error"]) == (503, "too_many_players")
        await trio.sleep(5)
        over = await watcher.file("video.m3u8")
        assert (over.status, over.json["error"]) == (403, "session_over")
        [end] = house.told(PlayEnded)
        assert (end.reason, end.detail) == (EndReason.TIME_LIMIT, "live/a: a play may last 5 s")
        assert await house.watch()


async def test_who_waits_for_the_beginning_is_there(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=HlsConfig(viewer_timeout=Seconds(1.0)))
    async with house.live():
        await house.watch()  # until there are two segments
        assert not house.told(PlayEnded)


async def test_who_comes_back_has_the_time_that_was_left(open_house: OpenHlsHouse) -> None:
    config = HlsConfig(viewer_timeout=Seconds(4.0))
    house = await open_house(gate=Limiting(), hls_config=config)
    async with house.live():
        await trio.sleep(10)  # so that nobody waits for the beginning
        watcher = await house.watch()
        await trio.sleep(3)
        await watcher.playlist()
        await trio.sleep(60)  # paused, which is not counted
        assert len(house.registry) == 0
        watcher = Watcher(house.dial(), watcher.all)
        assert (await watcher.file("video.m3u8")).status == 200
        await trio.sleep(2.1)
        over = await watcher.file("video.m3u8")
        assert (over.status, over.json["error"]) == (403, "session_over")
        assert [each.reason for each in house.told(PlayEnded)][-1] is EndReason.TIME_LIMIT


async def test_who_waits_for_longer_than_a_viewer_may_be_silent_is_still_there(
    open_house: OpenHlsHouse,
) -> None:
    config = HlsConfig(viewer_timeout=Seconds(5.0), republish_timeout=Timeout(60.0))
    house = await open_house(hls_config=config)
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
    number = listed.media_sequence + len(listed.segments) + 1
    answer = await watcher.file(f"video.m3u8?_HLS_msn={number}")  # held for six seconds
    assert answer.status == 503
    assert not house.told(PlayEnded)
    await trio.sleep(6)
    assert [each.detail for each in house.told(PlayEnded)] == ["it asked for nothing for 5 s"]
