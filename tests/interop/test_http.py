"""ffmpeg and curl over HTTP and HTTPS, as viewers and as publishers: the packets of the file."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest
import trio
import trustme
from websockets.trio.client import connect

from tests.interop.client import playing
from tests.interop.media import ANY_FFMPEG, Library, items_of
from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, hashing, needs, run
from tests.interop.server import Watched, watched
from tests.matrix import some_of
from trio_srs.hub.bus import PlayBegan, PublishEnded

pytestmark = pytest.mark.interop

HTTP = '[http]\nlisten = ["127.0.0.1:0"]\nrepublish_timeout = "0s"\n'
CURL = shutil.which("curl") or "curl"
WATCHED = {"wheel-avc_mp3", "wheel-hevc_aac", "wheel-multitrack", "system-avc_aac"}
WATCHED_AS_MP4 = {"wheel-avc_aac", "wheel-hevc_aac", "wheel-vp9_opus",
                  "system-avc_mp3"}  # fmt: skip


@pytest.mark.parametrize(
    ("program", "name"),
    some_of((each for each in ANY_FFMPEG if each.id in WATCHED), "wheel-avc_mp3"),
)
async def test_ffmpeg_finds_the_same_packets_as_in_the_file(
    program: str, name: str, library: Library, tmp_path: Path
) -> None:
    source, ends = library.file(name), list[Ended]()
    published = tmp_path / "published.flv"
    published.write_bytes((await run(copying(FFMPEG, source, "pipe:1"))).stdout)

    async def play() -> None:
        ends.append(await run(hashing(program, server.server.http_url("live/a.flv"))))

    async with watched(more=HTTP) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url()))
    original = await run(hashing(program, published))
    assert ends[0].returncode == 0
    assert ends[0].stdout == original.stdout


def packets(framehash: bytes) -> dict[str, list[str]]:
    """Hashes of the packets of each medium, whatever a container makes of their times."""
    lines = framehash.decode().splitlines()
    media = dict(line[12:].split(": ") for line in lines if line.startswith("#media_type"))
    found: dict[str, list[str]] = {medium: [] for medium in media.values()}
    for line in lines:
        if not line.startswith("#"):
            track, *_, digest = line.split(",")
            found[media[track]].append(digest)
    return found


@pytest.mark.parametrize(
    ("program", "name"),
    some_of((each for each in ANY_FFMPEG if each.id in WATCHED_AS_MP4), "wheel-avc_aac"),
)
async def test_ffmpeg_finds_the_samples_of_the_file_in_an_mp4(
    program: str, name: str, library: Library
) -> None:
    source, ends = library.file(name), list[Ended]()

    async def play() -> None:
        ends.append(await run(hashing(program, server.server.http_url("live/a.mp4"))))

    async with watched(more=HTTP) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        await run(copying(FFMPEG, source, server.url()))
    assert ends[0].returncode == 0
    original = packets((await run(hashing(program, str(source)))).stdout)
    found = packets(ends[0].stdout)
    assert found["video"] == original["video"]
    # Both begin together: sound from before the first picture is left out.
    assert found["audio"] == original["audio"][-len(found["audio"]) :]
    assert len(original["audio"]) - len(found["audio"]) < 5


@pytest.mark.parametrize("ending", ["mp4", "ts"])
async def test_ffmpeg_goes_on_with_the_next_publish_of_the_same_kind(
    ending: str, library: Library
) -> None:
    source, ends = library.file("avc_aac"), list[Ended]()
    republished = HTTP.replace('"0s"', '"1s"')

    async def play() -> None:
        ends.append(await run(hashing(FFMPEG, server.server.http_url(f"live/a.{ending}"))))

    async with watched(more=republished) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play)
        await server.told(PlayBegan)
        for count in (1, 2):
            await run(copying(FFMPEG, source, server.url()))
            await server.told(PublishEnded, count)
    assert ends[0].returncode == 0
    assert "duplicated MOOV" not in ends[0].stderr
    once = packets((await run(hashing(FFMPEG, str(source)))).stdout)
    assert len(packets(ends[0].stdout)["video"]) == 2 * len(once["video"])


@pytest.mark.parametrize("program", FFMPEGS)
async def test_ffmpeg_publishes_by_post(program: str, library: Library) -> None:
    source = library.file("avc_aac")
    items = items_of((await run(copying(program, source, "pipe:1"))).stdout)
    async with (
        watched(more=HTTP) as server,
        playing(server.url()) as player,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(player.listen)
        url = server.server.http_url("live/a.flv")
        ended = await run([*copying(program, source, "")[:-1], "-method", "POST", url])
        await server.told(PublishEnded)
        await player.until(lambda: player.items == items)
        nursery.cancel_scope.cancel()
    assert (ended.returncode, ended.stderr) == (0, "")


@needs(CURL, "curl")
async def test_curl_puts_a_file_and_gets_it_again(library: Library, tmp_path: Path) -> None:
    source, got, ends = library.file("avc_aac"), tmp_path / "got.flv", list[Ended]()

    async def play(server: Watched) -> None:
        url = server.server.http_url("live/a.flv")
        ends.append(await run([CURL, "-sS", "-o", str(got), url]))

    async with watched(more=HTTP) as server, trio.open_nursery() as nursery:
        nursery.start_soon(play, server)
        await server.told(PlayBegan)
        url = server.server.http_url("live/a.flv")
        put = await run([CURL, "-sS", "-T", str(source), url])
    assert (put.returncode, ends[0].returncode, ends[0].stderr) == (0, 0, "")
    assert b'"stream": "live/a"' in put.stdout
    assert items_of(got.read_bytes()) == items_of(source.read_bytes())


async def test_a_websocket_client_gets_one_tag_in_each_message_also_over_tls(
    library: Library, tmp_path: Path
) -> None:
    authority, key = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(key)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    more = f'{HTTP}[https]\nlisten = ["127.0.0.1:0"]\ncertificate = "{key}"\nkey = "{key}"\n'
    source, heard = library.file("avc_aac"), dict[str, list[bytes]]()

    async def listen(url: str, context: ssl.SSLContext | None) -> None:
        async with connect(url, ssl=context, compression=None) as client:
            heard[url] = [message async for message in client if isinstance(message, bytes)]

    async with watched(more=more) as server, trio.open_nursery() as nursery:
        for protocol, context in (("http", None), ("https", trust)):
            base = server.server.addresses[protocol][0].replace("http", "ws")
            nursery.start_soon(listen, f"{base}/live/a.flv", context)
        await server.told(PlayBegan, 2)
        await run(copying(FFMPEG, source, server.url()))
    plain, secure = heard.values()
    assert plain == secure
    assert items_of(b"".join(plain)) == items_of(
        (await run(copying(FFMPEG, source, "pipe:1"))).stdout
    )
    assert all(len(items_of(plain[0] + each)) == 1 for each in plain[-10:])
