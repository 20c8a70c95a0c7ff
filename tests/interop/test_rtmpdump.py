"""rtmpdump, and so librtmp, plays from us."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import trio

from tests.interop.media import LEGACY, Library, items_of
from tests.interop.programs import FFMPEG, RTMPDUMP, Ended, copying, needs, run
from tests.interop.server import watched
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan
from trio_srs.wire.rtmp.message import MessageType

pytestmark = [pytest.mark.interop, needs(RTMPDUMP, "rtmpdump")]


@pytest.mark.parametrize(
    ("name", "chunk_size"), some_of(product(LEGACY, [128, 60_000]), "avc_aac-128")
)
async def test_rtmpdump_writes_down_what_entered(
    name: str, chunk_size: int, library: Library, tmp_path: Path
) -> None:
    dump, ends = tmp_path / "dump.flv", list[Ended]()

    async def play() -> None:
        ends.append(await run([RTMPDUMP, "--live", "-r", server.url(), "-o", str(dump)]))

    async with watched(rtmp=f"chunk_size = {chunk_size}") as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, library.file(name), server.url()))
    muxed = await library.muxed(FFMPEG, name)
    assert ends[0].returncode == 0
    assert "Download complete" in ends[0].stderr
    assert "ERROR" not in ends[0].stderr
    # librtmp takes a video message of up to 5 bytes, such as the end of a sequence, for nothing.
    expected = [
        each for each in items_of(muxed.stdout) if each[0] != MessageType.VIDEO or len(each[2]) > 5
    ]
    assert items_of(dump.read_bytes()) == expected
