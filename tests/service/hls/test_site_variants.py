"""Several streams as variants of one."""

from __future__ import annotations

import attrs
import pytest
import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from tests.service.hls.test_viewer import Doorkeeper
from tests.service.hls.watching import fetch_all
from trio_srs.config.load import loads
from trio_srs.hub.bus import PlayBegan
from trio_srs.hub.settings import MissingPolicy
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.units import Seconds, Timeout
from trio_srs.wire.hls.playlist_reader import read_media_playlist

GROUP = HlsConfig(variants=("live/*_{hd,sd}",))


async def test_streams_are_variants_of_one_and_cut_at_the_same_times(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=GROUP)
    async with house.live("live/a_hd"):
        await trio.sleep(1.5)
        async with house.live("live/a_sd", start_ms=1520):
            await trio.sleep(3)
            watcher = await house.watch()
            assert [each.uri.split("/")[2] for each in watcher.all.variants] == ["hd", "sd"]
            assert [each.audio for each in watcher.all.variants] == ["sound-hd", "sound-sd"]
            assert [each.group_id for each in watcher.all.renditions] == ["sound-hd", "sound-sd"]
            await trio.sleep(8)
            folder = watcher.folder.rpartition("/")[0]
            dates = []
            for label in ("hd", "sd"):
                answer = await watcher.get(f"{folder}/{label}/video.m3u8")
                listed = read_media_playlist(answer.body.decode())
                assert listed.reports
                segment = listed.segments[-1]
                answer = await watcher.get(f"{folder}/{label}/{segment.uri}")
                assert answer.status == 200
                dates.append({each.date_ms or 0 for each in listed.segments[1:]})
            assert len(dates[0] & dates[1]) >= 3
            newest = max(*dates[0], *dates[1])  # which may have been cut between the two looks
            assert dates[0] - {newest} == dates[1] - {newest}
        assert len(house.told(PlayBegan, stream="live/a")) == 1
        assert len(house.registry) == 1


async def test_what_is_not_served_by_itself_is_no_variant_either(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=GROUP)
    off = "hls.variants = ['live/*_{hd,sd}']\napp.live.stream.%s.hls.enabled = false"
    async with house.live("live/a_hd"), house.live("live/a_sd"):
        house.hls.configure(loads(off % "a_hd"))
        watcher = await house.watch()
        assert [each.uri.split("/")[2] for each in watcher.all.variants] == ["sd"]
        house.hls.configure(loads(off % "'a_*'"))
        client = house.dial()
        await client.ask("/live/a.m3u8")
        answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (404, "stream_not_found")


async def test_what_is_not_published_is_not_offered_nor_waited_for(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=GROUP)
    async with house.live("live/a_sd"):
        began = trio.current_time()
        watcher = await house.watch()
        assert trio.current_time() - began < 1.3
        assert [each.uri.split("/")[2] for each in watcher.all.variants] == ["sd"]
        folder = watcher.folder.rpartition("/")[0]
        for name in ("hd/video.m3u8", "x/video.m3u8", "video.m3u8"):
            assert (await watcher.get(f"{folder}/{name}")).status == 404


async def test_what_is_published_a_little_later_is_waited_for(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=GROUP)
    async with house.live("live/a_hd"):
        await trio.sleep(0.5)
        async with house.live("live/a_sd"):
            assert len((await house.watch()).all.variants) == 2


async def test_a_stream_of_the_groups_name_is_itself_where_there_is_no_variant(
    open_house: OpenHlsHouse,
) -> None:
    house = await open_house(hls_config=GROUP)
    async with house.live():
        watcher = await house.watch()
        assert watcher.folder.count("/") == 3
        assert (await watcher.playlist()).segments
        async with house.live("live/a_hd"):
            assert "/hd/" in (await house.watch()).all.variants[0].uri


async def test_a_group_that_nobody_publishes_is_not_found(open_house: OpenHlsHouse) -> None:
    settings = attrs.evolve(HlsHouse().settings, play_missing=MissingPolicy.REFUSE)
    config = attrs.evolve(GROUP, missing_timeout=Timeout(2.0))
    for house in (
        await open_house(hls_config=config),
        await open_house(hls_config=config, settings=settings),
    ):
        answer = await Watcher(house.dial()).get("/live/a.m3u8")
        assert (answer.status, answer.json["error"]) == (404, "stream_not_found")
        assert not list(house.registry)


async def test_the_gate_decides_about_the_name_that_is_asked_for(open_house: OpenHlsHouse) -> None:
    gate = Doorkeeper()
    house = await open_house(gate=gate, hls_config=GROUP)
    async with house.live("live/b_hd"):
        watcher = await house.watch("/live/a.m3u8?token=yes")
        assert (await watcher.playlist()).segments, "it is renamed to b"
        assert [each.name for each in gate.asked] == ["a"]


@pytest.mark.parametrize("container", SegmentContainer)
async def test_variants_are_encrypted_and_behind_caches_as_others(
    open_house: OpenHlsHouse, container: SegmentContainer
) -> None:
    config = attrs.evolve(GROUP, viewer_ctx=False, segments_per_key=1, container=container)
    house = await open_house(hls_config=config)
    async with house.live("live/a_hd"):
        watcher = await house.watch()
        assert watcher.folder == "/live/a.hls/hd"
        name = watcher.all.variants[0].uri.rpartition("/")[2]
        listed = await watcher.playlist(name)
        key = listed.segments[0].key
        assert key is not None
        assert len((await watcher.file(key.uri)).body) == 16
        assert (await watcher.file(listed.segments[0].uri)).status == 200


async def test_sound_alone_may_be_chosen(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=attrs.evolve(GROUP, audio_only=True))
    async with house.live("live/a_hd"), house.live("live/a_sd"), house.live("live/b"):
        several, one = await house.watch(), await house.watch("/live/b.m3u8")
        assert [each.codecs for each in several.all.variants] == [
            "avc1.42c01e,mp4a.40.2", "avc1.42c01e,mp4a.40.2", "mp4a.40.2",
        ]  # fmt: skip
        alone = several.all.variants[-1]
        assert alone.audio == "sound-sd"
        assert alone.uri.endswith("/sd/audio.m3u8")
        assert [each.codecs for each in one.all.variants][1:] == ["mp4a.40.2"]


async def test_no_rule_of_hls_is_broken_by_a_group(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=attrs.evolve(GROUP, audio_only=True, part=Seconds(0.5)))
    async with house.live("live/a_hd"), house.live("live/a_sd"):
        await trio.sleep(4)
        watcher = await house.watch()
        await trio.sleep(4)
        fetched = await fetch_all(watcher)
    assert [str(each) for each in check_packaging(Viewing(fetched))] == []
