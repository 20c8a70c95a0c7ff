"""``trio-srs expect --golden``: a file is compared, or written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.files import clip, flv
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit


def test_a_golden_file_is_written_compared_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, golden = (tmp_path / name for name in ("one.flv", "two.flv", "a golden.flv"))
    one.write_bytes(flv(clip(2)))
    two.write_bytes(flv(clip(1)))
    words = ["--golden", str(golden)]
    assert main(["expect", str(one), *words]) == Exit.USAGE
    assert "No such file" in capsys.readouterr().err
    assert main(["expect", str(one), *words, "--update"]) == Exit.OK
    assert f"{golden} was written anew" in capsys.readouterr().out
    assert main(["expect", str(one), *words, "--golden-by", "media"]) == Exit.OK
    assert main(["expect", str(two), *words]) == Exit.FAILED
    assert "messages, in the golden file" in capsys.readouterr().out
    assert main(["expect", str(two), *words, "--update"]) == Exit.OK
    assert main(["expect", str(two), *words, "--update"]) == Exit.OK
    assert f"{golden} is as it was" in capsys.readouterr().out
    assert main(["expect", str(two), *words]) == Exit.OK


def test_what_cannot_be_written_or_makes_no_sense_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = tmp_path / "one.flv"
    one.write_bytes(flv(clip(2)))
    golden = str(tmp_path / "no folder" / "golden.flv")
    assert main(["expect", str(one), "--golden", golden, "--update"]) == Exit.NOT_WRITTEN
    assert "No such file" in capsys.readouterr().err
    assert main(["expect", str(one), "--update"]) == Exit.USAGE
    assert "--update is only for --golden" in capsys.readouterr().err
