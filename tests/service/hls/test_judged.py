"""The service as a viewer in low latency sees it, judged by every rule of HLS."""

from __future__ import annotations

from urllib.parse import urljoin

import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from tests.service.hls.watching import fetch, fetch_all, fetch_listed, media_playlists
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.service.hls.config import HlsConfig
from trio_srs.units import Seconds

SECONDS = 5


async def follow(watcher: Watcher, url: str, fetched: list[Fetched], until: float) -> None:
    """Ask for one part after the other, as players do."""
    newest = next(each for each in fetched if each.url == url)
    while trio.current_time() < until:
        number, part = PlaylistCopy(newest).end
        following = (number + 1, 0) if part < 0 else (number, part + 1)
        query = "?_HLS_msn={}&_HLS_part={}".format(*following)
        newest = await fetch(watcher, url.removeprefix("http://host") + query, fetched)
        await fetch_listed(watcher, newest, fetched)


async def test_no_rule_is_broken(open_house: OpenHlsHouse) -> None:
    house: HlsHouse = await open_house(
        hls_config=HlsConfig(part=Seconds(0.5), segment=Seconds(1.0))
    )
    async with house.live():
        watcher = await house.watch()
        fetched = await fetch_all(watcher)
        until = trio.current_time() + SECONDS
        async with trio.open_nursery() as nursery:
            for uri in media_playlists(watcher):
                other = Watcher(house.dial(), watcher.all)
                url = urljoin("http://host/live/a.m3u8", uri)
                nursery.start_soon(follow, other, url, fetched, until)
        video = f"{watcher.folder}/video.m3u8"
        for query in ("_HLS_part=1", "_HLS_msn=9999999999", "_HLS_skip=YES", "_HLS_msn=1"):
            await fetch(watcher, f"{video}?{query}", fetched)
    assert [str(each) for each in check_packaging(Viewing(fetched))] == []
