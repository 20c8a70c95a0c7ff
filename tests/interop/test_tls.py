"""ffmpeg over RTMPS, both roles, with a certificate that nobody trusts and one to check."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
import trustme

from tests.interop.client import playing
from tests.interop.media import Library, items_of
from tests.interop.programs import FFMPEGS, Ended, copying, ffmpeg, run
from tests.interop.server import watched
from trio_srs.hub.bus import PlayBegan, SessionBegan

pytestmark = pytest.mark.interop

LISTEN = '[rtmps]\nlisten = ["127.0.0.1:0"]\n'


@pytest.mark.parametrize("program", FFMPEGS)
@pytest.mark.parametrize("trusted", [False, True], ids=["self-signed", "trusted"])
async def test_ffmpeg_publishes_and_plays_over_tls(
    program: str, trusted: bool, library: Library, tmp_path: Path
) -> None:
    source, more = library.file("avc_aac"), LISTEN + "self_signed = true\n"
    options: tuple[str, ...] = ("-tls_verify", "0")
    if trusted:
        authority, pem, key = trustme.CA(), tmp_path / "ca.pem", tmp_path / "server.pem"
        authority.cert_pem.write_to_path(pem)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(key)
        options = ("-tls_verify", "1", "-ca_file", str(pem))
        more = LISTEN + f'certificate = "{key}"\nkey = "{key}"\n'
    ends = list[Ended]()

    async def play() -> None:
        command = (*options, "-i", url, "-map", "0", "-c", "copy", "-f", "flv", "pipe:1")
        ends.append(await run(ffmpeg(program, *command)))

    async with watched(more=more) as server, playing(server.url()) as player:
        url = server.server.rtmps_url("live/a")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(player.listen)
            nursery.start_soon(play)
            await server.told(PlayBegan, 2)
            command = copying(program, source, url)
            published = await run([*command[:-1], *options, url])
        protocols = [event.protocol for event in server.all(SessionBegan)]
    assert (published.returncode, published.stderr) == (0, "")
    assert (ends[0].returncode, ends[0].stderr) == (0, "")
    assert protocols == ["rtmp", "rtmps", "rtmps"]
    muxed = items_of((await run(copying(program, source, "pipe:1"))).stdout)
    assert player.items == muxed
    assert [body for _, _, body in items_of(ends[0].stdout)] == [body for _, _, body in muxed]
