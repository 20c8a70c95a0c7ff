"""Somebody's project, with tests that use the plugin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from tests import preloaded

__all__ = ["OTHER_PLUGINS", "Outcome", "Project"]

_PATIENCE_S: Final = 110.0
_OURS: Final = "trio_srs.testing.plugin"
OTHER_PLUGINS: Final = ("pytest_trio.plugin", "pytest_timeout", "xdist.plugin")
"""What may be there beside ours, by their modules. The first takes longer to import than pytest."""


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

    def counts_in(self, file: str) -> tuple[int, int, int]:
        """The same of one file, if it ran with ``-vv``."""
        found = re.findall(rf"(?m)^{re.escape(file)}::.* (PASSED|FAILED|ERROR)\b", self.output)
        return found.count("PASSED"), found.count("FAILED"), found.count("ERROR")


@attrs.frozen
class Project:
    """A folder of tests.

    Attributes:
        plugins: those that pytest loads beside ours; with None it finds all there are.
        is_fresh: whether the interpreter itself is started, and not forked.
    """

    folder: Path
    python: str = sys.executable
    plugins: Sequence[str] | None = ()
    is_fresh: bool = False

    def write(self, text: str, name: str = "test_it.py") -> None:
        """Write a file of it."""
        path = self.folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        """What runs its tests, every warning an error."""
        named = () if self.plugins is None else (_OURS, *self.plugins)
        plugins = [word for name in named for word in ("-p", name)]
        return [self.python, "-m", "pytest", "-W", "error", "-q", *words, *plugins]

    @property
    def environ(self) -> dict[str, str]:
        """For that: its temporary files go to the folder."""
        found = None if self.plugins is None else "1"
        more = {"PYTEST_DEBUG_TEMPROOT": str(self.folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": found}
        ours = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
        return ours | {name: text for name, text in more.items() if text is not None}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin to run its tests."""
        (self.folder / "pytest.ini").touch()  # what stands in folders around this does not count
        start = partial(subprocess.Popen[str], text=True) if self.is_fresh else preloaded.popen
        return start(
            self.command(*words),
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
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
