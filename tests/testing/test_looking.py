"""A test has the report of a URL or a file in one line, or an error that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.packaging.viewings import sound_viewing
from tests.tools.expect.presentations import folder_of
from tests.tools.expect.test_presentation_pull import ended
from tests.tools.files import clip, flv
from trio_srs.testing import NothingToJudgeError, expect, report_of


def test_whatever_it_is_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.flv"
    path.write_bytes(flv(clip(2)))
    expect(report_of(path, frames=20)).video(frames=20)
    folder_of(ended(sound_viewing("plain")), tmp_path)
    expect(report_of(tmp_path / "live/a.m3u8")).healthy().packaging(form="HLS")


def test_what_is_not_there_or_not_whole_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NothingToJudgeError, match="No such file"):
        report_of(tmp_path / "a.m3u8")
    path = tmp_path / "a.flv"
    path.write_bytes(flv(clip(2))[:-5])
    with pytest.raises(NothingToJudgeError, match="only a part could be judged"):
        report_of(path)
