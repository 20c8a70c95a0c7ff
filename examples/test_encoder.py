"""An encoder under test: ffmpeg publishes three seconds, healthy and as they should be.

pip install "./trio-srs[test]" imageio-ffmpeg, where ./trio-srs is a clone of the repository
pytest examples/test_encoder.py
"""

from __future__ import annotations

import subprocess

from imageio_ffmpeg import get_ffmpeg_exe

from trio_srs.testing import ServerProcess, approx, at_most, between, expect

PATTERN = "-f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=sample_rate=48000 -t 3"
CODECS = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -b:v 1M -c:a aac"


def test_my_encoder(rtmp_server: ServerProcess) -> None:
    url = rtmp_server.url("live/cam1")
    command = [get_ffmpeg_exe(), *PATTERN.split(), *CODECS.split(), "-f", "flv", url]
    subprocess.run(command, check=True, timeout=30)
    report = rtmp_server.wait_for_end("live/cam1")
    expect(report).healthy()
    expect(report).video(codec="h264", size=(640, 360), fps=approx(25))
    expect(report).video(gop_seconds=at_most(2.1), bitrate_mean=between(500_000, 1_500_000))
    expect(report).audio(codec="aac", sample_rate=48000)
