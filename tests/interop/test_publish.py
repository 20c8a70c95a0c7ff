"""ffmpeg publishes: what entered is what our own players hear, byte for byte and in time."""

from __future__ import annotations

import signal
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Final

import pytest
import trio

from tests.interop.client import playing
from tests.interop.expected import a_late_player_gets
from tests.interop.media import ANY_FFMPEG, RECIPES, Library, items_of
from tests.interop.programs import FFMPEG, FFMPEGS, FOR_EVER, copying, run, started
from tests.interop.server import watched
from tests.interop.tap import tapped
from tests.matrix import some_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.wire.rtmp.message import MessageType

pytestmark = pytest.mark.interop


CHUNK_SIZES: Final = (128, 60_000)
"""They take turns: how a message is cut has nothing to do with what is in it."""
ANY_FFMPEG_IN_CHUNKS: Final = [
    pytest.param(*each.values, size, id=f"{each.id}-{size}", marks=each.marks)
    for each, size in zip(ANY_FFMPEG, cycle(CHUNK_SIZES), strict=False)
]


@pytest.mark.parametrize(
    ("program", "name", "chunk_size"),
    some_of(ANY_FFMPEG_IN_CHUNKS, "system-avc_aac-128", "wheel-hevc_aac-128", "wheel-vp9_opus-128"),
)
async def test_every_payload_and_timestamp_that_enters_leaves_unchanged(
    program: str, name: str, chunk_size: int, library: Library
) -> None:
    source = library.file(name)
    muxed = await library.muxed(program, name)
    async with (
        watched(rtmp=f"chunk_size = {chunk_size}") as server,
        tapped(server.url()) as tap,
        playing(server.url()) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        ended = await run(copying(program, source, tap.url))
    assert (ended.returncode, ended.stderr) == (0, muxed.stderr)
    assert player.items == tap.items
    assert player.items == items_of(muxed.stdout)
    assert player.statuses[-1:] == ["NetStream.Play.UnpublishNotify"]
    (metadata,) = (m for m in tap.messages if m.type_id == MessageType.DATA_AMF0)
    said_to_keep_it = bytes((2, 0, 13)) + b"@setDataFrame"
    assert [m.payload for m in player.data[-1:]] == [metadata.payload.removeprefix(said_to_keep_it)]


@pytest.mark.parametrize(
    ("name", "chunk_size"),
    some_of(zip(RECIPES, cycle(CHUNK_SIZES), strict=False), "avc_aac-128", "avc_mp3-60000"),
)
async def test_three_late_players_get_everything_from_the_last_keyframe_on(
    name: str, chunk_size: int, library: Library
) -> None:
    async with (
        watched(rtmp=f"chunk_size = {chunk_size}") as server,
        tapped(server.url(), hold_at=36) as tap,
        playing(server.url()) as early,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(early.listen)
        nursery.start_soon(run, copying(FFMPEG, library.file(name), tap.url))
        await tap.held()
        await early.until(lambda: early.items == tap.items)
        so_far = len(tap.items)
        async with AsyncExitStack() as stack:
            players = [await stack.enter_async_context(playing(server.url())) for _ in range(3)]
            tap.release()
            async with trio.open_nursery() as listeners:
                for player in players:
                    listeners.start_soon(player.listen)
    assert len(tap.items) > so_far
    expected = a_late_player_gets(tap.items, so_far)
    for player in players:
        assert player.items == expected


async def test_twenty_players_hear_the_same(library: Library) -> None:
    async with watched() as server, AsyncExitStack() as stack:
        players = [await stack.enter_async_context(playing(server.url())) for _ in range(20)]
        async with trio.open_nursery() as nursery:
            for player in players:
                nursery.start_soon(player.listen)
            muxed = await library.muxed(FFMPEG, "avc_aac")
            await run(copying(FFMPEG, library.file("avc_aac"), server.url()))
    expected = items_of(muxed.stdout)
    assert [player.items == expected for player in players] == [True] * 20


@pytest.mark.parametrize("program", FFMPEGS)
async def test_a_publisher_that_is_killed_leaves_its_name_free_at_once(
    program: str, library: Library
) -> None:
    source = library.file("avc_aac")
    async with watched() as server, playing(server.url()) as player, trio.open_nursery() as nursery:
        nursery.start_soon(player.listen)
        async with started(copying(program, source, server.url(), *FOR_EVER)) as first:
            await player.until(lambda: len(player.items) > 10)
            first.send_signal(signal.SIGKILL)
            await server.told(PublishEnded)
        heard = len(player.items)
        second = await run(copying(program, source, server.url()))
        assert (second.returncode, second.stderr) == (0, "")
        await server.told(PublishEnded, 2)
    assert heard
    reasons = [event.reason for event in server.all(PublishEnded)]
    assert reasons[0] in (EndReason.PEER_FIN, EndReason.PEER_RST)
    assert reasons[1] == EndReason.STREAM_CLOSED


@pytest.mark.parametrize("program", FFMPEGS)
async def test_a_second_publisher_is_told_why_it_may_not(program: str, library: Library) -> None:
    source = library.file("avc_aac")
    async with (
        watched() as server,
        started(copying(program, source, server.url(), *FOR_EVER)),
    ):
        first = await server.told(PublishBegan)
        second = await run(copying(program, source, server.url()))
    assert second.returncode != 0
    assert f"Server error: live/a is already published by {first.peer}\n" in second.stderr
