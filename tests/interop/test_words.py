"""What ffmpeg and rtmpdump show of our sentences to whoever runs them."""

from __future__ import annotations

import pytest
import trio

from tests.interop.media import Library
from tests.interop.programs import (
    FFMPEG,
    FFMPEGS,
    FOR_EVER,
    RTMPDUMP,
    Ended,
    copying,
    ffmpeg,
    needs,
    run,
)
from tests.interop.server import watched
from trio_srs.hub.bus import PlayBegan, PublishBegan

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_shows_that_nobody_publishes(program: str) -> None:
    async with watched('play_missing = "refuse"') as server:
        ended = await run(ffmpeg(program, "-i", server.url(), "-f", "null", "-"))
    assert ended.returncode != 0
    assert "Server error: nobody publishes live/a\n" in ended.stderr


@needs(RTMPDUMP, "rtmpdump")
async def test_rtmpdump_shows_that_nobody_publishes() -> None:
    async with watched('play_missing = "refuse"') as server:
        ended = await run([RTMPDUMP, "--live", "-r", server.url(), "-o", "/dev/null"])
    assert ended.returncode != 0
    assert "NetStream.Play.StreamNotFound" in ended.stderr


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_shows_that_the_server_stops_to_publisher_and_player(
    program: str, library: Library
) -> None:
    ends: dict[str, Ended] = {}

    async def until_the_end(role: str, command: list[str]) -> None:
        ends[role] = await run(command)

    async with trio.open_nursery() as nursery, watched() as server:
        endless = copying(FFMPEG, library.file("avc_aac"), server.url(), *FOR_EVER)
        playing = ffmpeg(program, "-i", server.url(), "-c", "copy", "-f", "null", "-")
        nursery.start_soon(until_the_end, "publisher", [program, *endless[1:]])
        await server.told(PublishBegan)
        nursery.start_soon(until_the_end, "player", playing)
        await server.told(PlayBegan)
    assert ends["publisher"].returncode != 0
    assert "the server stops" in ends["player"].stderr
