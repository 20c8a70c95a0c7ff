"""A stream of 27 hours, whose timestamps go round at 33 bits in transport streams, as those who
watch all of it are served."""

from __future__ import annotations

import gc
from typing import Any, Final

import attrs
import pytest
import trio

from tests.service.dash.conftest import OpenDashHouse
from tests.service.dash.house import DashHouse, DashWatcher
from tests.service.dash.test_judged import HOST, Follower
from tests.service.hls.house import Watcher
from tests.service.hls.watching import fetch_all
from tests.service.rtmp.house import FAST
from trio_srs.hub.settings import InspectLevel
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.segmented.config import SegmentsStart
from trio_srs.testing.bodies import header, inter, key
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.ts.packet import CLOCK_HZ, WRAP_TICKS

HOUR_S: Final = 3600
HOURS: Final = 27
SEGMENT_S: Final = 60
STEP_MS: Final = 5000
"""Pictures as rare as can be, after a few"""
FIRST_STEP_MS: Final = 1250
"""that say so."""
GOP: Final = SEGMENT_S * 1000 // STEP_MS
WINDOW: Final = 6
WRAP_S: Final = WRAP_TICKS / CLOCK_HZ
LOOKS_S: Final = (HOUR_S, 13 * HOUR_S, WRAP_S + 3 * SEGMENT_S, HOURS * HOUR_S - SEGMENT_S)
UNTIMELY: Final = {"segments_come_in_time", "the_clock_comes_often"}
"""Not to be judged: nobody looks all the time, and between such pictures no clock is made up."""
FMP4, TS = "/live/a.m3u8", "/live/a.m3u8?container=ts"
CUT: Final[dict[str, Any]] = {
    "start": SegmentsStart.PUBLISH,
    "missing_timeout": Timeout(3 * SEGMENT_S),
    "segment": Seconds(SEGMENT_S),
    "longest_segment": Seconds(SEGMENT_S),
    "window": Seconds(WINDOW * SEGMENT_S),
    "viewer_timeout": Seconds(5 * SEGMENT_S),
}


async def publish(house: DashHouse) -> None:
    """Each group of pictures at once, when it is over."""
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as lease:
        lease.append_all([header()], trio.current_time())
        began, at_ms, step_ms = trio.current_time(), 0, FIRST_STEP_MS
        while True:
            end_ms = at_ms + GOP * step_ms
            times = range(at_ms + step_ms, end_ms, step_ms)
            await trio.sleep_until(began + end_ms / 1000)
            lease.append_all([key(at_ms), *map(inter, times)], trio.current_time())
            at_ms, step_ms = end_ms, STEP_MS


@attrs.define
class Audience:
    """One viewer of each form, who stay."""

    hls: dict[str, Watcher]
    dash: DashWatcher
    listed: list[int] = attrs.field(factory=list)
    sizes: list[int] = attrs.field(factory=list)
    objects: list[int] = attrs.field(factory=list)

    async def stay(self, until_s: float) -> None:
        """Ask for what is listed, as often as there is something new."""
        while trio.current_time() < until_s:
            for watcher in self.hls.values():
                assert (await watcher.get(video(watcher))).status == 200
            await self.dash.follow()
            await trio.sleep(2 * SEGMENT_S)

    async def look(self) -> dict[str, list[Fetched]]:
        """All that can be had now, by what was asked for first."""
        got = {path: await fetch_all(watcher, path) for path, watcher in self.hls.items()}
        for watcher in self.hls.values():
            playlist = await watcher.playlist(video(watcher).rpartition("/")[2])
            self.listed.append(len(playlist.segments))
        follower = Follower(self.dash)
        await follower.look(HOST + self.dash.path)
        self.listed.append(len(self.dash.segments()))
        return got | {"dash": follower.fetched}


def video(watcher: Watcher) -> str:
    """Where the playlist of its pictures is."""
    return f"/live/{watcher.all.variants[0].uri}"


def kept(house: DashHouse) -> list[Rendition]:
    """What there is of the stream, in both containers."""
    find, rule = house.hub.segmented.find, house.hls_config.rule
    lives = [find("live/a", rule(container)) for container in SegmentContainer]
    return [rendition for live in lives if live for rendition in live.presentation.renditions]


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_27_hours_keep_the_windows_and_leave_nothing(open_house: OpenDashHouse) -> None:
    house = await open_house(
        settings=attrs.evolve(FAST, inspect=InspectLevel.OFF, stall_after=NEVER),
        config=HttpConfig(idle_timeout=Timeout(5 * SEGMENT_S)),
        hls_config=HlsConfig(part=None, **CUT),
        dash_config=DashConfig(part=None, **CUT),
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(publish, house)
        watchers = {path: await house.watch(path) for path in (FMP4, TS)}
        audience, began = Audience(watchers, await house.see()), trio.current_time()
        viewers = {each.id for each in house.registry}
        for at_s in LOOKS_S:
            await audience.stay(began + at_s)
            for form, fetched in (await audience.look()).items():
                found = check_packaging(Viewing(fetched))
                wrong = [str(each) for each in found if each.rule.name not in UNTIMELY]
                assert wrong == [], (form, at_s)
            cut = kept(house)
            audience.sizes.append(sum(each.size for each in cut))
            audience.objects.append(objects())
        assert {each.id for each in house.registry} == viewers, "the same three all the time"
        nursery.cancel_scope.cancel()
    assert len(viewers) == 3
    assert set(audience.listed) == {WINDOW}
    assert max(audience.sizes) < min(audience.sizes) * 1.2
    assert audience.objects[-1] < audience.objects[0] + 1000, "of what was got here"
    assert all(each.segments[-1].start > WRAP_TICKS for each in cut), "it has gone round"
    assert {each.discontinuities for each in cut} == {0}
