"""``expect`` of what a server packages live, and of what comes in datagrams."""

from __future__ import annotations

import pytest
import trio

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, ffmpeg, free_port, run
from tests.interop.server import watched
from trio_srs.hub.bus import PublishBegan
from trio_srs.media.expect import absent, at_least, at_most, expect
from trio_srs.media.pattern import Pattern
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.tools.expect.stream_observer import EVERYTHING, Enough
from trio_srs.tools.expect.target import Target
from trio_srs.tools.publish import PatternPublish

pytestmark = pytest.mark.interop

LIVE = """\
[http]
listen = ["127.0.0.1:0"]

[hls]
segment = "1s"

[dash]
segment = "1s"
"""


def looking(url: str, enough: Enough = EVERYTHING, for_s: float = 60.0) -> Target:
    return Target(url, enough, for_s=for_s, settings=ClientSettings())


async def publish(url: str) -> None:
    """A synthetic stream at its own pace."""
    async with open_publisher(url) as publisher:
        await PatternPublish(Pattern.parse("h264:320x180@25", "aac", gop_s=1.0)).run(publisher)


async def test_what_we_package_live_is_healthy_while_it_goes_on() -> None:
    async with watched(more=LIVE) as server, trio.open_nursery() as nursery:
        nursery.start_soon(publish, server.url())
        await server.told(PublishBegan)
        await trio.sleep(1.2)
        hls = looking(server.server.hls_url("live/a"), for_s=2.0)
        dash = looking(server.server.dash_url("live/a"), for_s=2.0)
        async with trio.open_nursery() as looks:
            looks.start_soon(hls.run)
            looks.start_soon(dash.run)
        nursery.cancel_scope.cancel()
    for target, forms in ((hls, ["HLS", "LL-HLS"]), (dash, ["DASH"])):
        seen = target.seen()
        assert seen.report is not None, seen.absence
        expect(seen.report).healthy().video(codec="h264", frames=at_least(20))
        expect(seen.report).packaging(
            errors=absent, form=forms, live=True, requests_failed=0, stale_seconds=at_most(2.5)
        )


async def test_a_transport_stream_in_datagrams_is_judged(library: Library) -> None:
    port = free_port()
    target = looking(f"udp://@127.0.0.1:{port}", Enough(frames=40))
    words = ("-re", "-i", str(library.file("avc_aac")), "-c", "copy", "-f", "mpegts")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, ffmpeg(FFMPEG, *words, f"udp://127.0.0.1:{port}?pkt_size=1316"))
        await target.run()
        nursery.cancel_scope.cancel()
    report = target.seen().report
    assert report is not None, target.seen().absence
    assert report.conduct.flow == "UDP-TS"
    expect(report).healthy(finish=False).video(codec="h264", fps=25).audio(codec="aac")
