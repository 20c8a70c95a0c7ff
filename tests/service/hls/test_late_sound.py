"""Sound that comes when pictures have been there for a while."""

from __future__ import annotations

import pytest
import trio

from tests.service.hls.house import FRAME_MS, HlsHouse, picture
from trio_srs.testing.bodies import audio_header, header


async def publish(house: HlsHouse, sound_from_ms: int) -> None:
    """Pictures in real time, and sound with them from some time on."""
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as lease:
        lease.append_all([header()], trio.current_time())
        began, at_ms = trio.current_time(), 0
        while True:
            made = picture(at_ms)
            if at_ms == sound_from_ms:
                made.insert(0, audio_header(at_ms))
            lease.append_all(made if at_ms >= sound_from_ms else made[:1], trio.current_time())
            at_ms += FRAME_MS
            await trio.sleep_until(began + at_ms / 1000)


@pytest.mark.parametrize(("sound_from_ms", "comes_s"), [(800, 0.1), (4200, 4.5)])
async def test_who_comes_when_there_is_sound_is_told_of_it(
    house: HlsHouse, sound_from_ms: int, comes_s: float
) -> None:
    """Also if none of it is in a segment yet."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(publish, house, sound_from_ms)
        await trio.sleep(0.1)
        early = await house.watch() if comes_s > 1 else None
        await trio.sleep_until(trio.current_time() + comes_s - 0.1)
        watcher = await house.watch()
        assert [each.uri.rpartition("/")[2] for each in watcher.all.renditions] == ["audio.m3u8"]
        assert (await watcher.playlist("audio.m3u8")).segments
        if early is not None:
            assert early.all.renditions == ()
            assert (await early.playlist("video.m3u8")).segments, "which goes on"
        nursery.cancel_scope.cancel()
