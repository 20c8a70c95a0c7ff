"""A page of all tests of a run, whichever process each ran in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Literal, cast
from urllib.parse import unquote

import pytest

from tests.testing.project import Project
from tests.tools.verdicts.test_run_page import read
from trio_srs.testing.run_summary import SEEN, RunSummary

TESTS = """
    import pytest
    from trio_srs.testing import expect

    def test_bad(rtmp_server, rtmp_publisher):
        rtmp_publisher("live/bad", seconds=0.4, speed=100.0).wait()
        expect(rtmp_server.wait_for_end("live/bad")).video(codec="hevc")

    def test_gone(rtmp_server):
        rtmp_server.kill()

    def test_run():
        from trio_srs.app.cli import main
        assert main(["expect", "--timeout", "1s", "rtmp://127.0.0.1:1/live/run"])

    @pytest.mark.skip(reason="no encoder")
    def test_skipped(rtmp_server):
        pass

    @pytest.fixture
    def broken():
        assert False, "cannot be"

    def test_broken(broken, rtmp_server):
        pass
    """


@pytest.mark.interop
def test_every_test_is_on_it_with_what_it_saw(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(TESTS)
    page = tmp_path / "out" / "summary.html"
    page.parent.mkdir()
    run = project.run(f"--rtmp-summary={page}", f"--junit-xml={tmp_path / 'junit.xml'}")
    assert run.counts == (2, 1, 1)
    assert f"RTMP summary: {page}" in run.output
    rows = read(page.read_text(encoding="utf-8"))
    bad, broken, gone, ran, skipped = (text.strip() for _, text in rows.rows[1:])
    assert [kind for kind, _ in rows.rows[1:]] == ["failed", "failed", "ok", "ok", "skipped"]
    assert bad.startswith("|✗|test_it.py::test_bad\nvideo.codec")
    assert "|live/bad: h264 320x180" in bad
    assert broken.startswith("|✗|test_it.py::test_broken\nAssertionError: cannot be")
    assert gone.startswith("|✓|test_it.py::test_gone||")
    assert "|rtmp://127.0.0.1:1/live/run: " in ran
    assert "expect: rtmp://127.0.0.1:1/live/run comes: " in ran
    assert "no encoder" in skipped
    kept = [page.parent / unquote(link or "") for link in rows.links]
    assert {"report-live-bad-1.json", "live-bad-1.flv"} <= {path.name for path in kept}
    assert all(path.is_file() for path in kept)
    assert SEEN not in (tmp_path / "junit.xml").read_text()


@pytest.mark.interop
def test_where_it_cannot_be_written_is_said_before_anything_is_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("def test_it(): pass")
    run = project.run("--rtmp-summary=nowhere/summary.html")
    assert run.code == 4
    assert "--rtmp-summary: there is no folder nowhere" in run.output


def phase(
    when: Literal["setup", "call", "teardown"],
    outcome: Literal["passed", "failed"] = "passed",
    said: str | None = None,
) -> pytest.TestReport:
    """A report of a phase of a test, as it comes from another process."""
    there = pytest.TestReport(
        nodeid="test_it", location=("", 0, ""), keywords={}, outcome=outcome,
        longrepr=said, when=when, duration=0.25,
    )  # fmt: skip
    if when == "call":
        publish = {"stream": "live/a", "summary": "h264", "end": "ended: peer_fin"}
        setattr(there, SEEN, {"publishes": [publish], "folders": ["nowhere"]})
    return pytest.TestReport._from_json(there._to_json())


def session_in(folder: Path) -> pytest.Session:
    """Of the process to which all is told: these tests may run in another one."""
    return cast(pytest.Session, SimpleNamespace(config=SimpleNamespace(rootpath=folder)))


def test_what_a_test_saw_comes_from_another_process_as_well(tmp_path: Path) -> None:
    path = tmp_path / "summary.html"
    summary = RunSummary(path)
    for each in (phase("setup"), phase("call"), phase("teardown", "failed", "E\nit leaks")):
        summary.pytest_runtest_logreport(each)
    summary.pytest_sessionfinish(session_in(tmp_path))
    [_, (kind, text)] = read(path.read_text(encoding="utf-8")).rows
    assert kind == "failed"
    assert text.startswith("|✗|test_it\nit leaks|live/a: h264; ended: peer_fin||0.75")


def test_that_it_could_not_be_written_is_said(tmp_path: Path) -> None:
    summary = RunSummary(tmp_path)
    summary.pytest_sessionfinish(session_in(tmp_path))
    said: list[str] = []

    class Reporter:
        def write_line(self, line: str) -> None:
            said.append(line)

    summary.pytest_terminal_summary(cast(pytest.TerminalReporter, Reporter()))
    assert said == [f"RTMP summary: {tmp_path} could not be written: Is a directory"]
