"""Timestamps that do not fit into three bytes, and those that begin at 0 again."""

from __future__ import annotations

import pytest
import trio

from tests.interop.client import item, playing, publishing
from tests.interop.media import Library, items_of
from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, ffmpeg, run
from tests.interop.server import watched
from tests.interop.tap import tapped
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.interop

FAR_S = {"4.66 h": 16_776, "24.8 days": 2_147_482}
"""Less than a file's length before the extended timestamp begins; and before FLV's sign bit, where
ffmpeg begins at 0 again."""


@pytest.mark.parametrize("chunk_size", some_of([128, 60_000], "128"))
@pytest.mark.parametrize("offset", FAR_S)
@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_publishes_across_the_end_of_three_bytes(
    program: str, offset: str, chunk_size: int, library: Library
) -> None:
    source = library.file("avc_aac")
    options = ("-output_ts_offset", str(FAR_S[offset]))
    async with (
        watched(rtmp=f"chunk_size = {chunk_size}") as server,
        tapped(server.url()) as tap,
        playing(server.url()) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        command = copying(program, source, tap.url)
        await run([*command[:-1], *options, tap.url])
    command = copying(program, source, "pipe:1")
    muxed = await run([*command[:-1], *options, "pipe:1"])
    assert player.items == tap.items
    assert player.items == items_of(muxed.stdout)
    times = [timestamp_ms for _, timestamp_ms, _ in player.items]
    assert min(times) < 0xFFFFFF < max(times)


@pytest.mark.parametrize("chunk_size", some_of([128, 60_000], "128"))
@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_plays_across_the_end_of_three_bytes(
    program: str, chunk_size: int, library: Library
) -> None:
    ends = list[Ended]()

    async def play() -> None:
        options = ("-copyts", "-i", server.url(), "-map", "0", "-c", "copy", "-f", "flv", "pipe:1")
        ends.append(await run(ffmpeg(program, *options)))

    command = copying(FFMPEG, library.file("avc_aac"), "")[:-1]
    command += ["-output_ts_offset", str(FAR_S["4.66 h"])]
    async with watched(rtmp=f"chunk_size = {chunk_size}") as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run([*command, server.url()])
    muxed = items_of((await run([*command, "pipe:1"])).stdout)
    assert items_of(ends[0].stdout) == muxed


@pytest.mark.parametrize("chunk_size", [128, 60_000])
async def test_a_timestamp_that_begins_at_0_again_after_49_days_arrives_so(chunk_size: int) -> None:
    sent = [
        Message(kind, 1, (2**32 - 1000 + 40 * i) % 2**32, first + bytes(400))
        for i in range(50)
        for kind, first in ((MessageType.VIDEO, b"\x17\x01"), (MessageType.AUDIO, b"\xaf\x01"))
    ]
    async with (
        watched(rtmp=f"chunk_size = {chunk_size}") as server,
        playing(server.url()) as player,
        publishing(server.url()) as publisher,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        await publisher.send(*sent)
        await publisher.say("deleteStream", None, 1.0)
    assert player.items == [item(message) for message in sent]
