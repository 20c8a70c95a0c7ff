"""The same words in a shell: a transcoder is held against what it was given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

pytestmark = pytest.mark.decoded


def test_a_transcoder_is_judged_by_what_came_out(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    rules = (
        "counter.lost == 0", "counter.unreadable == 0", "sync.ms in -10..10", "delay.missing == 0",
        "delay.max <= 3 s", "picture.ssim >= 0.9", "picture.frozen.seconds <= 200 ms",
    )  # fmt: skip
    command = (
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "{source_url}", "-c:v", "libx264",
        "-preset", "veryfast", "-tune", "zerolatency", "-b:v", "800k", "-c:a", "aac", "-f", "flv",
        "{url}",
    )  # fmt: skip
    done = subprocess.run(
        [
            *(sys.executable, "-m", "trio_srs", "expect", "--html", page),
            *("--source", "h264:640x360@25+aac", "--source-seconds", "3"),
            *(word for rule in rules for word in ("--expect", rule)),
            *("--", *command),
        ],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text(encoding="utf-8")
    assert text.count("<img ") >= 8
    assert "the worst by SSIM" in text
    assert "captured in" not in text
