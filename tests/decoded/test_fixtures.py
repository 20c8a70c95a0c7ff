"""The same words with the fixtures: what a test asks of the picture is decoded from the capture."""

from __future__ import annotations

import pytest

from tests.decoded.reencoding import ffmpeg, pattern_file
from trio_srs.testing import (
    ExpectationError,
    ServerProcess,
    StartPublisher,
    approx,
    at_least,
    at_most,
    between,
    expect,
)

pytestmark = pytest.mark.decoded


def test_a_publish_is_looked_at(rtmp_server: ServerProcess, rtmp_publisher: StartPublisher) -> None:
    rtmp_publisher("live/a", "h264:320x180@25", seconds=2, speed=10).wait()
    report = rtmp_server.wait_for_end("live/a")
    expect(report).decode(errors=0, end="complete").picture(
        black_frames=0, frozen_seconds=at_most("200 ms"), size=(320, 180)
    ).counter(lost=0, read=50).sync(ms=between("-10 ms", "10 ms")).audio(tone=approx(1000, 5))
    with pytest.raises(ExpectationError, match=r"picture\.size: expected 640x360, seen: 320x180"):
        expect(report).picture(size=(640, 360))
    first, later = report.thumbnail(), report.thumbnail(at=1.0)
    assert first.startswith(b"\xff\xd8")
    assert first != later
    assert len(report.decoded().pictures) == 50


def test_a_transcode_is_held_against_its_source(
    rtmp_server: ServerProcess, rtmp_publisher: StartPublisher
) -> None:
    rtmp_publisher("live/in", "h264:320x180@25", seconds=2, speed=10).wait()
    source = rtmp_server.wait_for_end("live/in")
    assert source.captured is not None
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "600k", "-c:a", "aac")
    ffmpeg("-re", "-i", source.captured, *coded, "-f", "flv", rtmp_server.url("live/out"))
    report = rtmp_server.wait_for_end("live/out")
    expect(report, source=source).delay(matched=50, missing=0).counter(lost=0).picture(
        ssim=at_least(0.9)
    )
    expect(report, reference=source.captured).picture(psnr=at_least(25), compared=50)


def test_over_http_the_words_are_the_same(rtmp_server_factory: object, tmp_path: object) -> None:
    pytest.importorskip("litestar")
    from json import loads
    from urllib.request import Request, urlopen

    assert callable(rtmp_server_factory)
    server = rtmp_server_factory(api={"listen": ["127.0.0.1:0"]})
    path = pattern_file(tmp_path, "h264:320x180@25", seconds=1.0)  # type: ignore[arg-type]  # it is one
    ffmpeg("-i", path, "-c", "copy", "-f", "flv", server.url("live/a"))
    server.wait_for_end("live/a")
    body = b'{"rules": ["picture.black.frames == 0", "counter.lost == 1"]}'
    url = f"{server.url(protocol='api').rstrip('/')}/api/v2/streams/live/a/expect"
    asked = Request(url, body, {"Content-Type": "application/json"})
    answer = loads(urlopen(asked, timeout=30).read())
    assert [each["met"] for each in answer["verdicts"]] == [True, False]
