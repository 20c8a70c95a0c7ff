"""A stream that goes on for an hour keeps its window, and nothing is left behind."""

from __future__ import annotations

import gc
from typing import Final

import pytest
import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from tests.service.hls.watching import fetch_all
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.segmented.config import SegmentsStart
from trio_srs.testing.bodies import header, inter, key
from trio_srs.units import Seconds

HOUR_S: Final = 3600
UNTIMELY: Final = {"segments_come_in_time", "parts_come_in_time"}
"""Not to be judged: everything of some time is sent at once, as tests have none."""


async def publish(house: HlsHouse, every_s: int) -> None:
    """Send what belongs to so many seconds at once, and sleep as long."""
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as lease:
        lease.append_all([header()], trio.current_time())
        began = trio.current_time()
        for at_s in range(0, HOUR_S, every_s):
            await trio.sleep_until(began + at_s)
            times = range(at_s * 1000, (at_s + every_s) * 1000, 1000)
            frames = [inter(at_ms) if at_ms % 4000 else key(at_ms) for at_ms in times]
            lease.append_all(frames, trio.current_time())


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


async def judged(watcher: Watcher) -> list[str]:
    """What is wrong with all that is listed now."""
    fetched = await fetch_all(watcher)
    found = check_packaging(Viewing(fetched))
    return [str(each) for each in found if each.rule.name not in UNTIMELY]


@pytest.mark.slow  # the reason is in its name
async def test_an_hour_in_low_latency_keeps_the_window_and_leaves_nothing(
    open_house: OpenHlsHouse,
) -> None:
    config = HlsConfig(start=SegmentsStart.PUBLISH, part=Seconds(1.0))
    house, counts, listed = await open_house(hls_config=config), list[int](), list[int]()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(publish, house, 10)
        for minutes in (5, 55, 59):
            await trio.sleep_until(minutes * 60 + 1)
            watcher = await house.watch()
            assert await judged(watcher) == []
            listed.append(len((await watcher.playlist()).segments))
            watcher.client.transport.close()
            await trio.sleep(40)
            counts.append(objects())
    assert listed[0] >= 7
    assert max(listed) - min(listed) <= 3, "everything of ten seconds comes at once"
    assert counts[2] < counts[0] + 1000, "of events, which are kept up to a bound"
