"""Carrying out a load: workers, windows, and the server's CPU and memory beside them. Floor 6."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Final, Self

import attrs

from trio_srs.errors import InternalError
from trio_srs.tools.load.figures import Figures, client_figures, joined, window_figures
from trio_srs.tools.load.plan import Load, LoadPlan, LoadRefusedError
from trio_srs.tools.load.usage import MachineCpu, cpu_s, family, machine_cpu, rss_bytes

__all__ = ["LoadBrokenError", "Timing", "WorkerHandle", "WorkerProcess", "run_load"]

_SAMPLE_S: Final = 0.25


class LoadBrokenError(InternalError):
    """A worker process ended before its time."""

    code = "load_broken"


@attrs.frozen(kw_only=True)
class Timing:
    """When and how it is measured."""

    seconds: float = 10.0
    """Length of a window."""
    settle_s: float = 2.0
    """From when all clients have begun to the first window, and half of it between windows."""
    rounds_s: tuple[float, ...] = (0.0,)
    """Of players, a window for each: 0 reads at once, else how long to sleep between rounds of
    reading. Everybody else reads at once."""


class _Watch:
    """The server's processes, and the machine, between two points in time."""

    def __init__(self, server: Sequence[int], own: Sequence[int]) -> None:
        self._roots, self._own = server, own
        self._pids: list[int] = []
        self._rss: list[int] = []
        self._cpu_s = 0.0
        self._own_cpu_s = 0.0
        self._machine = MachineCpu(0, 0)
        self._began_at = 0.0

    def begin(self) -> None:
        self._pids = family(self._roots)
        self._rss = [rss_bytes(self._pids)]
        self._machine = machine_cpu()
        self._own_cpu_s = self._own_spent()
        self._cpu_s, self._began_at = cpu_s(self._pids), time.monotonic()

    def look(self) -> None:
        self._rss.append(rss_bytes(self._pids))

    def end(self) -> Figures:
        spent, seconds = cpu_s(self._pids) - self._cpu_s, time.monotonic() - self._began_at
        own = self._own_spent() - self._own_cpu_s
        machine = machine_cpu()
        self.look()
        others = max(0.0, machine.busy_s - self._machine.busy_s - spent - own)
        steal = machine.steal_s - self._machine.steal_s
        figures: Figures = {"own_cpu_pct": _percent(own, seconds), "seconds": round(seconds, 3)}
        figures |= {"other_cpu_pct": _percent(others, seconds)}
        figures |= {"steal_pct": _percent(steal, seconds)}
        if self._roots:
            megabytes = [round(each / 1e6, 2) for each in self._rss]
            figures["server"] = {
                "cpu_s": round(spent, 4),
                "cpu_pct": _percent(spent, seconds),
                "rss_start_mb": megabytes[0],
                "rss_end_mb": megabytes[-1],
                "rss_max_mb": max(megabytes),
            }
        return figures

    def _own_spent(self) -> float:
        return cpu_s(self._own) + time.process_time()


def _percent(spent: float, seconds: float) -> float:
    """Seconds of CPU as a share of one core."""
    return round(100 * spent / seconds, 2)


class WorkerHandle:
    """A worker, from here: orders go in, answers come out, a line of JSON each."""

    def __init__(self, pid: int, orders: IO[str], answers: IO[str]) -> None:
        self.pid = pid
        self._orders, self._answers = orders, answers

    def order(self, what: str, **more: Any) -> None:
        """Tell it to do something."""
        try:
            self._orders.write(json.dumps({"do": what, **more}) + "\n")
            self._orders.flush()
        except BrokenPipeError:
            self.hear("anything")  # what it said before it ended is the better reason

    def hear(self, event: str) -> dict[str, Any]:
        """Wait for its next answer, which has to be this one.

        Raises:
            LoadRefusedError: it cannot do it.
            LoadBrokenError: it said something else, or has ended.
        """
        line = self._answers.readline()
        heard: dict[str, Any] = json.loads(line) if line else {"event": "nothing more"}
        if heard["event"] == "failed":
            raise LoadRefusedError(heard["reason"])
        if heard["event"] != event:
            raise LoadBrokenError(f"a worker said {heard['event']!r}, expected {event!r}")
        return heard

    def close(self) -> None:
        """Leave it alone: it ends when nobody gives orders any more."""
        with suppress(BrokenPipeError):
            self._orders.close()
        self._answers.close()


class WorkerProcess(WorkerHandle):
    """A worker in a process of its own."""

    def __init__(self, plan: LoadPlan) -> None:
        command = [sys.executable, "-m", "trio_srs.tools.load.worker", plan.dump()]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        super().__init__(self._process.pid, self._process.stdin, self._process.stdout)

    def close(self) -> None:
        self._process.terminate()
        super().close()
        self._process.wait()


class _Workers:
    """All of them; they end with the block."""

    def __init__(
        self, plans: Iterable[LoadPlan], start: Callable[[LoadPlan], WorkerHandle]
    ) -> None:
        self._all: list[WorkerHandle] = []
        self._plans, self._start = plans, start

    def __enter__(self) -> Self:
        try:
            for plan in self._plans:
                self._all.append(self._start(plan))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        for worker in self._all:
            worker.close()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._all]

    def order(self, what: str, **more: Any) -> None:
        for worker in self._all:
            worker.order(what, **more)

    def hear(self, event: str) -> list[dict[str, Any]]:
        return [worker.hear(event) for worker in self._all]


def run_load(
    plan: LoadPlan,
    timing: Timing,
    *,
    server: Sequence[int] = (),
    processes: int = 1,
    start: Callable[[LoadPlan], WorkerHandle] = WorkerProcess,
) -> Figures:
    """Carry a plan out, and return every figure, ready for JSON.

    Blocks for as long as it takes. Needs no privileges, and no help from the server.

    Args:
        server: processes whose CPU and memory are reported, with their children.
        processes: how many workers share the clients.
        start: starts a worker.

    Raises:
        LoadRefusedError: a worker cannot carry it out; the text says why.
        LoadBrokenError: a worker broke: a bug.
    """
    with _Workers(plan.shares(processes), start) as workers:
        workers.hear("settled")
        windows: list[Figures] = []
        raw: Figures = {}
        watch = _Watch(server, workers.pids)
        if not plan.load.ends_by_itself:
            time.sleep(timing.settle_s)
        for round_s in timing.rounds_s if plan.load is Load.PLAY else (0.0,):
            if windows:
                time.sleep(timing.settle_s / 2)
            workers.order("begin", round_s=round_s)
            workers.hear("begun")
            watch.begin()
            if plan.load.ends_by_itself:
                raw = joined(workers.hear("window"))
                spent = watch.end()
            else:
                _pass(timing.seconds, watch)
                spent = watch.end()
                workers.order("end")
                raw = joined(workers.hear("window"))
            windows.append(window_figures(raw, spent, round_s))
            if plan.load.ends_by_itself:
                break
        return {
            "load": plan.load.value,
            "url": plan.url,
            "clients": plan.clients,
            "processes": len(workers.pids),
            **client_figures(raw),
            "windows": windows,
        }


def _pass(seconds: float, watch: _Watch) -> None:
    """Let the time pass, and look at the server's memory now and then."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _SAMPLE_S))
        watch.look()
