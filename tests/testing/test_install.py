"""The plugin in a project that has nothing but what ``pip install trio-srs[test]`` brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.testing.processes import ROOT, all_gone
from tests.testing.project import Project

pytestmark = [pytest.mark.installed, pytest.mark.timeout(280)]

TESTS: Final = Path(__file__).parent / "project_files" / "fixtures_in_use.py"
PACKAGE: Final = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "engines", "trio_srs")
OTHERS: Final = ("pytest-asyncio", "pytest-timeout", "pytest-trio", "pytest-xdist")
SOME: Final = "mark or waits or any_number or threads"
"""Of all fixtures, each in use: what depends on how pytest runs them shows in these too."""
BUILD: Final = "import setuptools.build_meta as backend; print(backend.build_wheel('built'))"


def build(source: Path) -> Path:
    """A wheel of what stands there, as pip has it built."""
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    environ["TRIO_SRS_ENGINES"] = "skip"  # no page is looked at here
    command = [sys.executable, "-c", BUILD]
    run = subprocess.run(
        command, cwd=source, env=environ, check=True, timeout=100, capture_output=True, text=True
    )
    return source / "built" / run.stdout.splitlines()[-1]


def needed(requirements: Iterable[str]) -> Iterator[str]:
    """The names of the distributions that these need, and those that they need themselves."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)
            yield from needed(requires(requirement.name) or ())


def lend(names: Iterable[str], site_packages: Path) -> None:
    """Let an environment have distributions that are installed here, without installing them."""
    for name in set(names):
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
        for top in tops:
            link = site_packages / top
            if not link.exists():
                link.symlink_to(Path(str(installed.locate_file(top))))


def lend_compiled(site_packages: Path) -> None:
    """Let our modules be compiled already, as where these tests run: that takes two seconds."""
    for compiled in (ROOT / "trio_srs").rglob(f"*.{sys.implementation.cache_tag}.pyc"):
        source = compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py"
        installed = site_packages / source.relative_to(ROOT)
        if installed.exists() and installed.read_bytes() == source.read_bytes():
            times = source.stat()
            os.utime(installed, ns=(times.st_atime_ns, times.st_mtime_ns))
            cache = installed.parent / compiled.parent.name
            cache.mkdir(exist_ok=True)
            shutil.copy(compiled, cache)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has trio-srs, built from this tree, with its extra ``test``.

    What that brings is lent from where these tests run: of that, nothing else is there.
    """
    folder = tmp_path_factory.mktemp("fresh")
    source = folder / "source"
    source.mkdir()
    for name in PACKAGE:
        if (ROOT / name).is_dir():
            compiled = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=compiled)
        else:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
    subprocess.run(command, check=True, timeout=60)
    [site_packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lend(
        needed([*project["dependencies"], *project["optional-dependencies"]["test"]]), site_packages
    )
    with ZipFile(build(source)) as wheel:
        wheel.extractall(site_packages)
    lend_compiled(site_packages)
    return folder / "venv" / "bin" / "python"


@pytest.fixture
def project(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # what is installed there, and nothing else
    project = Project(tmp_path, python=str(python), plugins=None, is_fresh=True)
    project.write(TESTS.read_text(encoding="utf-8"))
    return project


def test_its_tests_pass_with_nothing_but_the_extra(project: Project) -> None:
    outcome = project.run()
    assert outcome.code == 0, outcome.output
    assert outcome.counts[0] > 10
    pids = (project.folder / "pids").read_text().split()
    assert all_gone(map(int, pids), within_s=0.0)


def test_they_pass_beside_other_plugins_and_in_other_processes(project: Project) -> None:
    [site_packages] = Path(project.python).parent.parent.glob("lib/python*/site-packages")
    lend(needed(OTHERS), site_packages)
    own_words = ("-o", "asyncio_default_fixture_loop_scope=function")  # else pytest-asyncio warns
    for words in (
        ("-o", "trio_mode=true", "-n", "1", "-p", "no:cacheprovider"),
        ("-o", "asyncio_mode=auto", "--timeout=60"),
    ):
        outcome = project.run(*own_words, *words, "-k", SOME)
        assert outcome.code == 0, outcome.output
        assert outcome.counts[0] > 2
    pids = (project.folder / "pids").read_text().split()
    assert all_gone(map(int, pids), within_s=0.0)
