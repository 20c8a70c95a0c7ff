"""Viewers without URLs of their own: those of a cache."""

from __future__ import annotations

import pytest
import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from tests.service.hls.test_viewer import Doorkeeper
from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, SessionEnded
from trio_srs.service.hls.config import HlsConfig

SHARED = HlsConfig(viewer_ctx=False)


async def test_all_have_the_same_urls_and_who_asks_us_is_one_viewer(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=SHARED)
    async with house.live():
        watchers = [await house.watch() for _ in range(3)]
        assert {watcher.folder for watcher in watchers} == {"/live/a.hls"}
        for watcher in watchers:
            listed = await watcher.playlist()
            assert (await watcher.file(listed.segments[0].uri)).status == 200
        assert len(house.registry) == len(house.told(PlayBegan)) == 1


async def test_what_comes_first_may_be_kept_for_half_a_target_duration(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=SHARED)
    async with house.live():
        watcher = Watcher(house.dial())
        assert (await watcher.get("/live/a.m3u8", "HEAD")).status == 200
        answer = await watcher.get("/live/a.m3u8")
        assert answer.fields["Cache-Control"] == "max-age=1"
        same = await watcher.get("/live/a.m3u8", If_None_Match=answer.fields["Etag"])
        assert same.status == 304


async def test_others_by_address_or_by_what_they_say_are_other_viewers(
    open_house: OpenHlsHouse,
) -> None:
    gate = Doorkeeper()
    house = await open_house(gate=gate, hls_config=SHARED)
    async with house.live("live/b"):
        watcher = await house.watch("/live/a.m3u8?token=yes")
        assert (await watcher.playlist()).segments, "the gate knows this one"
        refused = await watcher.file("video.m3u8", Authorization="Basic YTpi")
        assert refused.status == RefusedError.http_status
        assert [each.authorization for each in gate.asked] == ["", "Basic YTpi"]


async def test_many_requests_at_once_are_one_viewer(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=SHARED)
    async with house.live():
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(house.watch)
        assert len(house.registry) == 1
        await trio.sleep(31)
        assert len(house.registry) == 0


async def test_who_comes_back_with_many_requests_at_once_is_one_viewer(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(31)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(Watcher(house.dial(), watcher.all).playlist)
        assert len(house.registry) == 1
        await trio.sleep(31)
        assert len(house.registry) == 0


async def test_a_shared_viewer_that_was_kicked_may_ask_the_gate_again(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=SHARED)
    async with house.live():
        watcher = await house.watch()
        (entry,) = house.registry
        entry.end(EndReason.KICKED, "enough")
        assert (await watcher.playlist()).segments
        assert house.told(SessionEnded, reason=EndReason.KICKED)


async def test_a_url_cannot_say_who_has_none(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=SHARED)
    async with house.live():
        await house.watch()
        (ctx,) = house.hls.site.viewers._by_ctx
        answer = await Watcher(house.dial()).get(f"/live/a.hls/hls_ctx={ctx}/video.m3u8")
        assert (answer.status, answer.json["error"]) == (404, "no_such_segment")


@pytest.mark.parametrize("name", ["video.m3u8", "main.m3u8"])
async def test_where_viewers_have_urls_those_that_all_have_are_there_too(
    house: HlsHouse, name: str
) -> None:
    async with house.live():
        answer = await Watcher(house.dial()).get(f"/live/a.hls/{name}")
        assert answer.status == 200
