"""Fetching the players of others when the package is built: with an npm that a test wrote."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import tomli
from setuptools import Distribution

ENGINES = Path(__file__).parent.parent / "engines"
OBTAINS = """#!/bin/sh
mkdir -p node_modules/mpegts.js/dist node_modules/hls.js/dist node_modules/@some/other
mkdir -p node_modules/dashjs/dist/modern/esm
cd node_modules
echo code > mpegts.js/dist/mpegts.js
echo bundled > mpegts.js/dist/mpegts.js.LICENSE.txt
echo Apache > mpegts.js/LICENSE
echo module > hls.js/dist/hls.min.mjs
echo module > dashjs/dist/modern/esm/dash.mediaplayer.min.js
echo bundled > dashjs/dist/modern/esm/dash.mediaplayer.min.js.LICENSE.txt
echo MIT > @some/other/license
echo '{"version": "9.9.9"}' > mpegts.js/package.json
echo '{"version": "8.8.8"}' > hls.js/package.json
echo '{"version": "7.7.7"}' > dashjs/package.json
"""
FAILS = "#!/bin/sh\necho 'no network' >&2\nexit 1\n"


@pytest.fixture(scope="module")
def engines() -> ModuleType:
    """The module of the build, loaded as setuptools does."""
    spec = importlib.util.spec_from_file_location("build_engines", ENGINES / "build_engines.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let npm be a script."""

    def be(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "npm").write_text(script)
        (folder / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return be


def test_engines_come_with_their_licences_and_versions(
    engines: ModuleType, npm: Callable[[str], None], tmp_path: Path
) -> None:
    npm(OBTAINS)
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "old.js").write_text("of a build before")
    engines.fetch_engines(vendor)
    assert sorted(path.name for path in vendor.iterdir()) == [
        "dash.mediaplayer.min.js", "dash.mediaplayer.min.js.LICENSE.txt", "engines.json",
        "hls.min.mjs", "mpegts.js", "mpegts.js.LICENSE", "mpegts.js.LICENSE.txt", "other.LICENSE",
    ]  # fmt: skip
    versions = json.loads((vendor / "engines.json").read_text())
    assert versions == {"mpegts.js": "9.9.9", "hls.js": "8.8.8", "dash.js": "7.7.7"}


def test_without_npm_it_is_said(
    engines: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engines.EnginesError, match="there is no npm"):
        engines.fetch_engines(tmp_path / "vendor")


def build(engines: ModuleType, folder: Path) -> Path:
    """Build a package of nothing; where its engines would be."""
    command = engines.BuildWithEngines(Distribution({"packages": []}))
    command.ensure_finalized()
    command.build_lib = str(folder)
    command.run()
    return folder / str(engines.VENDOR)


def test_a_build_without_network_succeeds_and_warns(
    engines: ModuleType,
    npm: Callable[[str], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    npm(FAILS)
    assert not build(engines, tmp_path).exists()
    said = caplog.text + capsys.readouterr().err  # setuptools does not always say it in one place
    assert "is without mpegts.js, hls.js, dash.js: npm failed: no network" in said


def test_a_build_that_requires_them_fails_without(
    engines: ModuleType, npm: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(FAILS)
    monkeypatch.setenv("TRIO_SRS_ENGINES", "require")
    with pytest.raises(engines.EnginesError, match="no network"):
        build(engines, tmp_path)


def test_a_build_can_do_without_trying(
    engines: ModuleType, npm: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(OBTAINS)
    assert (build(engines, tmp_path) / "mpegts.js").exists()
    monkeypatch.setenv("TRIO_SRS_ENGINES", "skip")
    assert not build(engines, tmp_path).exists()


def test_a_word_that_means_nothing_is_refused(
    engines: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIO_SRS_ENGINES", "yes")
    with pytest.raises(engines.EnginesError, match="expected require, skip or try"):
        build(engines, tmp_path)


def test_what_is_fetched_is_pinned_and_its_integrity_known() -> None:
    asked = json.loads((ENGINES / "package.json").read_text())["dependencies"]
    locked = json.loads((ENGINES / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["dependencies"] == asked
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())
    assert {f"node_modules/{name}" for name in asked} <= set(locked)
    assert [each for each in locked.values() if not each["integrity"].startswith("sha512-")] == []


def test_the_licence_of_the_package_names_those_of_all_that_may_be_in_it() -> None:
    locked = json.loads((ENGINES / "package-lock.json").read_text())["packages"]
    project = tomli.loads((ENGINES.parent / "pyproject.toml").read_text())["project"]
    bundled = {each["license"] for name, each in locked.items() if name}
    assert set(project["license"].split(" AND ")) == {"MIT"} | bundled
