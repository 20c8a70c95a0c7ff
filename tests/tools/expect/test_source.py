"""A source is a file or a pattern, and what is neither is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.files import clip, flv
from trio_srs.media.pattern import PatternError
from trio_srs.tools.expect.source import is_endless, make_source
from trio_srs.tools.publish import FilePublish, MediaFileError, PatternPublish


def test_a_path_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "h264"
    path.write_bytes(flv(clip(1)))
    job = make_source(str(path), 5.0)
    assert isinstance(job, FilePublish)
    assert (job.path, job.options.seconds) == (path, 5.0)


def test_anything_else_is_a_pattern() -> None:
    job = make_source("h264:320x240@50+aac:48000x1", 2.0)
    assert isinstance(job, PatternPublish)
    pattern = job.pattern
    assert (pattern.width, float(pattern.fps), pattern.seconds) == (320, 50.0, 2.0)
    assert (pattern.sample_rate, pattern.channels) == (48000, 1)
    silent = make_source("hevc+none")
    assert isinstance(silent, PatternPublish)
    assert silent.pattern.audio == "none"
    default = make_source("av1")
    assert isinstance(default, PatternPublish)
    assert default.pattern.audio == "aac"


def test_only_a_pattern_without_an_end_is_endless(tmp_path: Path) -> None:
    path = tmp_path / "a.flv"
    path.write_bytes(flv(clip(1)))
    assert is_endless(make_source("h264"))
    assert not is_endless(make_source("h264", 2.0))
    assert not is_endless(make_source(str(path)))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("none.flv", MediaFileError, r"none\.flv: No such file"),
        ("in.mp4", PatternError, r"'in\.mp4' is no file, and no pattern: .*expected CODEC"),
        ("h264+mp3", PatternError, "no pattern: audio 'mp3': expected one of aac"),
    ],
)
def test_what_is_neither_is_told(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_source(text)


def test_a_file_that_is_no_stream_is_told(tmp_path: Path) -> None:
    path = tmp_path / "in.mp4"
    path.write_bytes(b"\0\0\0 ftypisom")
    with pytest.raises(MediaFileError, match="expected 464c56"):
        make_source(str(path))
