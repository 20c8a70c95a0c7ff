"""A CI job in Python: server on a free port, ffmpeg publishes, ffmpeg plays, both must succeed.

pip install imageio-ffmpeg
python examples/ci_endpoint.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from imageio_ffmpeg import get_ffmpeg_exe

SERVER = [sys.executable, "-m", "trio_srs", "--die-with-parent"]
ON_A_FREE_PORT = ["--set", 'rtmp.listen=["127.0.0.1:0"]']
FFMPEG = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "warning", "-nostdin"]
PATTERN = "-re -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine -t 3"
CODECS = "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac"


@contextmanager
def running_server() -> Iterator[str]:
    """The base URL of a server that is ready; it is stopped on the way out."""
    command = [*SERVER, *ON_A_FREE_PORT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()  # empty if the server could not start
        if not line:
            raise SystemExit(f"the server did not start: exit code {process.wait()}")
        try:
            yield json.loads(line)["rtmp"][0]
        finally:
            process.terminate()


def main() -> None:
    with running_server() as base:
        url = f"{base}/live/pattern"
        player = subprocess.Popen([*FFMPEG, "-i", url, "-c", "copy", "-f", "framehash", "-"],
                                  stdout=subprocess.PIPE, text=True)  # fmt: skip
        publish = [*FFMPEG, *PATTERN.split(), *CODECS.split(), "-f", "flv", url]
        subprocess.run(publish, check=True, timeout=30)
        frames, _ = player.communicate(timeout=10)  # it ends when the publisher has left
    count = sum(not line.startswith("#") for line in frames.splitlines())
    print(f"{count} packets came through")
    if count < 100:
        raise SystemExit("too few")


if __name__ == "__main__":
    main()
