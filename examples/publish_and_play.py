"""A whole test without ffmpeg and without another process: publish, play, compare.

    python examples/publish_and_play.py

With pytest-trio (``trio_mode = true``) pytest finds and runs the function as it is.
"""

from __future__ import annotations

import trio

import trio_srs
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing.bodies import audio, audio_header, header, inter, key

CONFIG = trio_srs.load_config(overrides=['rtmp.listen=["127.0.0.1:0"]'])
SENT = [header(), audio_header(), key(0), audio(10), inter(40), inter(80), audio(90)]


async def test_a_player_gets_what_the_publisher_sent() -> None:
    with trio.fail_after(10):
        async with trio_srs.serve(CONFIG) as server:
            url = server.rtmp_url("live/a")
            async with open_player(url) as player:
                async with open_publisher(url) as publisher:
                    for message in SENT:
                        await publisher.send(message)
                got = [message async for message in player]  # until the stream is unpublished
    assert [(m.type_id, m.timestamp_ms, m.payload) for m in got] == [
        (m.type_id, m.timestamp_ms, m.payload) for m in SENT
    ]


if __name__ == "__main__":
    trio.run(test_a_player_gets_what_the_publisher_sent)
    print("the player got what the publisher sent")
