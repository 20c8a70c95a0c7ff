"""Somebody's project, with tests that use the plugin."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final

import attrs

__all__ = ["Outcome", "Project"]

_PATIENCE_S: Final = 110.0
_IS_INSTALLED: Final = any(
    point.value == "trio_srs.testing.plugin"
    for point in importlib.metadata.entry_points(group="pytest11")
)
_PLUGIN: Final = () if _IS_INSTALLED else ("-p", "trio_srs.testing.plugin")
"""A tree that was not installed since the plugin came has to be told of it."""


@attrs.frozen
class Outcome:
    """What came of a run of pytest."""

    code: int
    output: str

    def count(self, what: str) -> int:
        """How many ``passed``, ``failed``, ``error`` there were, by the last line."""
        found = re.findall(rf"(\d+) {what}s?\b", self.output.rstrip().rpartition("\n")[2])
        return int(found[0]) if found else 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Passed, failed, errors."""
        return self.count("passed"), self.count("failed"), self.count("error")


@attrs.frozen
class Project:
    """A folder of tests."""

    folder: Path
    python: str = sys.executable
    plugin: tuple[str, ...] = _PLUGIN

    def write(self, text: str, name: str = "test_it.py") -> None:
        """Write a file of it."""
        path = self.folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin to run its tests, every warning an error."""
        (self.folder / "pytest.ini").touch()  # what stands in folders around this does not count
        command = [self.python, "-m", "pytest", *self.plugin, "-W", "error", "-q", *words]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> Outcome:
        """Run its tests to the end."""
        with self.start(*words) as process:
            try:
                output, _ = process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Outcome(process.returncode, output)
