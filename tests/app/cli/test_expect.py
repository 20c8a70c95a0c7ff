"""``expect`` judges files and what servers play, and says so to people and programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.cli.test_commands import running, said
from tests.tools.files import clip, flv
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.media.expect.subjects import SUBJECTS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.flv"
    path.write_bytes(flv(clip(2)))
    return path


@pytest.fixture(scope="module")
def live() -> Iterator[str]:
    """The URL of a stream that goes on and on."""
    with running("--set", 'rtmp.listen=["127.0.0.1:0"]') as server:
        url = f"{said(server)['rtmp'][0]}/live/on-and-on"
        with running("publish", "--pattern", "h264:320x240", url, "--quiet"):
            yield url


def test_a_rule_is_read_as_utf_8_whatever_the_locale(file: Path) -> None:
    path = file.with_name("käm.flv")
    path.write_bytes(file.read_bytes())
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "trio_srs", "expect", str(path), "--expect", "video.fps ~ 25±0.5"],
        env={**os.environ, **locale}, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (Exit.OK, b"")


def test_a_file_is_judged(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--expect", "video.codec == h264", "--expect", "video.fps ~ 25+-1"]
    assert main(["expect", str(file), *rules]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{file}: h264 320x240 (50 frames), aac 44100 Hz x2 (50 frames)")
    assert lines[2].split() == ["ok", "video.codec", "==", "h264", "h264"]
    assert main(["expect", str(file), *rules, "--expect", "audio.channels == 1"]) == Exit.FAILED
    assert "NOT audio.channels == 1" in capsys.readouterr().out


def test_part_of_a_file_is_judged(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expect", str(file), "--frames", "10", "--json", "-"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["report"]["facts"]["tracks"][0]["frames"] == 10
    assert main(["expect", str(file), "--seconds", "500ms", "--json", "-"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["report"]["facts"]["clock"]["duration_ms"] == 520


def test_rules_may_stand_in_a_file(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[video]\ncodec = "h264"\n[digest]\npayload = "%s"\n' % file)  # noqa: UP031 # braces are TOML's
    assert main(["expect", str(file), "--expect-file", str(rules)]) == Exit.OK
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_everything_wrong_with_rules_is_said_at_once(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--expect", "video.fbs ~ 1±1", "--expect", "video.gop.seconds <="]
    assert main(["expect", str(file), *words]) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = captured.err.splitlines()
    assert "did you mean video.fps" in first
    assert "a value is missing behind <=" in second
    assert main(["expect", str(file), "--expect", "digest.exact == none.flv"]) == Exit.USAGE
    assert "a rule's golden file: none.flv: No such file" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_no_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none.flv")
    assert main(["expect", missing, "--expect", "video.fps ~ 25±1"]) == Exit.NO_STREAM
    assert "No such file or directory" in capsys.readouterr().out


def test_something_has_to_be_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expect"]) == Exit.USAGE
    assert "expected URL, FILE, -- and a command, or --listen" in capsys.readouterr().err


def test_a_stream_of_a_server_is_judged(live: str, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--expect", "video.size == 320x240", "--expect", "first_frame.seconds < 5"]
    assert main(["expect", live, "--frames", "5", *rules, "--report"]) == Exit.OK
    out = capsys.readouterr().out
    assert f"  ok  {live} comes" in out
    assert "publish: the server let us play" in out


def test_a_stream_that_does_not_come_has_an_exit_code_of_its_own(
    live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["expect", f"{live}-not", "--timeout", "200ms"]) == Exit.NO_STREAM
    assert "no audio or video came for 0.2 s" in capsys.readouterr().out
    assert main(["expect", "rtmp://127.0.0.1:1/live/a"]) == Exit.NO_STREAM
    assert "cannot connect to 127.0.0.1:1" in capsys.readouterr().out


def test_a_url_that_is_none_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expect", "srt://host/a"]) == Exit.USAGE
    assert "is no RTMP URL" in capsys.readouterr().err


def test_the_subjects_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expect", "--subjects"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SUBJECTS)
    [line] = [line for line in lines if line.startswith("video.gop.seconds ")]
    assert line.split(maxsplit=3)[1:3] == ["number", "in"]


def test_what_needs_decoding_is_refused_where_nothing_decodes(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trio_srs.decoding.extra.find_spec", lambda name: None)
    assert main(["expect", str(file), "--expect", "picture.black.frames == 0"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "picture.black.frames needs the decoded picture and sound" in said
    assert "pip install 'trio-srs[decode]'" in said


def test_a_reference_has_to_be_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expect", str(file), "--reference", "nonesuch.flv"]) == Exit.USAGE
    assert "--reference: there is no file nonesuch.flv" in capsys.readouterr().err
