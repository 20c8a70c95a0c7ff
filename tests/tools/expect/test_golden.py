"""Golden files are looked at by the names that rules have for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.remux.records import DATA
from tests.tools.files import clip, flv
from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.tools.expect.golden import golden_reports
from trio_srs.tools.expect.media_file import report_of_file
from trio_srs.tools.publish import MediaFileError


def test_a_stream_equals_its_golden_file_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "same.flv").write_bytes(flv(clip(2)))
    (tmp_path / "other.flv").write_bytes(flv(clip(1)))
    rules = parse_rules(
        ["digest.exact == same.flv", "digest.payload == other.flv", "video.codec == h264"]
    )
    golden = golden_reports(rules, tmp_path)
    assert list(golden) == ["same.flv", "other.flv"]
    report = report_of_file(tmp_path / "same.flv")
    verdicts = judge(Evidence(report=report, golden=golden), rules)
    assert [verdict.met for verdict in verdicts] == [True, False, True]


def test_a_golden_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(MediaFileError, match=r"none\.flv: No such file"):
        golden_reports(parse_rules(["digest.exact == none.flv"]), tmp_path)


def test_a_golden_file_has_to_be_whole(tmp_path: Path) -> None:
    (tmp_path / "cut.flv").write_bytes(flv(clip(2))[:-1])
    with pytest.raises(MediaFileError, match=r"cut\.flv: it ends inside a tag"):
        golden_reports(parse_rules(["digest.exact == cut.flv"]), tmp_path)


def test_a_golden_file_has_to_have_messages() -> None:
    rules = parse_rules(["digest.payload == ffmpeg_h264_aac.ts"])
    with pytest.raises(MediaFileError, match=r"aac\.ts: expected FLV, which alone has messages"):
        golden_reports(rules, DATA / "ts")
