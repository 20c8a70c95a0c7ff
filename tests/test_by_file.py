"""A run that is shared out says of every test what it says in one process, rows together."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from tests import by_file, preloaded

pytestmark = pytest.mark.slow  # a process of pytest-xdist takes a second to start

ROOT: Final = Path(__file__).parent.parent
CONFTEST: Final = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})

from tests import by_file

def pytest_configure(config):
    by_file.register(config)
"""
ROWS: Final = """
import pytest

@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_it_is_odd(number):
    assert number % 2 == 1

@pytest.mark.parametrize("number", range(5))
def test_it_is_a_number(number):
    assert number >= 0

@pytest.mark.parametrize("number", [1, 2])
def test_it_can_be_tried(number):
    if number == 2:
        pytest.skip("not two")

@pytest.mark.parametrize("number", [1, 2])
def test_it_has_a_folder(number, tmp_path):
    assert number == 1

@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.xfail(strict=True))])
def test_marks_are_kept(number):
    assert number == 1
"""
OTHERS: Final = """
import pytest

@pytest.fixture(scope="module")
def made():
    print("made once")
    return []

@pytest.mark.parametrize("number", [1, 2, 3])
def test_they_share_what_is_made(made, number):
    made.append(number)
    assert made == list(range(1, number + 1))

def test_it_is_alone():
    raise OSError("alone")

@pytest.mark.other
def test_it_is_chosen():
    pass
"""
# The longest come first: a test that is chosen, one that is not, one that is, two folders in turn.
CHOSEN: Final = "import pytest\n@pytest.mark.other\ndef test_it_is_chosen_too(): ..."
FOLDER: Final = {
    "sub/test_first": f"{CHOSEN}\n{'#' * 4000}",
    "sub/test_none": f"def test_it_is_not_chosen(): ...\n{'#' * 3000}",
    "test_last": CHOSEN,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = in\nmarkers = other")
    (folder / "in" / "sub").mkdir(parents=True)
    texts = {"conftest": CONFTEST, "test_rows": ROWS, "test_others": OTHERS, **FOLDER}
    for name, text in {**texts, "test_broken": "import no_such_module"}.items():
        (folder / "in" / f"{name}.py").write_text(text)
    return folder


def run(project: Path, *words: str, how: str = "-rA") -> str:
    """What such a run says, with one process beside the one that shares out."""
    plugins = ("-p", "xdist.plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-n1", how, *plugins, *words]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return preloaded.run(command, cwd=project, timeout=50, env=environ).stdout


@pytest.fixture(scope="module")
def output(project: Path) -> str:
    return run(project)


def lines(output: str, word: str) -> list[str]:
    return sorted(re.findall(rf"(?m)^{word}:? (.*)$", output))


def test_rows_that_fail_are_named_and_each_is_told(output: str) -> None:
    [line] = (line for line in lines(output, "FAILED") if "is_odd" in line)
    assert line.startswith("in/test_rows.py::test_it_is_odd - 2 of 4 rows: [2], [4]: ass")
    assert re.search(r"- \[4\] -", output)
    assert "E       assert (4 % 2) == 1" in output


def test_rows_that_pass_are_one_test_that_passes(output: str) -> None:
    passed = lines(output, "PASSED")
    assert [name for name in passed if "a_number" in name] == [
        "in/test_rows.py::test_it_is_a_number"
    ]


def test_a_row_that_is_skipped_is_told_with_its_reason(output: str) -> None:
    assert [line for line in lines(output, "SKIPPED") if line.endswith("[2] not two")]


def test_rows_that_need_more_than_their_values_are_tests_of_their_own(output: str) -> None:
    passed = lines(output, "PASSED")
    for name in ("rows.py::test_it_has_a_folder[1]", "rows.py::test_marks_are_kept[1]"):
        assert f"in/test_{name}" in passed
    assert "in/test_rows.py::test_it_has_a_folder[2] - assert 2 == 1" in lines(output, "FAILED")
    assert lines(output, "XFAIL") == ["in/test_rows.py::test_marks_are_kept[2]"]


def test_a_file_is_run_by_one_process_and_shares_its_fixtures(output: str) -> None:
    assert len([line for line in lines(output, "PASSED") if "what_is_made" in line]) == 3
    assert output.count("made once") == 1


def test_what_cannot_be_imported_fails_the_run_and_nothing_else(output: str) -> None:
    assert [line for line in lines(output, "ERROR") if "test_broken.py" in line]
    assert "No module named 'no_such_module'" in output
    assert "3 failed, 10 passed, 1 skipped, 1 xfailed, 1 error" in output


def test_marks_choose_among_the_tests(project: Path) -> None:
    output = run(project, "-m", "other", "--ignore=in/test_broken.py", how="-v")
    assert sorted(re.findall(r"PASSED (\S+)", output)) == [
        "in/sub/test_first.py::test_it_is_chosen_too",
        "in/test_last.py::test_it_is_chosen_too",
        "in/test_others.py::test_it_is_chosen",
    ]
    assert " 3 passed in " in output


def test_where_a_file_is_named_each_row_is_a_test(project: Path) -> None:
    output = run(project, "in/test_rows.py")
    assert "3 failed, 10 passed, 1 skipped, 1 xfailed" in output


def test_how_long_a_file_took_is_known_to_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "test_new.py").write_text("#" * 20_000)
    kept: dict[str, Any] = {}
    cache = SimpleNamespace(get=lambda name, default: kept.get(name, default), set=kept.__setitem__)
    config: Any = SimpleNamespace(cache=cache, stash=pytest.Stash())
    progress = by_file.Progress(config)
    progress.pytest_sessionstart(cast(Any, SimpleNamespace(testscollected=0)))
    progress.pytest_xdist_node_collection_finished(["a.py", "b.py"])
    for test, took in (("a.py::test_one", 2.0), ("a.py::test_two", 0.5), ("b.py::test", 4.0)):
        report = pytest.TestReport(test, ("", 0, ""), {}, "passed", None, "call", duration=took)
        progress.pytest_runtest_logreport(report)
    progress.pytest_sessionfinish()
    node: Any = SimpleNamespace(workerinput={})
    following = by_file.Progress(config)
    following.pytest_configure_node(node)
    following.pytest_sessionfinish()
    learned = node.workerinput["seconds_by_file"]

    def seconds(name: str) -> float:
        file: Any = SimpleNamespace(nodeid=name, path=tmp_path / name)
        return by_file.seconds(file, learned)

    assert [seconds(name) for name in ("a.py", "b.py", "test_new.py")] == [2.5, 4.0, 2.0]


def test_a_run_of_some_files_says_nothing_of_the_others() -> None:
    kept: dict[str, Any] = {}
    config: Any = SimpleNamespace(
        cache=SimpleNamespace(get=lambda name, default: default, set=kept.__setitem__),
        stash=pytest.Stash(),
    )
    progress = by_file.Progress(config)
    progress.pytest_sessionstart(cast(Any, SimpleNamespace(testscollected=0)))
    progress.pytest_xdist_node_collection_finished(["a.py", "b.py"])
    report = pytest.TestReport("a.py::test", ("", 0, ""), {}, "passed", None, "call", duration=1.0)
    progress.pytest_runtest_logreport(report)
    progress.pytest_sessionfinish()
    assert not kept
