"""A probe says what a stream is made of, and how its server behaved."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from tests.net.scripted import STREAM, URL, accept, say_status, scripted
from tests.tools.files import clip
from trio_srs import serve
from trio_srs.config.load import loads
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing.bodies import metadata
from trio_srs.testing.peer import Peer
from trio_srs.tools.play import NoStreamError
from trio_srs.tools.probe import probe
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode


def here(message: Message) -> Message:
    return Message(message.type_id, STREAM, message.timestamp_ms, message.payload)


async def test_a_probe_looks_for_as_long_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep(0.25)
        began = trio.current_time()
        for message in clip(60):
            await trio.sleep_until(began + message.timestamp_ms / 1000)
            await peer.say(here(message))

    async with scripted(monkeypatch, script):
        found = await probe(URL, seconds=2)
    assert [found.first_media_ms, found.watched_s] == pytest.approx([250, 2])
    server = found.server
    assert (server.handshake, server.chunk_size, server.window) == ("plain", 4096, 1_000_000)
    assert (server.version, server.properties) == ("FMS/1,2,3,4", {"mode": 1.0})
    told = found.as_dict()
    assert told["seconds"] == pytest.approx(2, abs=0.05)
    assert isinstance(told["video"], dict)
    assert (told["video"]["codec"], told["video"]["width"], told["ended"]) == ("h264", 320, "")


async def test_a_stream_that_ends_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.say(*map(here, clip(1)))
        await say_status(peer, StatusCode.PLAY_UNPUBLISH_NOTIFY)
        await peer.hear_end()
        peer.close()

    async with scripted(monkeypatch, script):
        found = await probe(URL, seconds=60)
    assert found.ended == StatusCode.PLAY_UNPUBLISH_NOTIFY
    assert found.stream.video is not None
    assert found.stream.video.frames == 25


async def test_nothing_to_look_at_is_no_stream(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    hang_up = False

    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.say(here(metadata()))
        if hang_up:
            peer.hang_up()
        await peer.hear_end()
        peer.close()

    async with scripted(monkeypatch, script):
        with pytest.raises(NoStreamError, match="no audio or video within 3 s"):
            await probe(URL, timeout_s=3)
        hang_up = True
        with pytest.raises(NoStreamError, match="no audio or video before the end: closed"):
            await probe(URL)


async def test_our_own_server_is_described() -> None:
    async with serve(loads('[rtmp]\nlisten = ["127.0.0.1:0"]\nchunk_size = 9000\n')) as server:
        url = server.rtmp_url("live/a")
        async with open_publisher(url) as publisher:
            for message in clip(1):
                await publisher.send(message)
            found = await probe(url, seconds=0)
    assert (found.server.chunk_size, found.server.window) == (9000, 2_500_000)
    assert found.server.properties["capsEx"] == 14.0
    assert found.stream.video is not None
    assert found.stream.video.codec_string == "avc1.42c01e"
