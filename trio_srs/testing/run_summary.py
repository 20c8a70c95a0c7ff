"""A page of all tests of a run: what each published, what was wrong first, what is kept. Floor 7.

It is registered with pytest where the page is asked for, and nowhere else. What a test saw goes
with the report of its call, also from a process of pytest-xdist to the one that writes the page.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from trio_srs.tools.verdicts.outcome import Status
from trio_srs.tools.verdicts.run_page import RunCase, SeenPublish, run_page
from trio_srs.tools.verdicts.seen_runs import VARIABLE, seen_runs

__all__ = ["SEEN", "RunSummary"]

SEEN: Final = "rtmp_seen"
"""The attribute of a report that has what a test saw: publishes, and folders of what is kept."""
_FILES_MOST: Final = 100


@attrs.define
class _Told:
    """What was told of one test so far."""

    status: Status | None = None
    seconds: float = 0.0
    message: str = ""
    publishes: list[dict[str, Any]] = attrs.Factory(list)
    folders: list[str] = attrs.Factory(list)

    def add(self, report: pytest.TestReport) -> None:
        self.seconds += report.duration
        if report.failed and self.status is not Status.FAILED:
            self.status, self.message = Status.FAILED, _first_fact(report)
        elif report.skipped and self.status is None:
            self.status, self.message = Status.SKIPPED, _first_fact(report)
        elif report.when == "call" and self.status is None:
            self.status = Status.MET
        seen: dict[str, Any] = getattr(report, SEEN, {})
        self.publishes += seen.get("publishes", ())
        self.folders += seen.get("folders", ())


def _first_fact(report: pytest.TestReport) -> str:
    """What is wrong, or why it was skipped, in one line."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash is not None else report.longreprtext).strip().splitlines()
    return (lines[0] if crash is not None else lines[-1]) if lines else ""


class RunSummary:
    """Collects what is told of tests, and writes the page when all are over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tests: dict[str, _Told] = {}
        self._wrong = ""
        self._environ = pytest.MonkeyPatch()
        self._runs: tempfile.TemporaryDirectory[str] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Let what tests run say what it saw; also what runs in processes of pytest-xdist."""
        if not hasattr(session.config, "workerinput"):
            self._runs = tempfile.TemporaryDirectory(prefix="trio-srs-")
            self._environ.setenv(VARIABLE, self._runs.name)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what is told of one phase of a test."""
        self._tests.setdefault(report.nodeid, _Told()).add(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write it, in the process to which all is told."""
        if hasattr(session.config, "workerinput"):  # it is one of several processes
            return
        self._add_runs()
        cases = [self._case(name, told) for name, told in self._tests.items()]
        page = run_page(session.config.rootpath.name, cases, time.time())
        try:
            self._path.write_bytes(page.encode(errors="backslashreplace"))
        except OSError as error:
            self._wrong = error.strerror or str(error)

    def _add_runs(self) -> None:
        """Take what runs of ``trio-srs expect`` have said."""
        if self._runs is None:
            return
        self._environ.undo()
        with self._runs as folder:
            for test, seen in seen_runs(Path(folder)):
                self._tests.setdefault(test, _Told()).publishes.append(attrs.asdict(seen))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it is."""
        wrong = f" could not be written: {self._wrong}" if self._wrong else ""
        terminalreporter.write_line(f"RTMP summary: {self._path}{wrong}")

    def _case(self, name: str, told: _Told) -> RunCase:
        return RunCase(
            name=name,
            status=told.status or Status.SKIPPED,
            seconds=told.seconds,
            message=told.message,
            publishes=tuple(SeenPublish(**each) for each in told.publishes),
            files=tuple(self._kept(told.folders)),
        )

    def _kept(self, folders: list[str]) -> Iterator[str]:
        """What is still there, as seen from the page."""
        for folder in folders:
            there = sorted(path for path in Path(folder).rglob("*") if path.is_file())
            for path in there[:_FILES_MOST]:
                yield os.path.relpath(path, self._path.absolute().parent)
