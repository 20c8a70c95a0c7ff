"""``expect`` of a URL: what it pulls over HTTP, from this server and from ffmpeg's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
import trustme

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, copying, ffmpeg, free_port, run, started
from tests.interop.server import watched
from trio_srs.hub.bus import PlayBegan
from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.net.rtmp_client import ClientSettings, client_tls
from trio_srs.tools.expect.pull import Pull
from trio_srs.tools.expect.stream_observer import EVERYTHING

pytestmark = pytest.mark.interop

HTTP = '[http]\nlisten = ["127.0.0.1:0"]\nrepublish_timeout = "0s"\n'
RULES = parse_rules(
    (
        "video.codec == h264", "audio.codec == aac", "video.frames == 50", "video.fps ~ 25±0.1",
        "video.size == 160x120", "video.gop.frames == 10", "timestamps.monotonic",
        "audio.sample_rate == 44100", "duration.seconds ~ 2±0.1", "conduct.oddities == 0",
    )
)  # fmt: skip


def pulling(url: str) -> Pull:
    settings = ClientSettings(tls=client_tls(insecure=True))
    return Pull(url, EVERYTHING, timeout_s=10.0, settings=settings)


def not_met(pull: Pull) -> list[str]:
    """What is not as the rules say."""
    report = pull.report()
    assert report is not None, pull.absence
    return [each.message for each in judge(Evidence(report=report), RULES) if not each.met]


async def test_a_stream_is_judged_alike_in_every_form(library: Library, tmp_path: Path) -> None:
    key = tmp_path / "server.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(key)
    more = f'{HTTP}[https]\nlisten = ["127.0.0.1:0"]\ncertificate = "{key}"\nkey = "{key}"\n'
    async with watched(more=more) as server, trio.open_nursery() as nursery:
        pulls = [
            pulling(f"{server.server.addresses[scheme][0]}/live/a.{form}")
            for scheme in ("http", "https")
            for form in ("flv", "ts", "mp4")
        ]
        for pull in pulls:
            nursery.start_soon(pull.run)
        await server.told(PlayBegan, len(pulls))
        await run(copying(FFMPEG, library.file("avc_aac"), server.url()))
    assert {pull.target: found for pull in pulls if (found := not_met(pull))} == {}


@pytest.mark.parametrize(
    ("form", "flow"), [(("mpegts",), "HTTP-TS"), (("mp4", "-movflags", "empty_moov"), "HTTP-MP4")]
)
async def test_a_stream_of_another_server_is_judged(
    form: tuple[str, ...], flow: str, library: Library
) -> None:
    url = f"http://127.0.0.1:{free_port()}/any"
    source = str(library.file("avc_aac"))
    words = ["-i", source, "-map", "0", "-c", "copy", "-listen", "1", "-f", *form, url]
    async with started(ffmpeg(FFMPEG, *words)):
        pull = pulling(url)
        with trio.fail_after(10):
            while pull.report() is None:  # it does not listen yet
                pull = pulling(url)
                await pull.run()
                await trio.sleep(0.05)
    report = pull.report()
    assert report is not None
    assert report.conduct.flow == flow
    assert not_met(pull) == []
