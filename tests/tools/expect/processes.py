"""Other people's processes: there, or gone."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["is_there", "until_gone"]


def is_there(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def until_gone(pid: int, within_s: float = 10.0) -> None:
    """Wait for somebody else's process, which can only be done by looking."""
    deadline = time.monotonic() + within_s
    while is_there(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)
