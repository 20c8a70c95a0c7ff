"""Each module of the given parts, run under its own test file alone, must be covered wholly.

``python tests/own_coverage.py wire session`` takes ``trio_srs/session/rtmp_server.py``, runs
``tests/session/test_rtmp_server.py`` with what was split off it (``test_rtmp_server_laws.py``) and
nothing else, and fails unless every line and branch of the module ran. What other tests happen to
touch does not count. Needs the package installed in editable mode, and coverage.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "trio_srs"
TESTS = ROOT / "tests"


def modules_of(part: str) -> Iterator[Path]:
    """The modules of a part (a package or a single module), private ones only if they have code."""
    folder, file = PACKAGE / part, PACKAGE / f"{part}.py"
    found = sorted(folder.rglob("*.py")) if folder.is_dir() else [file]
    yield from (path for path in found if not path.name.startswith("_") or has_code(path))


def has_code(path: Path) -> bool:
    """Whether there is more than a docstring, imports, ``__all__`` and constants."""
    harmless = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign, ast.AnnAssign)
    return any(not isinstance(node, harmless) for node in ast.parse(path.read_text()).body)


def test_file_of(module: Path) -> Path:
    """Where a module's tests live; ``_private.py`` and ``__init__.py`` lose their underscores."""
    place = module.relative_to(PACKAGE)
    return TESTS / place.parent / f"test_{place.stem.strip('_')}.py"


def test_files_of(module: Path) -> list[Path]:
    """That file, and those split off it: their names go on, and no module has such a name."""
    first = test_file_of(module)
    others = sorted(first.parent.glob(f"{first.stem}_*.py"))
    names = {path.stem for path in module.parent.glob("*.py")}
    return [first, *(path for path in others if path.stem.removeprefix("test_") not in names)]


def coverage(*arguments: str, data_file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coverage", *arguments],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(data_file)},
        capture_output=True,
        text=True,
        check=False,
    )


def complaint(module: Path) -> str:
    """What is wrong with one module's own tests; empty if nothing is."""
    tests = test_files_of(module)
    name = module.relative_to(ROOT)
    if not tests[0].exists():
        return f"{name}: no {tests[0].relative_to(ROOT)}"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "coverage")
        run = coverage(
            *("run", "--branch", f"--include={name}"),
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, tests)),
            data_file=data,
        )
        if run.returncode:
            return f"{name}: its own tests fail\n{run.stdout[-3000:]}{run.stderr[-1000:]}"
        report = coverage("report", "--fail-under=100", "--precision=1", data_file=data)
    return (
        f"{name}: not covered wholly\n{report.stdout}{report.stderr}" if report.returncode else ""
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", help="packages or modules of trio_srs: wire, errors")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="test processes at a time")
    options = parser.parse_args()
    modules = [module for part in options.parts for module in modules_of(part)]
    with ThreadPoolExecutor(options.jobs) as pool:
        complaints = [text for text in pool.map(complaint, modules) if text]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    print(f"{len(modules) - len(complaints)} of {len(modules)} modules covered by their own tests")
    return 1 if complaints or not modules else 0


if __name__ == "__main__":
    sys.exit(main())
