"""Waiting until players can take a stream: not before, at once then, and of which publish."""

from __future__ import annotations

import pytest
import trio

from tests.service.hls.house import HlsHouse
from trio_srs.hub.waiting import CannotBeReadyError, Reached, Until, UntilKind, WaitTimeoutError


async def wait(house: HlsHouse, timeout_s: float = 20.0, since: int | None = None) -> Reached:
    until = Until(UntilKind.HLS_READY)
    return await house.parts.waiting.until("live/a", until, timeout_s=timeout_s, since=since)


async def test_it_is_over_as_soon_as_a_viewer_would_be_answered(house: HlsHouse) -> None:
    async with house.live():
        reached = await wait(house)
        assert 1.0 <= reached.waited_s < 1.3
        assert len(house.registry) == 0, "who waits is no session"
        began = trio.current_time()
        await house.watch()
        assert trio.current_time() == began
        assert (await wait(house, 0.0)).waited_s == 0


async def test_it_waits_for_a_publisher_who_is_not_there(house: HlsHouse) -> None:
    with pytest.raises(WaitTimeoutError, match="no HLS of live/a within 5 s; nothing happened"):
        await wait(house, 5.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, house)
        await trio.sleep(1)
        await nursery.start(_publish, house)


async def _publish(house: HlsHouse, *, task_status: trio.TaskStatus[None]) -> None:
    async with house.live():
        task_status.started()
        await trio.sleep(2)


async def test_of_another_publish_the_segments_of_the_one_before_do_not_count(
    house: HlsHouse,
) -> None:
    async with house.live():
        await wait(house)
        await trio.sleep(5)
    assert (await wait(house, 0.0)).met, "of the last that ended"
    await trio.sleep(1)
    async with house.live():
        with pytest.raises(WaitTimeoutError, match="no HLS of live/a"):
            await wait(house, 0.5)
        assert (await wait(house)).met


async def test_with_since_a_publish_before_does_not_count(house: HlsHouse) -> None:
    async with house.live():
        await wait(house, since=0)
        with pytest.raises(WaitTimeoutError):
            await wait(house, 3.0, since=1)


async def test_what_this_server_does_not_serve_is_refused_at_once(house: HlsHouse) -> None:
    until = Until(UntilKind.DASH_READY)
    with pytest.raises(CannotBeReadyError, match="cannot wait until dash_ready"):
        await house.parts.waiting.until("live/a", until, timeout_s=5.0)
    assert trio.current_time() < 1
