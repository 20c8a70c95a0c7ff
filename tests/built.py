"""What is in the source distribution, and in wheels built from it with npm at hand and without.

``python tests/built.py`` builds them and fails where something is missing, or is in there that
should not be. Without npm, or without network, nothing is said of the wheel that has the engines.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
WEB: Final = "trio_srs/service/http/web/"
VENDOR: Final = f"{WEB}vendor/"
_BUNDLED: Final = (
    "bcp-47-match cml-608 cml-cmcd cml-cmsd cml-dash cml-id3 cml-request cml-xml "
    "codem-isoboxer dashjs es6-promise eventemitter3 events fast-deep-equal hls.js "
    "html-entities immediate imsc lie localforage mpegts.js path-browserify sax "
    "url-toolkit "
)
"""What is in them, and brings its licence."""
_NPM: Final = {"dash.js": "dashjs"}
"""What npm calls an engine, if that is something else."""
ENGINES: Final = {
    f"{VENDOR}{name}"
    for name in (
        *("engines.json", "mpegts.js", "hls.min.mjs", "dash.mediaplayer.min.js"),
        *("mpegts.js.LICENSE.txt", "dash.mediaplayer.min.js.LICENSE.txt"),
        *(f"{name}.LICENSE" for name in _BUNDLED.split()),
    )
}
BUILD: Final = "import setuptools.build_meta as it, sys; print(it.build_{}(sys.argv[1]))"
"""As a front end calls it, without an environment of its own: that is another download."""


def build(kind: str, source: Path, out: Path, **variables: str) -> Path:
    """Build a distribution; its path."""
    out.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind), str(out)],
        cwd=source, env={**os.environ, **variables}, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return out / done.stdout.split()[-1]


def tracked() -> list[str]:
    """What is in the repository; of a tree without one, what is there."""
    if (ROOT / ".git").exists():
        done = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.splitlines()
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]


def has_npm() -> bool:
    """Whether engines can be had here."""
    if shutil.which("npm") is None:
        return False
    done = subprocess.run(["npm", "ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def complaints(scratch: Path) -> list[str]:
    """What is wrong, in words."""
    files = tracked()
    copy = scratch / "tree"
    for file in files:  # building leaves things behind
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    found = [f"{file} is committed" for file in files if file.startswith(VENDOR)]
    sdist = build("sdist", copy, scratch / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch, filter="data")
    source = scratch / sdist.name.removesuffix(".tar.gz")
    there = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    wanted = {file for file in files if not file.startswith(".git")}
    found += [f"{file} is not in the sdist" for file in sorted(wanted - there) if file[0] != "."]
    package = {file for file in files if file.startswith("trio_srs/")}
    for engines in ("skip", *(["require"] if has_npm() else [])):
        wheel = build("wheel", source, scratch / engines, TRIO_SRS_ENGINES=engines)
        with zipfile.ZipFile(wheel) as archive:
            names = {name for name in archive.namelist() if name.startswith("trio_srs/")}
            lock = json.loads((ROOT / "engines" / "package.json").read_text())["dependencies"]
            told = json.loads(archive.read(f"{VENDOR}engines.json")) if engines == "require" else {}
            if (
                not {_NPM.get(name, name): each for name, each in told.items()}.items()
                <= lock.items()
            ):
                found.append("the wheel's engines are not those of engines/package.json")
        expected = package | (ENGINES if engines == "require" else set())
        found += [f"{each} is not in the wheel ({engines})" for each in sorted(expected - names)]
        found += [
            f"{each} is in the wheel ({engines})"
            for each in sorted(names - expected)
            if engines == "skip" or not each.startswith(VENDOR)
        ]
        shutil.rmtree(source / "build", ignore_errors=True)
    return found


def main() -> int:
    """Build, say what is wrong, and return how much that is."""
    with tempfile.TemporaryDirectory() as scratch:
        found = complaints(Path(scratch))
    sys.stdout.write("".join(f"{each}\n" for each in found))
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
