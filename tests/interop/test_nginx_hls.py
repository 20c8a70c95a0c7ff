"""nginx in front of HLS, as the example configures it: one request for all who ask."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

import attrs
import pytest
import trio

from tests.interop.media import Library
from tests.interop.programs import (
    FFMPEG,
    FOR_EVER,
    NGINX,
    copying,
    ffmpeg,
    free_port,
    needs,
    run,
    started,
)
from tests.interop.server import Watched, watched
from tests.interop.test_hls import pictures
from tests.matrix import some_of
from trio_srs.hub.bus import PublishBegan
from trio_srs.wire.hls.playlist_reader import read_media_playlist, read_multivariant_playlist

pytestmark = [pytest.mark.interop, needs(NGINX, "nginx")]

EXAMPLES: Final = Path(__file__).parent.parent.parent / "examples"
AROUND: Final = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {example}
}}
"""
PLACES: Final = {
    "origin": "127.0.0.1:8080",
    "cache": "/var/cache/nginx/hls",
    "files": "/var/www/hls;",
}
"""What stands in the examples."""
HLS: Final = """\
[http]
listen = ["127.0.0.1:0"]

[hls]
viewer_ctx = false
segment = "1s"
"""


@attrs.frozen
class Answer:
    """What nginx answered."""

    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


def _get(url: str, fields: dict[str, str]) -> Answer:
    with urlopen(Request(url, headers=fields), timeout=15) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.read(), headers)


async def get(url: str, **fields: str) -> Answer:
    said = {name.replace("_", "-"): value for name, value in fields.items()}
    return await trio.to_thread.run_sync(_get, url, said, abandon_on_cancel=True)


@asynccontextmanager
async def nginx(folder: Path, example: str, **here: str) -> AsyncIterator[str]:
    """An example, but for where it listens and what else is elsewhere here."""
    port = free_port()
    text = (EXAMPLES / example).read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    for said, instead in here.items():
        assert text.count(PLACES[said]) == 1
        text = text.replace(PLACES[said], instead)
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, example=text))
    async with started([NGINX, "-p", str(folder), "-c", str(config), "-e", "stderr"]):
        with trio.fail_after(5):
            while not await _listens(port):  # noqa: ASYNC110 - it does not say when it does
                await trio.sleep(0.02)
        yield f"http://127.0.0.1:{port}"


async def _listens(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True


def origin_of(server: Watched) -> str:
    """Where nginx is to ask."""
    return server.server.hls_url("live/a").removeprefix("http://").partition("/")[0]


async def test_a_thousand_viewers_of_nginx_would_be_one_of_ours(
    library: Library, tmp_path: Path
) -> None:
    found: list[Answer] = []

    async def ask(url: str) -> None:
        found.append(await get(url))

    async with watched(more=HLS) as server, trio.open_nursery() as nursery:
        places = {"origin": origin_of(server), "cache": f"{tmp_path}/cache"}
        async with (
            nginx(tmp_path, "nginx_hls.conf", **places) as front,
            started(copying(FFMPEG, library.file("avc_aac"), server.url(), *FOR_EVER)),
        ):
            await server.told(PublishBegan)
            with trio.fail_after(15):
                first = await get(f"{front}/live/a.m3u8")
                variant = read_multivariant_playlist(first.text).variants[0]
                assert variant.uri == "a.hls/video.m3u8"
                url = f"{front}/live/{variant.uri}"
                listed = read_media_playlist((await get(url)).text)
                packed = await get(url, Accept_Encoding="gzip")
                assert packed.headers["content-encoding"] == "gzip"
                assert gzip.decompress(packed.body).startswith(b"#EXTM3U")

                # Low latency: ten who wait for the same part are one who asks for it.
                number = listed.media_sequence + len(listed.segments)
                async with trio.open_nursery() as many:
                    for _ in range(10):
                        many.start_soon(ask, f"{url}?_HLS_msn={number}&_HLS_part=1")
                assert len({answer.text for answer in found}) == 1
                news = read_media_playlist(found[0].text)
                assert news.media_sequence + len(news.segments) >= number
                said = [answer.headers["x-cache"] for answer in found]
                assert said.count("MISS") == 1, said

                segment = f"{front}/live/a.hls/{news.segments[-1].uri}"
                before, after = await get(segment), await get(segment, Range="bytes=0-7")
                assert before.headers["x-cache"] == "MISS"
                assert after.headers["x-cache"] == "HIT"
                assert after.body == before.body[:8]
                assert before.headers["cache-control"].endswith("immutable")
                assert len(list(server.server.registry)) == 2, "the publisher, and nginx"
        nursery.cancel_scope.cancel()


FILES: Final = """\
[http]
listen = ["127.0.0.1:0"]

[hls]
folder = "{folder}"
container = "{container}"
segment = "1s"
segments_per_key = 1
republish_timeout = "0s"
"""


@pytest.mark.parametrize("container", some_of(["ts", "fmp4"], "ts"))
async def test_ffmpeg_plays_encrypted_files_from_nginx_with_our_keys(
    container: str, library: Library, tmp_path: Path
) -> None:
    files, source = tmp_path / "files", library.file("avc_aac")
    async with (
        watched(more=FILES.format(folder=files, container=container)) as server,
        nginx(
            tmp_path, "nginx_hls_files.conf", origin=origin_of(server), files=f"{files};"
        ) as front,
    ):
        await run(copying(FFMPEG, source, server.url(), "-re", "-stream_loop", "1"))
        playlist = files / "live/a.m3u8"
        with trio.fail_after(5):
            while "ENDLIST" not in "".join(  # noqa: ASYNC110 - a disk says nothing
                each.read_text() for each in files.rglob("*.m3u8")
            ):
                await trio.sleep(0.02)
        assert playlist.exists()
        first = next(files.rglob("*.ts" if container == "ts" else "*.m4s")).read_bytes()
        assert first[: 8 * 188 : 188] != b"\x47" * 8  # one of them any key may bring about
        assert first[4:8] != b"styp"
        options = ("-live_start_index", "0", "-i", f"{front}/live/a.m3u8", "-map", "0:v")
        played = await run(ffmpeg(FFMPEG, *options, "-f", "framehash", "-"))
    original = await run(ffmpeg(FFMPEG, "-i", str(source), "-map", "0:v", "-f", "framehash", "-"))
    assert played.returncode == 0, played.stderr
    assert pictures(played) == pictures(original) * 2
