"""A newcomer's tests of an encoder: one that is as it should be, and seven that are not.

Of these only the first passes. See :mod:`tests.testing.test_newcomer`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

from imageio_ffmpeg import get_ffmpeg_exe

from trio_srs.media.report import StreamReport
from trio_srs.testing import PublisherProcess, ServerProcess, approx, at_most, between, expect

PICTURES = "-f lavfi -i testsrc2=size=320x180:rate=25"
CODECS = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"


def start(
    server: ServerProcess,
    *,
    hz: int = 48000,
    seconds: int = 3,
    gop: int = 50,
    more: str = "",
    paced: bool = False,
) -> subprocess.Popen[bytes]:
    """ffmpeg, on its way to the server; ``paced`` is in real time."""
    pace = "-re" if paced else ""
    inputs = f"{pace} {PICTURES} {pace} -f lavfi -i sine=sample_rate={hz} -t {seconds}"
    words = f"-v error -nostdin {inputs} {CODECS} -g {gop} -b:v 400k {more} -f flv"
    return subprocess.Popen([get_ffmpeg_exe(), *words.split(), server.url("live/cam1")])


def judge(report: StreamReport) -> None:
    """What the encoder is to be."""
    with expect(report) as stream:
        stream.video(codec="h264", size=(320, 180), fps=approx(25, 0.5))
        stream.video(gop_seconds=at_most(2.1), bitrate_mean=between(200_000, 700_000))
        stream.audio(codec="aac", sample_rate=48000)
        stream.timestamps(monotonic=True).stall(seconds=at_most(0.5))
        stream.end(reason="stream_closed")


def encode(server: ServerProcess, **words: int | str) -> None:
    """Run the encoder to its end, and judge."""
    assert start(server, **words).wait(30) == 0  # type: ignore[arg-type]  # as they are named
    judge(server.wait_for_end("live/cam1"))


def test_as_it_should_be(rtmp_server: ServerProcess) -> None:
    encode(rtmp_server)


def test_wrong_bit_rate(rtmp_server: ServerProcess) -> None:
    encode(rtmp_server, more="-b:v 2M -minrate 2M -maxrate 2M -bufsize 1M -x264-params nal-hrd=cbr")


def test_a_gop_of_ten_seconds(rtmp_server: ServerProcess) -> None:
    encode(rtmp_server, seconds=12, gop=250)


def test_a_timestamp_regression(
    rtmp_server: ServerProcess, rtmp_publisher: Callable[..., PublisherProcess]
) -> None:
    rtmp_publisher("live/cam1", kbps=400, audio="aac:48000", seconds=3, speed=100.0,
                   defects=["regression@30:80"])  # fmt: skip
    judge(rtmp_server.wait_for_end("live/cam1"))


def test_wrong_audio_rate(rtmp_server: ServerProcess) -> None:
    encode(rtmp_server, hz=44100)


def test_no_video(rtmp_server: ServerProcess) -> None:
    encode(rtmp_server, more="-vn")


def test_a_killed_encoder(rtmp_server: ServerProcess) -> None:
    encoder = start(rtmp_server, seconds=30, paced=True)
    rtmp_server.wait_for_frames("live/cam1", 55)
    encoder.kill()
    encoder.wait()
    judge(rtmp_server.wait_for_end("live/cam1"))


def test_a_stalled_encoder(rtmp_server: ServerProcess) -> None:
    encoder = start(rtmp_server, paced=True)
    rtmp_server.wait_for_frames("live/cam1", 30)
    os.kill(encoder.pid, signal.SIGSTOP)
    time.sleep(0.8)
    os.kill(encoder.pid, signal.SIGCONT)
    assert encoder.wait(30) == 0
    judge(rtmp_server.wait_for_end("live/cam1"))
