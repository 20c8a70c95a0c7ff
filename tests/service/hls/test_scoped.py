"""Some streams are served otherwise than all."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.service.dash.house import DashHouse
from tests.service.hls.conftest import OpenHlsHouse
from trio_srs.config.load import loads
from trio_srs.hub.bus import PlayBegan, RequestRefused
from trio_srs.hub.waiting import CannotBeReadyError

SAID = """
    hls = { segment = "1s" }
    app.slow.hls = { segment = "3s", part = "off", container = "ts", audio_only = true }
    app.shared.hls.viewer_ctx = false
    app.none.hls.enabled = false
    app.none.dash.enabled = false
    app.quick.dash = { low_latency = true, delay = "1s" }
"""


@pytest.fixture
async def house(nursery: trio.Nursery) -> DashHouse:
    config = loads(SAID)
    house = DashHouse(hls_config=config.hls, dash_config=config.dash)
    await nursery.start(house.run)
    house.hls.configure(config)
    house.dash.configure(config)
    return house


async def test_a_stream_is_cut_as_its_application_says(house: DashHouse) -> None:
    async with house.live("slow/a"), house.live("live/a"):
        slow, usual = await house.watch("/slow/a.m3u8"), await house.watch()
        assert slow.all.variants[0].uri.endswith("/main.m3u8")
        await trio.sleep(8)
        answer = await slow.get(f"/slow/{slow.all.variants[0].uri}")
        assert b"EXT-X-PART" not in answer.body
        assert answer.body.count(b"#EXTINF:3,") >= 2
        playlist = await usual.playlist()
        assert playlist.part_target_s is not None
        assert {round(each.duration_s, 3) for each in playlist.segments[1:]} == {1.0}
        either = await house.watch("/slow/a.m3u8?container=fmp4")
        assert [each.width for each in either.all.variants][-1] == 0, "sound alone"


async def test_a_stream_is_not_there_in_a_form_that_it_is_not_served_in(house: DashHouse) -> None:
    async with house.live("none/a"):
        client = house.dial()
        for path in ("/none/a.m3u8", "/none/a.mpd"):
            await client.ask(path)
            answer = await client.answer()
            assert answer.status == 404
            assert b"is not served as" in answer.body
        with pytest.raises(CannotBeReadyError, match="none/a is not served as hls"):
            await house.hls.ready("none/a")
        assert len(house.registry) == 0
        assert house.told(PlayBegan) == []
        assert len(house.told(RequestRefused)) == 2


async def test_viewers_of_some_streams_have_the_same_urls(house: DashHouse) -> None:
    async with house.live("shared/a"), house.live("live/a"):
        client = house.dial()
        await client.ask("/shared/a.m3u8")
        answer = await client.answer()
        assert b"hls_ctx" not in answer.body
        assert "max-age" in answer.fields["Cache-Control"]
        await client.ask("/shared/a.hls/video.m3u8")
        assert (await client.answer()).status == 200
        assert len(house.registry) == 1
        assert "hls_ctx" in (await house.watch()).folder


async def test_dash_is_listed_as_the_application_says(house: DashHouse) -> None:
    async with house.live("quick/a"), house.live("live/a"):
        quick, usual = await house.see("/quick/a.mpd"), await house.see()
        assert quick.all.delay_s == 1.0
        assert quick.all.latency is not None
        assert usual.all.latency is None


async def test_files_of_some_streams_alone_are_written(
    open_house: OpenHlsHouse, tmp_path: Path
) -> None:
    config = loads(f"""
        [app.kept.stream."cam*".hls]
        folder = "{tmp_path}"
        playlist_file = "[stream]/live.m3u8"
    """)
    house = await open_house()
    house.hls.configure(config)
    house.hls.disk.in_thread = _at_once
    async with house.live("kept/cam1"), house.live("kept/other"):
        await trio.sleep(5)
        found = await trio.to_thread.run_sync(lambda: set(tmp_path.rglob("*.m3u8")))
        names = {str(each.relative_to(tmp_path)) for each in found}
        assert names == {f"cam1/live{rest}.m3u8" for rest in ("", "~audio", "~video")}


async def test_what_is_not_served_so_is_not_written_either_though_dash_cuts_it_alike(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    config = loads(f'hls.folder = "{tmp_path}"\napp.none.hls.enabled = false')
    house = DashHouse(hls_config=config.hls, dash_config=config.dash)
    await nursery.start(house.run)
    house.hls.configure(config)
    house.hls.disk.in_thread = _at_once
    async with house.live("none/a"), house.live("live/a"):
        client = house.dial()
        await client.ask("/none/a.mpd")
        assert (await client.answer()).status == 200
        await trio.sleep(5)
        found = await trio.to_thread.run_sync(lambda: set(tmp_path.rglob("*.m3u8")))
    assert {each.parent.name for each in found} == {"live"}


async def _at_once(call: object) -> object:
    assert callable(call)
    await trio.lowlevel.checkpoint()
    return call()
