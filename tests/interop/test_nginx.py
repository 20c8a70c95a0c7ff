"""nginx with its RTMP module pushes to us and pulls from us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Final

import pytest
import trio

from tests.interop.client import Item, playing
from tests.interop.expected import is_header
from tests.interop.media import Library, items_of
from tests.interop.programs import (
    FFMPEG,
    NGINX,
    copying,
    free_port,
    needs,
    run,
    started,
)
from tests.interop.server import watched
from tests.interop.tap import tapped
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan, PublishBegan

MODULE: Final = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")

pytestmark = [
    pytest.mark.interop,
    needs(NGINX, "nginx"),
    pytest.mark.skipif(
        not MODULE.exists(),
        reason="nginx has no RTMP module: install the Debian package libnginx-mod-rtmp",
    ),
]

CONFIG: Final = """
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
rtmp {{
    server {{
        listen 127.0.0.1:{port};
        chunk_size {chunk_size};
        application live {{
            live on;
            {relay};
        }}
    }}
}}
"""


@asynccontextmanager
async def nginx(folder: Path, relay: str, *, chunk_size: int = 4096) -> AsyncIterator[str]:
    """An nginx of its own, in the foreground; the URL of a stream in it."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(module=MODULE, folder=folder, port=port, relay=relay, chunk_size=chunk_size)
    )
    async with started([NGINX, "-p", str(folder), "-c", str(config), "-e", "stderr"]):
        with trio.fail_after(5):
            while not await _listens(port):  # noqa: ASYNC110 - it does not say when it does
                await trio.sleep(0.02)
        yield f"rtmp://127.0.0.1:{port}/live/a"


def application_of(url: str) -> str:
    """A URL without the stream's name: what nginx wants."""
    return url.rpartition("/")[0]


async def _listens(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True


def frames(items: list[Item]) -> list[Item]:
    """Without the headers, which nginx hands on when it sees fit."""
    return [each for each in items if not is_header(each)]


def headers(items: list[Item]) -> set[Item]:
    """The headers, in any order."""
    return {each for each in items if is_header(each)}


@pytest.mark.parametrize(
    ("name", "chunk_size"),
    some_of(product(["avc_aac", "avc_mp3", "avc_only"], [128, 4096, 60_000]), "avc_aac-4096"),
)
async def test_nginx_pushes_to_us_all_that_it_gets(
    name: str, chunk_size: int, library: Library, tmp_path: Path
) -> None:
    source = library.file(name)
    async with (
        watched() as server,
        tapped(server.url()) as tap,
        nginx(tmp_path, f"push {application_of(tap.url)}", chunk_size=chunk_size) as url,
        tapped(url, hold_at=1) as publisher,
        playing(server.url()) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        nursery.start_soon(run, copying(FFMPEG, source, publisher.url))
        # What nginx gets before its push is accepted, it never sends.
        pushed = await server.told(PublishBegan)
        publisher.release()
    assert pushed.stream == "live/a"
    assert player.items == tap.items
    assert frames(player.items) == frames(publisher.items)
    assert headers(player.items) == headers(publisher.items)
    assert len(player.items) > 40


@pytest.mark.parametrize("chunk_size", some_of([128, 60_000], "128"))
async def test_nginx_pulls_from_us_all_that_we_get(
    chunk_size: int, library: Library, tmp_path: Path
) -> None:
    source = library.file("avc_aac")
    muxed = items_of((await run(copying(FFMPEG, source, "pipe:1"))).stdout)
    async with (
        watched(rtmp=f"chunk_size = {chunk_size}") as server,
        nginx(tmp_path, f"pull {application_of(server.url())}") as url,
        playing(url) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        pulls = await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url()))
        await player.until(lambda: len(player.items) >= len(muxed))
        await run(copying(FFMPEG, source, server.url()))  # and it is still there for the next one
        await player.until(lambda: len(frames(player.items)) >= 2 * len(frames(muxed)))
        nursery.cancel_scope.cancel()
    assert pulls.stream == "live/a"
    assert frames(player.items) == 2 * frames(muxed)
    assert headers(player.items) == headers(muxed)
