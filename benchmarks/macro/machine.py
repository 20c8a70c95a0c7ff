"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.macro.servers import present_setups
from benchmarks.macro.setups import SETUPS

__all__ = ["about", "cores"]


def cores() -> tuple[int | None, int | None]:
    """One core for the server and one for the load; nothing is pinned where there is only one."""
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[1]) if len(free) > 1 else (None, None)


def about(profile: str) -> dict[str, Any]:
    """Machine and versions, for the head of a report."""
    present = present_setups()
    versions = {setup.server: present.get(key, "not measured") for key, setup in SETUPS.items()}
    return {
        "profile": profile,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
        "python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        "trio": version("trio"),
        "load_average": os.getloadavg()[0],
        "servers": versions,
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
