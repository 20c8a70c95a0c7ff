"""Others find in a synthetic stream what was put there, through a server and late, too."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.interop import __path__ as folder
from tests.interop.programs import FFMPEG, Ended, ffmpeg, run
from tests.interop.server import watched
from tests.media.pattern.decoding import as_flv, decoded
from trio_srs.hub.bus import PlayBegan
from trio_srs.media.pattern import Pattern, sei_frame_number
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.tools.publish import PatternPublish
from trio_srs.wire.flv import FrameKind, classify_video
from trio_srs.wire.rtmp.message import MessageType

pytestmark = pytest.mark.interop


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python")
@pytest.mark.parametrize(
    ("video", "audio", "expected"),
    [
        (
            "h264:640x360@30",
            "aac:48000x1",
            {
                "video": {
                    "codec": "h264", "profile": "Constrained Baseline", "size": [640, 360],
                    "fps": "30", "keys": [0, 2000], "shown": 90,
                },
                "audio": {"codec": "aac", "profile": "LC", "rate": 48000, "channels": 1},
            },
        ),
        (
            "hevc",
            "aac",
            {
                "video": {
                    "codec": "hevc", "profile": "Main", "size": [320, 180],
                    "fps": "25", "keys": [0, 2000], "shown": 75,
                },
                "audio": {"codec": "aac", "profile": "LC", "rate": 44100, "channels": 2},
            },
        ),
    ],
)  # fmt: skip
async def test_pyav_finds_what_was_made(
    tmp_path: Path, video: str, audio: str, expected: dict[str, Any]
) -> None:
    path = tmp_path / "pattern.flv"
    path.write_bytes(as_flv(Pattern.parse(video, audio, seconds=3)))
    done = await run([sys.executable, f"{folder[0]}/pyav_says.py", str(path)])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


async def test_a_late_player_gets_what_decodes_from_the_last_keyframe() -> None:
    pattern = Pattern.parse("h264:320x240", seconds=3, gop_s=1)
    messages = list(pattern)
    late = next(i for i, m in enumerate(messages) if m.timestamp_ms > 1500)
    async with watched() as server, open_publisher(server.url()) as publisher:
        for message in messages[:late]:
            await publisher.send(message)
        async with open_player(server.url()) as player:
            for message in messages[late:]:
                await publisher.send(message)
            await publisher.finish()
            got = [message async for message in player]
    frames = [m for m in got if m.type_id == MessageType.VIDEO and sei_frame_number(m.payload)]
    assert [sei_frame_number(m.payload) for m in frames] == list(range(25, 75))
    assert classify_video(frames[0].payload) == FrameKind.KEYFRAME
    sent = {(m.type_id, m.timestamp_ms, m.payload) for m in messages}
    assert {(m.type_id, m.timestamp_ms, m.payload) for m in frames} <= sent
    assert decoded(as_flv(got), "-f", "null") == b""


@pytest.mark.parametrize("video", ["h264:320x240", "hevc"])
async def test_ffmpeg_plays_it_from_the_server_without_a_word(video: str) -> None:
    ends: list[Ended] = []

    async def play() -> None:
        command = ffmpeg(FFMPEG, "-v", "warning", "-i", server.url(), "-map", "v", "-c", "copy")
        ends.append(await run([*command, "-f", "framehash", "-"]))

    async with watched() as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        async with open_publisher(server.url()) as publisher:
            await PatternPublish(Pattern.parse(video, seconds=2), 4.0).run(publisher)
    lines = [line for line in ends[0].stdout.splitlines() if not line.startswith(b"#")]
    assert (ends[0].returncode, ends[0].stderr, len(lines)) == (0, "", 50)
