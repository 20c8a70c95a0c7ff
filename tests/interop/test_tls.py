"""ffmpeg over RTMPS, both roles, with a certificate that nobody trusts and one to check."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trio
import trustme

from tests.interop.client import playing
from tests.interop.media import Library, items_of
from tests.interop.programs import (
    FFMPEG,
    FFMPEGS,
    FOR_EVER,
    RTMPDUMP,
    Ended,
    copying,
    ffmpeg,
    needs,
    run,
    started,
)
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


@needs(RTMPDUMP, "rtmpdump")
async def test_librtmp_plays_over_tls(library: Library) -> None:
    """It takes a ticket of TLS 1.3, which comes behind the handshake, for the end."""
    async with (
        watched(more=f"{LISTEN}self_signed = true\n") as server,
        started(copying(FFMPEG, library.file("avc_aac"), server.url(), *FOR_EVER)),
    ):
        await server.server.wait_for("live/a", "first_keyframe")
        url = server.server.rtmps_url("live/a")
        ended = await run([RTMPDUMP, "-q", "--live", "-B", "1", "-r", url, "-o", "/dev/null"])
    assert ended.returncode == 0, ended.stderr


async def test_a_reload_brings_the_certificate_that_is_in_the_file_now(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority, file = trustme.CA(), tmp_path / "server.pem"

    def issue() -> None:
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)

    async def seen(url: str) -> bytes:
        port = int(url.rpartition(":")[2].partition("/")[0])
        context = ssl.create_default_context()
        authority.configure_trust(context)
        stream = await trio.open_ssl_over_tcp_stream("127.0.0.1", port, ssl_context=context)
        async with stream:
            await stream.do_handshake()
            certificate = stream.getpeercert(binary_form=True)
            assert isinstance(certificate, bytes)
            return certificate

    issue()
    tls = f'listen = ["127.0.0.1:0"]\ncertificate = "{file}"\nkey = "{file}"\n'
    async with watched(more=f"[rtmps]\n{tls}[https]\n{tls}[api_https]\n{tls}") as watching:
        server = watching.server
        urls = [server.rtmps_url(), server.addresses["https"][0], server.addresses["api"][-1]]
        before = [await seen(url) for url in urls]
        issue()
        assert [await seen(url) for url in urls] == before
        server.reload(server.config)
        after = [await seen(url) for url in urls]
        assert after[0] == after[1] == after[2] != before[0]
        await trio.Path(file).write_text("nonsense")
        server.reload(server.config)
        assert [await seen(url) for url in urls] == after
        for protocol in ("rtmps", "https", "api_https"):
            assert f"{protocol} goes on with its certificate: " in caplog.text
