"""The process and the machine, as the system tells of them: ``/proc`` of Linux. Floor 3.

What cannot be found out is 0, as on other systems, and whoever asks is told that it is so.
"""

from __future__ import annotations

import math
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

__all__ = ["Machine", "MachineState", "argv_shown"]

_STAT: Final = (
    *("pid", "comm", "state", "ppid", "pgrp", "session", "tty_nr", "tpgid", "flags", "minflt"),
    *("cminflt", "majflt", "cmajflt", "utime", "stime", "cutime", "cstime", "priority", "nice"),
    *("num_threads", "itrealvalue", "starttime", "vsize", "rss", "rsslim", "startcode", "endcode"),
    *("startstack", "kstkesp", "kstkeip", "signal", "blocked", "sigignore", "sigcatch", "wchan"),
    *("nswap", "cnswap", "exit_signal", "processor", "rt_priority", "policy"),
    *("delayacct_blkio_ticks", "guest_time", "cguest_time"),
)
"""Fields of ``/proc/self/stat``: proc_pid_stat(5)."""
_CPU: Final = ("user", "nice", "sys", "idle", "iowait", "irq", "softirq", "steal", "guest")
"""Of the first line of ``/proc/stat``, in ticks: proc_stat(5)."""
_USAGE: Final = (
    *("ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt"),
    *("ru_majflt", "ru_nswap", "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv"),
    *("ru_nsignals", "ru_nvcsw", "ru_nivcsw"),
)
_SHORTEST_S: Final = 1.0
"""Rates over less than this say nothing: the ones before are told again."""
_FRESH_S: Final = 1.0
"""How long what was read of the system holds: reading all of it takes a millisecond."""
_SECTOR: Final = 512
"""Bytes, whatever the disk has: Documentation/admin-guide/iostats.rst."""
_PARTITION_OF: Final = ("loop", "ram", "dm-", "md")
"""What disks are called that are made of others."""


@attrs.frozen(kw_only=True)
class MachineState:
    """What was counted up to a moment."""

    at: float
    """On the monotonic clock."""
    own_cpu_s: float
    """Processor time of this process."""
    busy_ticks: int
    """Of all processors."""
    all_ticks: int
    read_bytes: int
    written_bytes: int
    disk_busy_s: tuple[float, ...]
    """Of each disk."""


@attrs.frozen(kw_only=True)
class MachineRates:
    """How busy it was between two moments: parts of 1, and KiB a second."""

    own_cpu: float = 0.0
    cpu: float = 0.0
    disk_read_kib: int = 0
    disk_write_kib: int = 0
    disk_busy: float = 0.0


class Machine:
    """Asked from time to time; what is a rate is told since the last time that somebody asked."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._read: dict[str, tuple[float, list[str]]] = {}
        self._before = self._look()
        self._rates = MachineRates()
        self._has_rates = False

    # ------------------------------------------------------------------- rates

    def rates(self) -> MachineRates:
        """How busy it has been since this was asked before, or since this was made."""
        before = self._before
        if time.monotonic() - before.at < _SHORTEST_S and self._has_rates:
            return self._rates
        now = self._look()
        self._rates, self._has_rates = _between(before, now), True
        if now.at - before.at >= _SHORTEST_S:
            self._before = now
        return self._rates

    def _look(self) -> MachineState:
        usage, cpu = resource.getrusage(resource.RUSAGE_SELF), self.cpu_ticks()
        disks = tuple(self._disks())
        ticks = sum(cpu.values()) - cpu.get("guest", 0)  # which is in user as well
        return MachineState(
            at=time.monotonic(),
            own_cpu_s=usage.ru_utime + usage.ru_stime,
            busy_ticks=ticks - cpu.get("idle", 0) - cpu.get("iowait", 0),
            all_ticks=ticks,
            read_bytes=sum(read for read, _, _ in disks),
            written_bytes=sum(written for _, written, _ in disks),
            disk_busy_s=tuple(busy for _, _, busy in disks),
        )

    def _disks(self) -> Iterator[tuple[int, int, float]]:
        """Of each whole disk: bytes read and written, and the seconds that it was busy."""
        for line in self._lines("diskstats"):
            words = line.split()
            if len(words) > 12 and _is_disk(words[2]):
                yield int(words[5]) * _SECTOR, int(words[9]) * _SECTOR, int(words[12]) / 1000

    # ------------------------------------------------------------------ counts

    def cpu_ticks(self) -> dict[str, int]:
        """Ticks of all processors since the machine started, by what they were spent on."""
        first = next(iter(self._lines("stat")), "").split()[1:]
        return dict(zip(_CPU, map(int, first), strict=False))

    def own_stat(self) -> dict[str, int | str]:
        """This process, by the names of ``/proc/self/stat``."""
        [line] = self._lines("self/stat") or [""]
        front, bracket, rest = line.rpartition(")")
        if not bracket:
            return {}
        pid, _, name = front.partition(" ")
        words: Sequence[str] = (pid, f"{name})", *rest.split())
        return {
            key: word if key in ("comm", "state") else _signed(word)
            for key, word in zip(_STAT, words, strict=False)
            if word
        }

    def usage(self) -> dict[str, int]:
        """What this process has used: getrusage(2), with whole seconds."""
        said = resource.getrusage(resource.RUSAGE_SELF)
        return {name: int(getattr(said, name)) for name in _USAGE}

    def memory(self) -> dict[str, int]:
        """KiB, by the names of ``/proc/meminfo``."""
        found = {}
        for line in self._lines("meminfo"):
            name, _, rest = line.partition(":")
            if words := rest.split():
                found[name] = int(words[0])
        return found

    def network(self) -> dict[str, tuple[int, int]]:
        """Bytes received and sent, by interface."""
        found = {}
        for line in self._lines("net/dev")[2:]:
            name, _, rest = line.partition(":")
            words = rest.split()
            if len(words) > 8:
                found[name.strip()] = (int(words[0]), int(words[8]))
        return found

    def sockets(self) -> dict[str, int]:
        """TCP connections in all (``tcp``), established (``estab``), in TIME-WAIT (``tw``), and UDP
        sockets (``udp``)."""
        said = {line.partition(":")[0]: line.split()[1:] for line in self._lines("net/sockstat")}
        tcp, udp = (_pairs(said.get(name, ())) for name in ("TCP", "UDP"))
        names: list[str] = []
        numbers: list[str] = []
        for line in self._lines("net/snmp"):
            if line.startswith("Tcp:"):
                names, numbers = numbers, line.split()[1:]
        established = dict(zip(names, numbers, strict=False)).get("CurrEstab", "0")
        time_wait = tcp.get("tw", 0)
        return {
            "tcp": tcp.get("alloc", 0) + time_wait,
            "estab": _signed(established),
            "tw": time_wait,
            "udp": udp.get("inuse", 0),
        }

    def uptime(self) -> tuple[float, float]:
        """Seconds since the machine started, and those that its processors were idle."""
        words = next(iter(self._lines("uptime")), "0 0").split()
        return float(words[0]), float(words[1])

    def load(self) -> tuple[float, float, float]:
        """Load average over 1, 5 and 15 minutes."""
        try:
            return os.getloadavg()
        except OSError:
            return 0.0, 0.0, 0.0

    @property
    def peak_kib(self) -> int:
        """The most memory that this process had."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // 1024 if sys.platform == "darwin" else most

    @property
    def is_known(self) -> bool:
        """Whether the system tells of itself here."""
        return (self._proc / "self" / "stat").exists()

    def _lines(self, name: str) -> list[str]:
        now = time.monotonic()
        at, lines = self._read.get(name, (-math.inf, []))
        if now - at >= _FRESH_S:
            try:
                lines = (self._proc / name).read_text("ascii", "replace").splitlines()
            except OSError:
                lines = []
            self._read[name] = now, lines
        return lines


def argv_shown(argv: Sequence[str]) -> str:
    """How a process was started, without the values of settings: a token may be among them."""
    shown: list[str] = []
    for word in argv:
        key, equals, _ = word.partition("=")
        is_setting = bool(shown) and shown[-1] == "--set"
        has_value = equals and (is_setting or word.startswith("--"))
        shown.append(f"{key}=***" if has_value else word)
    return " ".join(shown)


def _between(before: MachineState, now: MachineState) -> MachineRates:
    seconds = max(now.at - before.at, 1e-3)
    ticks = now.all_ticks - before.all_ticks
    busiest = max(map(float.__sub__, now.disk_busy_s, before.disk_busy_s), default=0.0)
    return MachineRates(
        own_cpu=round((now.own_cpu_s - before.own_cpu_s) / seconds, 4),
        cpu=round((now.busy_ticks - before.busy_ticks) / ticks, 4) if ticks > 0 else 0.0,
        disk_read_kib=_kib(now.read_bytes - before.read_bytes, seconds),
        disk_write_kib=_kib(now.written_bytes - before.written_bytes, seconds),
        disk_busy=round(min(max(busiest, 0.0) / seconds, 1.0), 4),
    )


def _kib(count: int, seconds: float) -> int:
    """A second; a disk that has gone takes its counts along."""
    return int(max(count, 0) / 1024 / seconds)


def _is_disk(name: str) -> bool:
    if name.startswith(_PARTITION_OF):
        return False
    if name.startswith(("nvme", "mmcblk")):
        return "p" not in name.removeprefix("nvme").removeprefix("mmcblk")
    return not name[-1].isdigit()


def _pairs(words: Sequence[str]) -> Mapping[str, int]:
    return dict(zip(words[::2], map(_signed, words[1::2]), strict=False))


def _signed(text: str) -> int:
    """A number as a C program with signed ones prints it."""
    number = int(text)
    return number - 2**64 if number >= 2**63 else number
