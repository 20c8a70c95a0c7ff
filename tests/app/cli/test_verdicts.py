"""Outcomes go where the options say, and decide what the command ends with."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, absent, judged
from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.verdicts import add_output_options, check_outputs, exit_of, write_outputs
from trio_srs.tools.verdicts import drawing
from trio_srs.tools.verdicts.outcome import Outcome


def parsed(*words: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_output_options(parser)
    args = parser.parse_args(list(map(str, words)))
    check_outputs(args, parser)
    return args


STOPPED = attrs.evolve(FAILED_PROGRAM, stopped="there was enough")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (judged("video.codec == h264"), Exit.OK),
        (judged(), Exit.OK),
        (judged(program=STOPPED), Exit.OK),
        (judged(interrupted=True), Exit.OK),
        (judged("video.codec == av1"), Exit.FAILED),
        (judged("video.codec == av1", program=FAILED_PROGRAM), Exit.FAILED),
        (judged("video.codec == h264", program=FAILED_PROGRAM), Exit.COMMAND_FAILED),
        (absent(), Exit.NO_STREAM),
        (absent("video.codec == h264", program=FAILED_PROGRAM), Exit.NO_STREAM),
    ],
)
def test_the_first_thing_that_went_wrong_decides(outcome: Outcome, code: Exit) -> None:
    assert exit_of(outcome) == code


def test_every_form_goes_to_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / name for name in ("junit", "tap", "json", "html")}
    words = [word for name, path in files.items() for word in (f"--{name}", path)]
    assert write_outputs(parsed(*words), judged("video.codec == av1")) == Exit.FAILED
    begin = {"junit": "<?xml", "tap": "TAP version 14", "json": "{", "html": "<!doctype html>"}
    for name, path in files.items():
        assert path.read_text(encoding="utf-8").startswith(begin[name])
    assert json.loads(files["json"].read_text())["exit_code"] == 1
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 3
    assert out[2].startswith("  NOT video.codec == av1")


@pytest.mark.parametrize(
    ("words", "lines"),
    [(["--quiet"], 0), ([], 2), (["--report"], 30), (["--quiet", "--report"], 28)],
)
def test_people_are_told_as_much_as_they_want(
    capsys: pytest.CaptureFixture[str], words: list[str], lines: int
) -> None:
    write_outputs(parsed(*words), judged())
    found = len(capsys.readouterr().out.splitlines())
    assert found == lines if lines < 10 else found > lines


def test_what_is_needed_later_can_be_loaded_first() -> None:
    code = (
        "import argparse, sys; from trio_srs.app.cli.verdicts import load_outputs;"
        "load_outputs(argparse.Namespace(junit=None, tap='x', json=None, html='y'));"
        "names = ('table', 'tap', 'page', 'junit', 'as_json');"
        "print(*[name for name in names if f'trio_srs.tools.verdicts.{name}' in sys.modules],"
        "'pygal' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "table tap page True\n"


def test_one_form_may_have_standard_output_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert write_outputs(parsed("--json", "-"), judged()) == Exit.OK
    assert json.loads(capsys.readouterr().out)["met"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--json", "-", "--tap", "-"], "--tap - and --json - all write to standard output"),
        (["--junit", "no/such/place.xml"], "--junit: there is no directory no/such"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_run(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(*words)
    assert caught.value.code == Exit.USAGE
    assert message in capsys.readouterr().err


def test_a_page_needs_the_package_that_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawing, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        parsed("--html", tmp_path / "page.html")
    assert "--html: an HTML report needs the package pygal: pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcome", "code"), [(judged(), Exit.NOT_WRITTEN), (absent(), Exit.NO_STREAM)]
)
def test_a_file_that_cannot_be_written_fails_what_was_well(
    tmp_path: Path, outcome: Outcome, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_outputs(parsed("--tap", tmp_path), outcome) == code
    assert capsys.readouterr().err == f"trio-srs: --tap: {tmp_path}: Is a directory\n"


def test_github_is_told_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert write_outputs(parsed("--github"), judged("video.codec == av1")) == Exit.FAILED
    assert "::error title=live/a%3A video.codec == av1::" in capsys.readouterr().out
    assert summary.read_text(encoding="utf-8").startswith("before\n### live/a: 1 of 2 not met\n")


@pytest.mark.parametrize(("where", "code"), [("missing/x", Exit.NOT_WRITTEN), (None, Exit.OK)])
def test_a_summary_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str | None, code: Exit, capsys: Any
) -> None:
    if where is None:
        monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    else:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / where))
    assert write_outputs(parsed("--github"), judged()) == code
    assert ("--github" in capsys.readouterr().err) == (code is Exit.NOT_WRITTEN)
