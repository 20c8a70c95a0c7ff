"""Whole runs of pytest-xdist, shared out file by file.

By itself each of its processes imports and collects all there is before the first test runs: ten
seconds of each. Here a file is one item for pytest-xdist, and who has nothing to do takes the next,
the longest first; only then are its tests collected, and run one after the other as in one process.
What is said of each test is as ever.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from tests import processor_time
from tests.file_sharing import COMPUTES, NICENESS, FileSharing, computes
from tests.rows import folded

__all__ = ["register"]

SECONDS: Final = {
    "tests/tools/expect/test_run.py": 30,
    "tests/tools/load/test_run.py": 15,
    "tests/testing/test_plugin.py": 14,
    "tests/test_examples.py": 12,
    "tests/interop/test_expect.py": 10,
    "tests/app/cli/test_expect_served.py": 9,
    "tests/testing/test_fork_server.py": 9,
    "tests/testing/test_newcomer.py": 9,
    "tests/testing/test_server_process.py": 9,
    "tests/interop/test_dash.py": 8,
    "tests/interop/test_floods.py": 8,
    "tests/interop/test_play.py": 8,
    "tests/media/segments/test_segmenter.py": 8,
    "tests/service/hls/test_site.py": 8,
    "tests/clients/test_clients.py": 7,
    "tests/interop/test_hls.py": 7,
    "tests/interop/test_http.py": 7,
    "tests/test_preloaded.py": 7,
    "tests/interop/test_nginx_hls.py": 6,
    "tests/interop/test_publish.py": 6,
    "tests/server/test_api.py": 6,
    "tests/server/test_unread_log.py": 6,
    "tests/service/api/routes/test_sessions.py": 6,
    "tests/test_docs.py": 6,
    "tests/interop/test_hooks.py": 5,
    "tests/interop/test_timestamps.py": 5,
    "tests/media/expect/test_planted_faults.py": 5,
    "tests/media/pattern/test_pattern.py": 5,
    "tests/service/hls/test_disk_output.py": 5,
    "tests/service/rtmp/test_connection.py": 5,
    "tests/app/cli/test_standard.py": 4,
    "tests/interop/test_nginx.py": 4,
    "tests/outputs/test_outputs.py": 4,
    "tests/server/test_process.py": 4,
    "tests/service/api/test_pauses.py": 4,
    "tests/service/rtmp/test_timeouts.py": 4,
    "tests/testing/test_told.py": 4,
    "tests/tools/expect/test_guard.py": 4,
}
"""Files that take longer than their size says, where there has been no run so far."""
_BYTES_PER_SECOND: Final = 10_000
"""Of the others, with their tests."""
_TOGETHER_S: Final = 1.0
_MOST_OF_THEM: Final = 0.95
"""Of all files, for a run to say how long they take: one of some tests only does not."""
_LEARNED: Final = "seconds_by_file"
"""Under this name the cache of pytest keeps them, and each process is given them."""
_COMPUTED: Final = "processor_seconds_by_file"
"""Under this one what they compute, for who looks: ``pytest --cache-show``."""
_NOTES: Final = "notes_of_processor_time"
"""Under this name each process is given the file where it notes what each file of tests takes."""
PROCESSOR_SECONDS: Final = pytest.StashKey[dict[str, float]]()
"""Processor time by file, of a run that was shared out and is over."""


def register(config: pytest.Config) -> bool:
    """Let a run be shared out like this, if it is one of all files, or of some tests by marks.

    Returns:
        Whether it is, and this is the process that shares out.
    """
    if config.args_source is pytest.Config.ArgsSource.ARGS or any(
        config.getoption(name, False) for name in ("lf", "failedfirst", "stepwise")
    ):
        return False
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(ByFile())
        if config.workerinput[COMPUTES]:
            os.nice(NICENESS)
        # Nobody sees what each of the processes prints about its tests.
        config.pluginmanager.unregister(name="terminalreporter")
    elif config.getoption("numprocesses", None):
        config.option.dist, config.option.maxschedchunk = "load", 1
        config.pluginmanager.register(Progress(config))
        return True
    return False


def seconds(file: pytest.Item, learned: Mapping[str, float]) -> float:
    """About how long a file takes: as long as the last time, if that is known."""
    known = learned.get(file.nodeid, SECONDS.get(file.nodeid))
    return file.path.stat().st_size / _BYTES_PER_SECOND if known is None else known


class File(pytest.Item):
    """A file of tests that nobody has looked into so far."""

    obj: Final = None
    """There is no function: it is what plugins look for in any item."""
    position: int
    """Among all files."""

    def __init__(self, *, module: pytest.Collector, **of_any: Any) -> None:
        super().__init__(**of_any)
        self._module = module

    def runtest(self) -> None:
        raise AssertionError("its tests are run, not the file")

    def tests(self) -> list[pytest.Item]:
        """Import it, and return its tests that are wanted."""
        items = list(self.session.genitems(self._module))
        self.ihook.pytest_collection_modifyitems(
            session=self.session, config=self.config, items=items
        )
        return folded(items)

    def run(self, following: pytest.Item | None) -> None:
        """Run its tests, as pytest-xdist has any run: the one that runs stands in its list."""
        config: Any = self.config
        with processor_time.counted(Path(config.workerinput[_NOTES]), self.nodeid):
            self._run(following)

    def _run(self, following: pytest.Item | None) -> None:
        session, tests = self.session, self.tests()
        gc.collect()
        gc.freeze()
        try:
            for test, after in zip(tests, [*tests, following][1:], strict=True):
                session.items[self.position] = test
                self.ihook.pytest_runtest_protocol(item=test, nextitem=after)
                if session.shouldfail or session.shouldstop:
                    break
        finally:
            session.items[self.position] = self


class ByFile:
    """The plugin, in each process that runs tests.

    What it says of tests that pass it says of many together, about once a second: each time the
    process that shares out has to wake.
    """

    def __init__(self) -> None:
        self._file: File | None = None
        self._held: list[tuple[pytest.Item, pytest.TestReport]] = []
        self._due = 0.0
        """When they are to be said, of ``time.monotonic``."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[Any]]:
        """Of each file one item, whatever is in it.

        It belongs to no folder: with what a folder has in common a test would be left standing for
        the next file, which may have no test that is wanted.
        """
        modules = yield
        return [
            File.from_parent(
                parent.session,
                name=file_path.name,
                path=file_path,
                nodeid=module.nodeid,
                module=module,
            )
            for module in modules
        ]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: Any, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Let nobody choose among files: they choose among the tests of each."""
        files = [item for item in items if isinstance(item, File)]
        if not files:
            return (yield)
        items.clear()
        yield
        learned = config.workerinput[_LEARNED]
        files.sort(key=lambda file: (-seconds(file, learned), file.nodeid))
        for position, file in enumerate(files):
            file.position = position
        items[:] = files

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if isinstance(item, File):
            self._file = item
            try:
                item.run(nextitem)
            finally:
                self._tell(item)
        elif tells_everything(item.config):
            return None
        else:
            reports = told(runtestprotocol(item, log=False, nextitem=nextitem))
            self._held += ((item, report) for report in reports)
            if len(reports) > 1 or time.monotonic() > self._due:
                self._tell(item)
        return True

    def _tell(self, last: pytest.Item) -> None:
        """Say what is held, each as of the test that runs: pytest-xdist looks whether it is."""
        assert self._file is not None
        items, position = last.session.items, self._file.position
        for item, report in self._held:
            items[position] = item
            item.ihook.pytest_runtest_logreport(report=report)
        self._held.clear()
        items[position] = last
        self._due = time.monotonic() + _TOGETHER_S


def tells_everything(config: pytest.Config) -> bool:
    """Whether somebody wants to see more of a test that passes than that it did."""
    return bool(
        set(config.option.reportchars) & set("AP")
        or any(config.getoption(name, None) for name in ("durations", "xmlpath"))
    )


def told(reports: list[pytest.TestReport]) -> list[pytest.TestReport]:
    """What the process that shares out is told of a test: what passed is one report, not five.

    Each of them costs half a millisecond, here and there.
    """
    if len(reports) < 3 or not all(report.passed for report in reports):
        return reports
    _, call, _ = reports
    call.duration = sum(report.duration for report in reports)
    call.sections.clear()
    return [call]


class Progress:
    """The plugin in the process that shares out: how far it is, and what each file took."""

    def __init__(self, config: pytest.Config) -> None:
        self._stash = config.stash
        self._notes = Path(tempfile.mkdtemp(prefix="processor-time"), "notes")
        self._cache = config.cache if hasattr(config, "cache") else None
        self._learned = self._cache.get(_LEARNED, {}) if self._cache else {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._all_files = self._tests = self._processes = 0
        self._last = ""
        """The test of the last report: one may have several."""

    def pytest_configure_node(self, node: Any) -> None:
        """Every process has to have the files in the same order, and knows of which kind it is."""
        node.workerinput[_LEARNED] = self._learned
        node.workerinput[_NOTES] = str(self._notes)
        node.workerinput[COMPUTES] = computes(self._processes)
        self._processes += 1

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> FileSharing:
        """Who runs which."""
        return FileSharing(config, log)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._all_files = len(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Guess from the files that have been begun how many tests there are in all."""
        self._seconds[report.nodeid.partition("::")[0]] += report.duration
        if report.nodeid != self._last:
            self._last = report.nodeid
            self._tests += 1
            self._session.testscollected = self._tests * self._all_files // len(self._seconds)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Keep how long they took for the next run."""
        computed = self._stash[PROCESSOR_SECONDS] = processor_time.noted(self._notes)
        shutil.rmtree(self._notes.parent)
        if self._cache and len(self._seconds) >= max(1, _MOST_OF_THEM * self._all_files):
            for name, seconds in ((_LEARNED, self._seconds), (_COMPUTED, computed)):
                self._cache.set(name, {file: round(took, 2) for file, took in seconds.items()})
