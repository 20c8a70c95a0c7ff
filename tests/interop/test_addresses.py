"""Over IPv6 and over a unix socket."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.interop.client import item, playing, publishing
from tests.interop.media import Library, items_of
from tests.interop.programs import FFMPEG, copying, run
from tests.interop.server import watched
from tests.net.host import needs_ipv6
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.interop


@needs_ipv6
async def test_ffmpeg_publishes_over_ipv6(library: Library) -> None:
    source = library.file("avc_aac")
    async with (
        watched(listen="[::1]:0") as server,
        playing(server.url()) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        ended = await run(copying(FFMPEG, source, server.url()))
    assert (ended.returncode, ended.stderr) == (0, "")
    muxed = await run(copying(FFMPEG, source, "pipe:1"))
    assert player.items == items_of(muxed.stdout)


async def test_a_stream_goes_through_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "rtmp")
    sent = [Message(MessageType.VIDEO, 1, 40 * i, b"\x17\x01" + bytes(3000)) for i in range(20)]
    async with (
        watched(listen=f"unix:{path}"),
        playing("rtmp://here/live/a", stream=await trio.open_unix_socket(path)) as player,
        publishing("rtmp://here/live/a", stream=await trio.open_unix_socket(path)) as publisher,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        await publisher.send(*sent)
        await publisher.say("deleteStream", None, 1.0)
    assert player.items == [item(message) for message in sent]
