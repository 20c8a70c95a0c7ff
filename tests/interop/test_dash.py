"""ffmpeg plays DASH: every picture of the stream, in order, also those that were not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import trio

from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, ffmpeg, run
from tests.interop.server import watched
from tests.interop.test_hls import pictures
from trio_srs.hub.bus import PlayBegan

pytestmark = pytest.mark.interop

DASH = """\
[http]
listen = ["127.0.0.1:0"]

[dash]
republish_timeout = "0s"
segment = "1s"
"""
SOURCE: Final = (
    *("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i", "sine"),
    *("-t", "5", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-c:a", "aac"),
)
MOST: Final = 70
"""Pictures that are looked at: at the end of a live stream ffmpeg asks for more, for a while."""


@pytest.mark.parametrize("program", FFMPEGS)
@pytest.mark.parametrize("latency", ["plain", "low"])
async def test_ffmpeg_plays_all_pictures_as_they_come(
    program: str, latency: str, tmp_path: Path
) -> None:
    source, ends = tmp_path / "source.flv", list[Ended]()
    await run(ffmpeg(FFMPEG, *SOURCE, str(source)))
    more = DASH + ("low_latency = true\n" if latency == "low" else "")

    async def play() -> None:
        options = ("-i", server.server.dash_url("live/a"), "-map", "0:v", "-frames:v", str(MOST))
        ends.append(await run(ffmpeg(program, *options, "-f", "framehash", "-")))

    async with watched(more=more) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url(), "-re"))
    original = await run(ffmpeg(program, "-i", str(source), "-map", "0:v", "-f", "framehash", "-"))
    assert ends[0].returncode == 0
    assert pictures(ends[0]) == pictures(original)[:MOST]
