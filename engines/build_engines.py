"""Builds the package with the players of others that its page can use, from npm.

What is fetched is pinned, and its integrity checked, by ``package-lock.json``; nothing that npm
fetches is run. Where there is no npm, or it cannot reach anything, the build succeeds without:
the page says then what is missing. ``TRIO_SRS_ENGINES`` is ``require`` for a build that must have
them, and ``skip`` for one that does not try.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from setuptools.command.build_py import build_py

__all__ = ["BuildWithEngines", "EnginesError", "fetch_engines"]

HERE: Final = Path(__file__).parent
LOCK: Final = "package-lock.json"
WANTED: Final = {
    "mpegts.js": ("dist/mpegts.js", "dist/mpegts.js.LICENSE.txt"),
    "hls.js": ("dist/hls.min.mjs",),
    "dashjs": (
        "dist/modern/esm/dash.mediaplayer.min.js",
        "dist/modern/esm/dash.mediaplayer.min.js.LICENSE.txt",
    ),
}
"""The files of each package that the page loads, and what belongs to them. What else is fetched is
bundled in them, and brings its licence."""
CALLED: Final = {"dashjs": "dash.js"}
"""What the page calls a package, if that is something else."""
VENDOR: Final = Path("trio_srs", "service", "http", "web", "vendor")
VARIABLE: Final = "TRIO_SRS_ENGINES"
_NPM: Final = (
    *("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"),
    *("--fetch-retries=1", "--fetch-timeout=20000"),
)
_MOST_S: Final = 120


class EnginesError(Exception):
    """They could not be had; the text says why."""


class BuildWithEngines(build_py):
    """Copies the package, and adds the engines."""

    def run(self) -> None:
        """Build. Raises EnginesError, if they are required and cannot be had."""
        super().run()
        wanted = os.environ.get(VARIABLE, "try")
        if wanted not in {"try", "require", "skip"}:
            raise EnginesError(f"{VARIABLE} is {wanted!r}, expected require, skip or try")
        root = HERE.parent if self.editable_mode else Path(self.build_lib)
        if wanted == "skip":
            shutil.rmtree(root / VENDOR, ignore_errors=True)
            return
        try:
            fetch_engines(root / VENDOR)
        except EnginesError as error:
            if wanted == "require":
                raise
            self.warn(f"the page at /players/ is without {_names()}: {error}")


def _names() -> str:
    return ", ".join(CALLED.get(package, package) for package in WANTED)


def fetch_engines(vendor: Path) -> None:
    """Put the engines and their licences into a folder, whatever was in it, and list them there.

    Raises:
        EnginesError: they cannot be had; the folder is not there then.
    """
    shutil.rmtree(vendor, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", LOCK):
            shutil.copy(HERE / name, scratch)
        _run_npm(scratch)
        modules = Path(scratch, "node_modules")
        versions = {}
        vendor.mkdir(parents=True)
        for package, files in WANTED.items():
            for file in files:
                shutil.copy(modules / package / file, vendor)
            versions[CALLED.get(package, package)] = json.loads(
                (modules / package / "package.json").read_text()
            )
        for folder in sorted((*modules.glob("[!@]*"), *modules.glob("@*/*"))):
            for licence in folder.glob("[Ll][Ii][Cc][Ee][Nn]*"):
                shutil.copy(licence, vendor / f"{folder.name}.LICENSE")
    told = {package: about["version"] for package, about in versions.items()}
    (vendor / "engines.json").write_text(json.dumps(told) + "\n")


def _run_npm(folder: str) -> None:
    npm = shutil.which(_NPM[0])
    if npm is None:
        raise EnginesError("there is no npm")
    try:
        subprocess.run(
            [npm, *_NPM[1:]], cwd=folder, check=True, timeout=_MOST_S, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise EnginesError(f"npm failed: {error.stdout.strip()[-500:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnginesError(f"npm failed: {error}") from error
