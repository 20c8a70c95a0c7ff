"""ffmpeg plays DASH: every picture of the stream, in order, also those that were not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import trio

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, ffmpeg, run
from tests.interop.server import watched
from tests.interop.test_hls import pictures
from tests.matrix import MATRIX
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
    *("-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-c:a", "aac"),
)
MOST: Final = 45
"""Pictures that are looked at: at the end of a live stream ffmpeg asks for more, for a while."""


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_plays_all_pictures_as_they_come(program: str, tmp_path: Path) -> None:
    """Of segments that are whole, and of those that are sent while they are made, at once."""
    source, ends = tmp_path / "source.flv", dict[str, Ended]()
    await run(ffmpeg(FFMPEG, *SOURCE, str(source)))

    async def play(low_latency: str, url: str) -> None:
        options = ("-i", url, "-map", "0:v", "-frames:v", str(MOST), "-f", "framehash", "-")
        ends[low_latency] = await run(ffmpeg(program, *options))

    async def serve(low_latency: str) -> None:
        more = f"{DASH}low_latency = {low_latency}\n"
        async with watched(more=more) as server, trio.open_nursery() as player:
            player.start_soon(play, low_latency, server.server.dash_url("live/a"))
            await server.told(PlayBegan)
            await run(copying(FFMPEG, source, server.url(), "-re"))

    async with trio.open_nursery() as servers:
        servers.start_soon(serve, "false")
        servers.start_soon(serve, "true")
    original = await run(ffmpeg(program, "-i", str(source), "-map", "0:v", "-f", "framehash", "-"))
    for end in ends.values():
        assert end.returncode == 0
        assert pictures(end) == pictures(original)[:MOST]
    assert len(ends) == 2


@MATRIX
async def test_ffmpeg_is_told_which_language_each_track_of_sound_is(library: Library) -> None:
    source, said = library.file("multitrack"), dict[str, str]()
    tracks = 'audio_tracks = ["de: Originalton", "en: English"]'
    more = f"{DASH}{tracks}\n[hls]\nsegment = '1s'\n{tracks}\n"

    async def look(url: str) -> None:
        options = ("-i", url, "-map", "0:a", "-t", "0.5", "-c", "copy", "-f", "ffmetadata", "-")
        said[url.rpartition(".")[2]] = (await run(ffmpeg(FFMPEG, *options))).stdout.decode()

    async with watched(more=more) as server, trio.open_nursery() as players:
        for url in (server.server.dash_url("live/a"), server.server.hls_url("live/a")):
            players.start_soon(look, url)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url(), "-re", "-stream_loop", "2"))
    for text in said.values():
        assert [line for line in text.splitlines() if line.startswith("language=")] == [
            "language=de",
            "language=en",
        ]
    assert "comment=Originalton" in said["m3u8"]
