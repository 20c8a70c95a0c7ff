"""Streams of our pattern and of ffmpeg's sources, as ffmpeg codes them, and rules about them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from tests.media.pattern.decoding import as_flv
from trio_srs.media.expect import Evidence, Verdict, parse_rules
from trio_srs.media.pattern import Pattern
from trio_srs.tools.expect.look import Look
from trio_srs.tools.expect.media_file import report_of_file

__all__ = ["ffmpeg", "judged", "pattern_file"]


def pattern_file(
    folder: Path, video: str = "h264:640x360@25", audio: str = "aac", **said: Any
) -> Path:
    """A pattern in a file, by default of four seconds."""
    words: dict[str, Any] = {"seconds": 4.0, **said}
    path = folder / "pattern.flv"
    path.write_bytes(as_flv(Pattern.parse(video, audio, **words)))
    return path


def ffmpeg(*words: str | Path) -> None:
    """Run ffmpeg; it has to succeed."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "error", "-y"]
    done = subprocess.run([*command, *map(str, words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def judged(path: Path, rules: Sequence[str], reference: Path | None = None) -> list[Verdict]:
    """Judge a file by rules, some of which are about what is decoded."""
    with Look(made := parse_rules(rules), reference) as look:
        report = report_of_file(path, keep=look.keep)
        assert len(made) == len(rules)
        return list(look.judge(Evidence(report=report)).verdicts)
