"""PyAV plays from us what it finds in the file."""

from __future__ import annotations

import json
import sys

import pytest
import trio

from tests.interop import __path__ as folder
from tests.interop.media import Library
from tests.interop.programs import FFMPEG, Ended, copying, run
from tests.interop.server import watched
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python"),
]


@pytest.mark.parametrize("name", some_of(["avc_aac", "hevc_aac", "av1_aac"], "hevc_aac"))
async def test_pyav_decodes_the_same_as_from_the_file(name: str, library: Library) -> None:
    source, ends = library.file(name), list[Ended]()
    command = [sys.executable, f"{folder[0]}/with_pyav.py"]

    async def play() -> None:
        ends.append(await run([*command, server.url()]))

    async with watched() as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url()))
    original = await run([*command, str(source)])
    assert (ends[0].returncode, original.returncode) == (0, 0)
    assert ends[0].stdout == original.stdout
    assert len(json.loads(original.stdout)["times"]) == 50
