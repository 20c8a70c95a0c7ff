"""A test with real pictures and no ffmpeg: publish, play, and know every frame by its number.

python examples/pattern.py
"""

from __future__ import annotations

import math

import trio

import trio_srs
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing.streams import Pattern, sei_frame_number
from trio_srs.tools.publish import PatternPublish

CONFIG = trio_srs.load_config(overrides=['rtmp.listen=["127.0.0.1:0"]'])
PATTERN = Pattern.parse("h264:640x360@25", "aac:48000", seconds=4, gop_s=1)


async def main() -> None:
    with trio.fail_after(20):
        async with trio_srs.serve(CONFIG) as server:
            url = server.rtmp_url("live/pattern")
            async with open_player(url) as player:
                async with open_publisher(url) as publisher:
                    await PatternPublish(PATTERN, speed=math.inf).run(publisher)
                numbers = [sei_frame_number(message.payload) async for message in player]
    frames = [number for number in numbers if number is not None]
    assert frames == list(range(100)), f"not every frame came through: {frames}"
    print(f"frames {frames[0]} to {frames[-1]} came through in order")


if __name__ == "__main__":
    trio.run(main)
