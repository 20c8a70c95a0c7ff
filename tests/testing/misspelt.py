"""Words that a type checker must know to be wrong, and right ones. Never run.

mypy is strict: a line that it has nothing to say of, or says something else of, fails its run as
much as an error does ("unused type: ignore").
"""

from __future__ import annotations

import pytest

from trio_srs.media.report import StreamReport
from trio_srs.testing import (
    ServerProcess,
    StartPlayer,
    StartPublisher,
    StartServer,
    approx,
    at_most,
    expect,
)
from trio_srs.testing.trio_fixtures import TrioPublisher, TrioServer


def right(
    report: StreamReport,
    rtmp_server: ServerProcess,
    rtmp_server_factory: StartServer,
    rtmp_publisher: StartPublisher,
    rtmp_player: StartPlayer,
) -> None:
    expect(report).video(fps=approx(25, 0.5), size=(640, 360), gop_seconds=at_most(2.1))
    expect(report).video(fps=pytest.approx(25, abs=0.5)).audio(sample_rate=[44100, 48000])
    expect(report).source(video_codec="h264").metadata("width", anything=5)
    rtmp_server_factory(stream={"publish_busy": "replace"}).wait_for_end("live/a", timeout=1)
    rtmp_publisher("live/a", "h264", seconds=2, gop_s=1, speed=9).wait_for_frames(5)
    rtmp_publisher("live/a", file="a.flv", loop=True)
    rtmp_player("live/a").stop()


async def wrong(
    report: StreamReport,
    rtmp_server: ServerProcess,
    rtmp_server_factory: StartServer,
    rtmp_publisher: StartPublisher,
    rtmp_player: StartPlayer,
    trio_rtmp_publisher: TrioPublisher,
    trio_rtmp_server: TrioServer,
) -> None:
    expect(report).video(codek="h264")  # type: ignore[call-arg]  # codec
    expect(report).audio(samplerate=48000)  # type: ignore[call-arg]  # sample_rate
    expect(report).timestamps(monotone=True)  # type: ignore[call-arg]  # monotonic
    expect(report).source(video_codek="h264")  # type: ignore[call-arg]  # video_codec
    expect(report).vidio(codec="h264")  # type: ignore[attr-defined]  # video
    expect(report, ealier=())  # type: ignore[call-arg]  # earlier
    rtmp_server.wait_for_publsh("live/a")  # type: ignore[attr-defined]  # wait_for_publish
    rtmp_server.wait_for_end("live/a", timeot=1)  # type: ignore[call-arg]  # timeout
    rtmp_server_factory(streem={})  # type: ignore[call-arg]  # stream
    rtmp_publisher("live/a", second=2)  # type: ignore[call-arg]  # seconds
    rtmp_publisher("live/a", seconds="2")  # type: ignore[arg-type]  # a number
    rtmp_publisher("live/a").frame  # type: ignore[attr-defined]  # noqa: B018 - frames
    rtmp_player("live/a", speed=2)  # type: ignore[call-arg]  # it has none
    await trio_rtmp_publisher("live/a", gop=2)  # type: ignore[call-arg]  # gop_s
    await trio_rtmp_server.wait_for_end("live/a", timeout_ms=1)  # type: ignore[call-arg]
