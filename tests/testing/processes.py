"""Which processes there are, for tests of their ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests import preloaded

__all__ = ["ROOT", "all_gone", "is_running", "script"]

ROOT: Final = Path(__file__).parent.parent.parent
_CHECK_S: Final = 0.02


def is_running(pid: int) -> bool:
    """Whether there is a process of that number; no zombie, unless it has threads that go on: what
    it has open is closed with the last of them."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if not os.path.exists("/proc/self/stat"):
        return True
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended before, or while it was read
        return False
    state, *_, threads = stat.rpartition(")")[2].split()[:18]
    return state != "Z" or int(threads) > 1


def all_gone(pids: Iterable[int], within_s: float = 10.0) -> bool:
    """Whether all of these processes end within some seconds."""
    deadline = time.monotonic() + within_s
    pids = list(pids)
    while any(map(is_running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_CHECK_S)
    return True


def script(text: str) -> subprocess.Popen[str]:
    """A Python program of its own, with its output to be read as it comes."""
    start = "import sys, warnings; warnings.simplefilter('error')\n"
    return preloaded.popen(
        [sys.executable, "-c", start + text],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
