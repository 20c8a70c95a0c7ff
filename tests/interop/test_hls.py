"""ffmpeg plays HLS: every picture of the stream, in order, whatever segments there are."""

from __future__ import annotations

import pytest
import trio

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, ffmpeg, run
from tests.interop.server import watched
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan

pytestmark = pytest.mark.interop

HLS = """\
[http]
listen = ["127.0.0.1:0"]

[hls]
republish_timeout = "0s"
segment = "1s"
"""


@pytest.mark.parametrize("program", FFMPEGS)
@pytest.mark.parametrize("container", some_of(["fmp4", "ts"], "fmp4"))
async def test_ffmpeg_plays_all_pictures_to_the_end(
    program: str, container: str, library: Library
) -> None:
    source, ends = library.file("avc_aac"), list[Ended]()

    async def play() -> None:
        url = f"{server.server.hls_url('live/a')}?container={container}"
        options = ("-live_start_index", "0", "-i", url, "-map", "0:v")
        ends.append(await run(ffmpeg(program, *options, "-f", "framehash", "-")))

    async with watched(more=HLS) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url(), "-re", "-stream_loop", "1"))
    original = await run(ffmpeg(program, "-i", str(source), "-map", "0:v", "-f", "framehash", "-"))
    assert ends[0].returncode == 0
    assert pictures(ends[0]) == pictures(original) * 2


def pictures(printed: Ended) -> list[str]:
    """The hash of each decoded picture."""
    lines = printed.stdout.decode().splitlines()
    return [line.rpartition(",")[2].strip() for line in lines if not line.startswith("#")]
