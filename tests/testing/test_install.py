"""The plugin in a project that has nothing but what ``pip install trio-srs[test]`` brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.testing.processes import ROOT, all_gone
from tests.testing.project import Project

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(280)]

TESTS: Final = Path(__file__).parent / "project_files" / "fixtures_in_use.py"
PACKAGE: Final = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "trio_srs")
OTHERS: Final = ("pytest-xdist", "pytest-asyncio", "pytest-trio", "pytest-timeout")


def pip(python: Path, *words: str | Path) -> None:
    """Install something there."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words]
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, check=True, timeout=200, env=environ)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has trio-srs, built from this tree, with its extra ``test``."""
    folder = tmp_path_factory.mktemp("fresh")
    source = folder / "source"
    source.mkdir()
    for name in PACKAGE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=60)
    python = folder / "venv" / "bin" / "python"
    pip(python, f"trio-srs[test] @ {source.as_uri()}")
    return python


@pytest.fixture
def project(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # what is installed there, and nothing else
    project = Project(tmp_path, python=str(python), plugins=None)
    project.write(TESTS.read_text(encoding="utf-8"))
    return project


def test_its_tests_pass_with_nothing_but_the_extra(project: Project) -> None:
    outcome = project.run()
    assert outcome.code == 0, outcome.output
    assert outcome.counts[0] > 10
    pids = (project.folder / "pids").read_text().split()
    assert all_gone(map(int, pids), within_s=0.0)


def test_they_pass_beside_other_plugins_and_in_parallel(project: Project) -> None:
    pip(Path(project.python), *OTHERS)
    own_words = ("-o", "asyncio_default_fixture_loop_scope=function")  # else pytest-asyncio warns
    for words in (
        ("-n", "2", "-p", "no:cacheprovider"),
        ("-o", "asyncio_mode=auto", "--timeout=60"),
        ("-o", "trio_mode=true", "-n", "2", "--dist=loadfile"),
    ):
        outcome = project.run(*own_words, *words)
        assert outcome.code == 0, outcome.output
        assert outcome.counts[0] > 10
    pids = (project.folder / "pids").read_text().split()
    assert all_gone(map(int, pids), within_s=0.0)
