"""Rules come from files and from options, and all that is wrong with them is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.media.expect import RuleError
from trio_srs.tools.expect.rule_file import gather_rules


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_files_come_before_options(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.toml",
        '[video]\ncodec = "h264"\nfps = "~ 25±0.5"\ngop.seconds = "<= 2.1"\n'
        "[timestamps]\nmonotonic = true\n",
    )
    rules = gather_rules(["audio.channels == 2"], [file])
    assert [str(rule) for rule in rules] == [
        "video.codec == h264",
        "video.fps ~ 25 ± 0.5 fps",
        "video.gop.seconds <= 2.1 s",
        "timestamps.monotonic == true",
        "audio.channels == 2",
    ]


def test_everything_that_is_wrong_is_said(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.toml", '[video]\nfbs = 25\ncodec = ["h264"\n')
    wrong = written(tmp_path / "wrong.toml", '[video]\nfbs = 25\nsize = "big"\n')
    missing = tmp_path / "missing.toml"
    (tmp_path / "latin.toml").write_bytes(b"# \xe4\n")
    with pytest.raises(RuleError) as caught:
        gather_rules(["video.fsp ~ 1±1"], [bad, wrong, missing, tmp_path / "latin.toml"])
    said = [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert len(said) == 6
    assert said[0].startswith("bad.toml: line 4, column 1: not TOML: ")
    assert said[1].startswith('wrong.toml: video.fbs: there is no "video.fbs"')
    assert said[2].startswith("wrong.toml: video.size: expected a pair")
    assert said[3] == "missing.toml: cannot be read: No such file or directory"
    assert said[4] == "latin.toml: not UTF-8 text: byte 2 is not"
    assert "did you mean video.fps" in said[5]


def test_a_number_too_long_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"a\.toml: not TOML: "):
        gather_rules([], [written(tmp_path / "a.toml", f"a = {'1' * 5000}")])
