"""ffmpeg plays: what it makes of our stream is what it makes of the file that entered."""

from __future__ import annotations

import re
import signal
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.interop.client import Item, Player, item, playing, publishing
from tests.interop.expected import a_late_player_gets
from tests.interop.media import ANY_FFMPEG, RECIPES, Library
from tests.interop.programs import (
    FFMPEG,
    FFMPEGS,
    FOR_EVER,
    Ended,
    copying,
    ffmpeg,
    hashing,
    run,
    started,
)
from tests.interop.server import watched
from tests.interop.tap import tapped
from tests.matrix import some_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, PlayEnded
from trio_srs.wire.flv.tag import FlvTag, encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.interop


def file_of(items: list[Item], path: Path) -> Path:
    """An FLV file with this in it."""
    tags = [encode_tag(FlvTag(*each)) for each in items]
    path.write_bytes(encode_header(audio=True, video=True) + b"".join(tags))
    return path


@pytest.mark.parametrize(
    ("program", "name"), some_of(ANY_FFMPEG, "system-avc_aac", "wheel-hevc_aac", "wheel-multitrack")
)
async def test_ffmpeg_finds_the_same_packets_as_in_the_file(
    program: str, name: str, library: Library, tmp_path: Path
) -> None:
    source, ends = library.file(name), list[Ended]()
    # Muxed again, as it is for us: a muxer that can seek goes back and mends what it said first.
    published = tmp_path / "published.flv"
    published.write_bytes((await library.muxed(FFMPEG, name)).stdout)

    async def play() -> None:
        ends.append(await run(hashing(program, server.url())))

    async with watched() as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url()))
    original = await run(hashing(program, published))
    assert (ends[0].returncode, ends[0].stderr) == (0, original.stderr)
    assert ends[0].stdout == original.stdout
    assert original.stdout.count(b"\n") > 60


@pytest.mark.parametrize("name", some_of(RECIPES, "avc_mp3"))
async def test_ffmpeg_that_comes_late_finds_the_packets_from_the_last_keyframe_on(
    name: str, library: Library, tmp_path: Path
) -> None:
    ends = list[Ended]()

    async def play() -> None:
        ends.append(await run(hashing(FFMPEG, server.url())))

    async with (
        watched() as server,
        tapped(server.url(), hold_at=36) as tap,
        playing(server.url()) as early,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(early.listen)
        nursery.start_soon(run, copying(FFMPEG, library.file(name), tap.url))
        await tap.held()
        await early.until(lambda: early.items == tap.items)
        so_far = len(tap.items)
        nursery.start_soon(play)
        await server.told(PlayBegan, 2)
        tap.release()
    expected = file_of(a_late_player_gets(tap.items, so_far), tmp_path / "expected.flv")
    assert ends[0].stdout == (await run(hashing(FFMPEG, expected))).stdout


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_that_comes_late_records_pictures_and_sound_and_ends_when_asked(
    program: str, library: Library, tmp_path: Path
) -> None:
    # Metadata with a time of its own is a track of subtitles to ffmpeg, which Matroska can hold:
    # it then waits for the next subtitle for ever.
    async with (
        watched() as server,
        started(copying(FFMPEG, library.file("avc_aac"), server.url(), *FOR_EVER)),
        playing(server.url()) as early,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(early.listen)
        await early.until(lambda: early.media != [] and early.media[-1].timestamp_ms > 500)
        recording = str(tmp_path / "late.mkv")
        ended = await run(ffmpeg(program, "-i", server.url(), "-t", "0.4", recording))
        nursery.cancel_scope.cancel()
    assert (ended.returncode, ended.stderr) == (0, "")
    tracks = await run(ffmpeg(program, "-i", recording, "-map", "0", "-f", "framehash", "-"))
    assert re.findall(rb"#media_type \d: (\w+)", tracks.stdout) == [b"video", b"audio"]


@pytest.mark.parametrize("program", FFMPEGS)
async def test_a_player_that_is_killed_is_gone_at_once_and_nobody_else_notices(
    program: str, library: Library
) -> None:
    endless = copying(FFMPEG, library.file("avc_aac"), "", *FOR_EVER)[:-1]
    async with (
        watched() as server,
        started([*endless, server.url()]),
        playing(server.url()) as other,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(other.listen)
        async with started(hashing(program, server.url())) as player:
            await server.told(PlayBegan, 2)
            player.send_signal(signal.SIGKILL)
            ended = await server.told(PlayEnded)
        heard = len(other.items)
        await other.until(lambda: len(other.items) >= heard + 10)
        assert len(server.server.registry) == 2
        nursery.cancel_scope.cancel()
    assert ended.reason in (EndReason.PEER_FIN, EndReason.PEER_RST)


def _has_heard(player: Player, count: int) -> bool:
    return len(player.media) >= count


async def test_a_player_that_never_reads_is_dropped_and_three_others_miss_nothing() -> None:
    frames = [
        Message(
            MessageType.VIDEO,
            1,
            40 * i,
            (b"\x17\x01" if i % 50 == 0 else b"\x27\x01") + bytes(65_000),
        )
        for i in range(240)
    ]  # 16 MB: more than the system keeps for who does not read
    async with (
        watched('stalled_timeout = "1s"') as server,
        playing(server.url()),
        AsyncExitStack() as stack,
        publishing(server.url()) as publisher,
    ):
        others = [await stack.enter_async_context(playing(server.url())) for _ in range(3)]
        async with trio.open_nursery() as nursery:
            for other in others:
                nursery.start_soon(other.listen)
            for sent in range(0, len(frames), 20):  # no faster than the three can read
                await publisher.send(*frames[sent : sent + 20])
                for other in others:
                    await other.until(partial(_has_heard, other, sent + 20))
            stalled = await server.told(PlayEnded)
            await publisher.say("deleteStream", None, 1.0)
    assert stalled.reason == EndReason.PLAYER_STALLED
    expected = [item(frame) for frame in frames]
    assert [other.items == expected for other in others] == [True] * 3
