"""What ``trio-srs expect`` adds to the time that the command takes by itself.

``python -m benchmarks.expect_overhead [rounds]`` runs the same ffmpeg in turn: publishing to a
server that is up already, and under ``expect``, which starts one, judges and writes a report. The
difference of the medians is what a job in CI waits longer.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import imageio_ffmpeg

MOST_S: Final = 0.7
"""What may be added."""
PROGRAM: Final = [sys.executable, "-m", "trio_srs"]
PATTERN: Final = "-re -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine -t 3"
CODECS: Final = "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac"
RULES: Final = ("video.codec == h264", "video.fps ~ 25±1", "timestamps.monotonic")


def ffmpeg(url: str) -> list[str]:
    """Three seconds in real time."""
    quiet = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    return [*quiet, *PATTERN.split(), *CODECS.split(), "-f", "flv", url]


def timed(command: list[str], environ: dict[str, str]) -> float:
    """Seconds that a command takes; it has to succeed."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
    return time.perf_counter() - began


def main(rounds: int) -> int:
    """Measure, and say what comes of it; 1 if it is too much."""
    alone: list[float] = []
    judged: list[float] = []
    serve = [*PROGRAM, "--set", 'rtmp.listen=["127.0.0.1:0"]']
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server,
    ):
        assert server.stdout is not None
        url = f"{json.loads(server.stdout.readline())['rtmp'][0]}/live/stream"
        rules = [word for rule in RULES for word in ("--expect", rule)]
        report = ["--junit", str(Path(folder, "report.xml"))]
        # An installed package has been compiled; a checkout, maybe not.
        environ = os.environ | {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        expect = [*PROGRAM, "expect", *rules, *report, "--", *ffmpeg("{url}")]
        try:
            timed(expect, environ)
            for _ in range(rounds):
                alone.append(timed(ffmpeg(url), environ))
                judged.append(timed(expect, environ))
        finally:
            server.terminate()
    added = statistics.median(judged) - statistics.median(alone)
    print(f"the command alone    {statistics.median(alone):.3f} s  {_all(alone)}")
    print(f"under expect         {statistics.median(judged):.3f} s  {_all(judged)}")
    print(f"added                {added:.3f} s, at most {MOST_S:g} s wanted")
    return int(added > MOST_S)


def _all(seconds: list[float]) -> str:
    return f"({', '.join(f'{each:.3f}' for each in seconds)})"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
