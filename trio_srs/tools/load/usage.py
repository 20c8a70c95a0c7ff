"""What processes have spent: CPU time and memory, from the kernel. Floor 6. Linux only."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

__all__ = ["MachineCpu", "cpu_s", "family", "machine_cpu", "rss_bytes"]

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICK: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


def family(pids: Iterable[int]) -> list[int]:
    """The processes, and those that they have started and that still run."""
    found: dict[int, None] = {}
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found[pid] = None
            waiting += _children(pid)
    return list(found)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in _PROC.glob(f"{pid}/task/*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:  # the thread has just ended
            continue
    return found


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time of processes so far, all their threads included, in seconds.

    A process's own CPU clock: the same sum that /proc/PID/stat shows, in nanoseconds and not
    in ticks of ten milliseconds. One that has ended counts no more.
    """
    total = 0.0
    for pid in pids:
        try:
            # clock_getcpuclockid(3), which Python has no name for: the process's sched clock.
            total += time.clock_gettime(~pid << 3 | 2)
        except OSError:
            continue
    return total


def rss_bytes(pids: Iterable[int]) -> int:
    """Resident memory of processes; pages that they share are counted in each."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(_PROC, str(pid), "statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue
    return total


@attrs.frozen
class MachineCpu:
    """CPU time of the whole machine, in seconds since it started."""

    busy_s: float
    steal_s: float
    """What the hypervisor gave to others."""


def machine_cpu() -> MachineCpu:
    """Read /proc/stat. It is sampled by the clock tick: good for seconds, not for less."""
    values = [int(word) for word in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, soft, steal = values
    return MachineCpu((user + nice + system + irq + soft) / _TICK, steal / _TICK)
