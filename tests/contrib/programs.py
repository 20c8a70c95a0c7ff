"""Programs that tests of other languages start: Pythons and servers that are there in no time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests import preloaded

__all__ = ["CONTRIB", "ENCODER", "python_of", "run"]

CONTRIB: Final = preloaded.ROOT / "contrib"
ENCODER: Final = "-m trio_srs publish --pattern h264:320x180@25 --seconds 1 --speed 4 --quiet {url}"


def python_of(folder: Path) -> str:
    """A Python in a folder, whose programs are forked."""
    preloaded.program(folder, "python")
    return str(folder / "python")


def run(
    *words: str | Path, cwd: Path, timeout: float = 100, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; what it says on both streams is in ``stdout``."""
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **(environ or {})}, timeout=timeout, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
