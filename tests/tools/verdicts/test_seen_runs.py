"""What a run of ``expect`` says reaches whoever makes a page of all tests, and nobody else."""

from __future__ import annotations

from pathlib import Path

from tests.tools.verdicts.outcomes import absent, judged
from trio_srs.tools.verdicts.run_page import SeenPublish
from trio_srs.tools.verdicts.seen_runs import VARIABLE, seen_runs, tell_run

TEST = {"PYTEST_CURRENT_TEST": "a/test_it.py::test_it[x y] (call)"}


def test_it_is_said_of_its_test(tmp_path: Path) -> None:
    environ = {VARIABLE: str(tmp_path), **TEST}
    tell_run(judged("video.fps ~ 25"), environ)
    tell_run(absent(), environ)
    (one, well), (two, badly) = seen_runs(tmp_path)
    assert one == two == "a/test_it.py::test_it[x y]"
    assert isinstance(well, SeenPublish)
    assert well.end.startswith("expect: ")
    assert badly.end.startswith(f"expect: {badly.stream} comes: {badly.summary}")


def test_nobody_is_told_who_does_not_ask(tmp_path: Path) -> None:
    tell_run(absent(), {VARIABLE: str(tmp_path)})
    tell_run(absent(), TEST)
    tell_run(absent(), {VARIABLE: str(tmp_path / "gone"), **TEST})
    (tmp_path / "half.json").write_text("{")
    assert list(seen_runs(tmp_path)) == []
