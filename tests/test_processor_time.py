"""What a file of tests is said to have computed is what it and its programs did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests import preloaded, processor_time

COMPUTING: Final = "import time\nwhile time.process_time() < 0.2: pass"


@pytest.mark.parametrize("start", [subprocess.run, preloaded.run])
def test_what_a_program_of_a_file_computes_is_counted(tmp_path: Path, start: object) -> None:
    notes = tmp_path / "notes"
    with processor_time.counted(notes, "tests/test_it.py"):
        assert callable(start)
        start([sys.executable, "-c", COMPUTING], timeout=20, stdin=subprocess.DEVNULL)
    [(file, seconds)] = processor_time.noted(notes).items()
    assert file == "tests/test_it.py"
    assert 0.15 < seconds < 2.0


def test_each_file_has_the_sum_of_its_own(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    for file in ("a.py", "b.py", "a.py"):
        with processor_time.counted(notes, file):
            processor_time.note(os.environ, 1.0)
    noted = processor_time.noted(notes)
    assert {file: round(seconds) for file, seconds in noted.items()} == {"a.py": 2, "b.py": 1}


def test_what_nobody_counts_is_noted_nowhere(tmp_path: Path) -> None:
    processor_time.note({}, 1.0)
    with processor_time.counted(tmp_path / "gone" / "notes", "a.py"):
        pass
    assert processor_time.noted(tmp_path / "notes") == {}
